." before" cr
s" kill -KILL $PPID" system
." after" cr
