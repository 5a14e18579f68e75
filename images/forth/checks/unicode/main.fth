." naïve 日本 🙂" cr
