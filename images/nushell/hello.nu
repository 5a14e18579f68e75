print "Hello from Nushell: 你好, 🌍"
