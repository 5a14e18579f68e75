println 'naïve 日本 🙂'
