puts before
exec sh -c "kill -TERM [pid]"
after 9000
