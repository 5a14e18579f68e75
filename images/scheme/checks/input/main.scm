(define x (read))
(display (* 2 x))
(newline)
