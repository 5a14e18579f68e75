print("Hello from Swift: 你好, 🌍")
