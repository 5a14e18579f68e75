echo before
sh -c 'kill -KILL $PPID'
sleep 5
