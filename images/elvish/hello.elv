echo 'Hello from Elvish: 你好, 🌍'
