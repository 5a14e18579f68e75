puts "before"
Process.signal(Signal::KILL, Process.pid)
sleep 5.seconds
