echo "naïve 日本 🙂"
