say 'before';
shell 'kill -KILL ' ~ $*PID;
sleep 5;
