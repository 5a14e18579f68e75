(display "Hello from Scheme: 你好, 🌍")
(newline)
