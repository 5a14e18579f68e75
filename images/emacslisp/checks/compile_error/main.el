(princ (+ 1 2)
