echo 'before'
call system('kill -KILL $PPID')
echo 'after'
