#lang racket
(displayln "naïve 日本 🙂")
