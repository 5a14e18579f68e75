IO.puts("naïve 日本 🙂")
