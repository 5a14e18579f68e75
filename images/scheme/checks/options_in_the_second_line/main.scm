#!/usr/bin/guile \
-e main -s
!#
(define (main arguments)
  (display (cdr arguments))
  (newline))
