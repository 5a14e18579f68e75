(display "naïve 日本 🙂")
(newline)
