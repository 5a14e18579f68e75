(print "before")
(os/shell "kill -TERM $PPID")
(print "after")
