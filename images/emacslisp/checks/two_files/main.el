(load-file "answer.el")
(princ (format "%d\n" answer))
