print("Hello from Lua: 你好, 🌍")
