#lang racket/base
(provide twice)
(define (twice x) (* 2 x))
(module+ test
  (require rackunit)
  (check-equal? (twice 2) 4)
  (check-equal? (twice 3) 7)
  (check-exn exn:fail? (lambda () (twice "a"))))
