echo before
kill -TERM $fish_pid
