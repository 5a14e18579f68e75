BEGIN { print "before"; exit 3 }
