print "Hello from Zsh: 你好, 🌍"
