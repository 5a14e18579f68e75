# Compiled into each program: a line appears when it is printed, as on a terminal, although it goes to a pipe.
STDOUT.flush_on_newline = true
