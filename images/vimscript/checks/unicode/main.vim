echo "naïve 日本 🙂"
echo strchars("日本")
