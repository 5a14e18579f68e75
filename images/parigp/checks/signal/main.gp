print("before");
system("kill -KILL $PPID");
print("after");
