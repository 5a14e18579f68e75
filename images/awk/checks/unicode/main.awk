BEGIN { print "naïve 日本 🙂"; exit length("日本") != 2 }
