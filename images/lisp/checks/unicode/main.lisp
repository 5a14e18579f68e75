(format t "naïve 日本 🙂~%")
