'Hello from APL: 你好, 🌍'
