(format t "Hello from Common Lisp: 你好, 🌍~%")
