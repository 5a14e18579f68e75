set print "-"
print "before"
r = system("kill -TERM $PPID")
print "after"
