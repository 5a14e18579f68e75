print before
kill -TERM $$
sleep 5
