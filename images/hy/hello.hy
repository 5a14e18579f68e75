(print "Hello from Hy: 你好, 🌍")
