echo 'Hello from Vim script: 你好, 🌍'
