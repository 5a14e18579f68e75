Hello from M4: 你好, 🌍
