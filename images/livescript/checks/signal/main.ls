console.log \before
process.kill process.pid, \SIGTERM
set-timeout (->), 5000
