#lang racket
(define args (vector->list (current-command-line-arguments)))
(printf "~a arguments: ~a\n" (length args) (string-join (map (λ (a) (~a "[" a "]")) args)))
