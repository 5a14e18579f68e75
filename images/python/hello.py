print("Hello from Python: 你好, 🌍")
