print "Hello from ksh: 你好, 🌍"
