cat('naïve 日本 🙂\n')
