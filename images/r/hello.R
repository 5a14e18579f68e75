cat("Hello from R: 你好, 🌍\n")
