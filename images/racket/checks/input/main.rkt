#lang racket
(define lines (port->lines))
(printf "~a lines, the last is ~a\n" (length lines) (last lines))
