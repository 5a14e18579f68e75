print "before"
system("kill -TERM $PPID")
print "after"
