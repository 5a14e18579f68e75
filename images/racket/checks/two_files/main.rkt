#lang racket
(require "answer.rkt")
(displayln answer)
