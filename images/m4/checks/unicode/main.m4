define(`greeting', `naïve 日本 🙂')dnl
greeting
