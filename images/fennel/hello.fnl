(print "Hello from Fennel: 你好, 🌍")
