say 'naïve 日本 🙂'
