say 'before'
address system 'kill -KILL $(cut -d" " -f4 /proc/$PPID/stat)'
say 'after'
