val () = print "naïve 日本 🙂\n"
