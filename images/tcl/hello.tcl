puts "Hello from Tcl: 你好, 🌍"
