say 'before'
address system 'kill -KILL $PPID'
say 'after'
