." Hello from Forth: 你好, 🌍" cr
