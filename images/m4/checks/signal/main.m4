before
syscmd(`kill -TERM $PPID')
after
