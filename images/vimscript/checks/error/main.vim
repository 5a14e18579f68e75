echo "before"
call Missing()
