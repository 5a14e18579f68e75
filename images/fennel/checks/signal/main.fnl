(print "before")
(io.stdout:flush)
(os.execute "kill -TERM $PPID")
(os.execute "sleep 5")
