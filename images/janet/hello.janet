(print "Hello from Janet: 你好, 🌍")
