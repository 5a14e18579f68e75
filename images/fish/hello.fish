echo "Hello from fish: 你好, 🌍"
