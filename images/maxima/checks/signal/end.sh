kill -KILL $PPID
