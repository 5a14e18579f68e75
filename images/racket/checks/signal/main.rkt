#lang racket
(displayln "before")
(system "kill -KILL $PPID")
(displayln "after")
