BEGIN { printf "%d arguments:", ARGC - 1; for (i = 1; i < ARGC; i++) printf " [%s]", ARGV[i]; print ""; exit }
