(format t "before~%")
(finish-output)
(sb-ext:run-program "/bin/sh" '("-c" "kill -KILL $PPID"))
(format t "after~%")
