(define answer 42)
