#lang racket
(displayln "before")
(exit 3)
