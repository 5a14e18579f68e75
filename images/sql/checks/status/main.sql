SELECT 'naïve 日本 🙂' AS text;
.exit 3
