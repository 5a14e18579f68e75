puts "naïve 日本 🙂"
