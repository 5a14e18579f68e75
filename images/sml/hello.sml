val () = print "Hello from Standard ML: 你好, 🌍\n"
