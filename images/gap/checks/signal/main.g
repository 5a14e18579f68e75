Print("before\n");
Exec("kill -TERM $PPID; sleep 9");
