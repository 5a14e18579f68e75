puts "Hello from Ruby: 你好, 🌍"
