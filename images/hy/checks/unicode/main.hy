(print "naïve 日本 🙂")
