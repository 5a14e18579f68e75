echo "Hello from Nim: 你好, 🌍"
