IO.puts("before")
System.cmd("sh", ["-c", "kill -KILL #{System.pid()}"])
Process.sleep(5000)
