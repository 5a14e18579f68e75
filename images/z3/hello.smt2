(echo "Hello from SMT-LIB: 你好, 🌍")
