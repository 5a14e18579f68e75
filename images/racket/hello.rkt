#lang racket/base
(displayln "Hello from Racket: 你好, 🌍")
