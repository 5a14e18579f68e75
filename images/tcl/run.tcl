# Runs the file that is its first argument. Tcl holds back output to a pipe; a visitor waits for it.
fconfigure stdout -buffering line
set argv0 [lindex $argv 0]
set argv [lrange $argv 1 end]
incr argc -1
source $argv0
