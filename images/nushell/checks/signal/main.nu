print before
^sh -c 'kill -KILL $PPID'
sleep 5sec
