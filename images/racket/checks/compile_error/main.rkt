#lang racket
(display (+ 1 2)
