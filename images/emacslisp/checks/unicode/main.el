(princ "naïve 日本 🙂\n")
