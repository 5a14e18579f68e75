set print "-"
print "naïve 日本 🙂"
