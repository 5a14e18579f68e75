(load "answer.lisp")
(format t "~d~%" *answer*)
