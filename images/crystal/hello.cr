puts "Hello from Crystal: 你好, 🌍"
