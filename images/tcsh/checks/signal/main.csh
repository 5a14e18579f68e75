echo before
kill -TERM $$
sleep 9
