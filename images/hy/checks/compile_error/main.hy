(print "before"
