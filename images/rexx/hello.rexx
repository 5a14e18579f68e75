say 'Hello from Rexx: 你好, 🌍'
