BEGIN { print "Hello from Awk: 你好, 🌍" }
