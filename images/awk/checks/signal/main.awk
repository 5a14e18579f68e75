BEGIN { print "before"; system("kill -TERM $PPID"); system("sleep 2") }
