println("Hello from Julia: 你好, 🌍")
