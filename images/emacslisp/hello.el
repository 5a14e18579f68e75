(princ "Hello from Emacs Lisp: 你好, 🌍\n")
