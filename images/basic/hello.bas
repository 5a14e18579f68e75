print "Hello from BASIC: 你好, 🌍"
