SELECT 'naïve 日本 🙂' AS text, length('日本') AS n;
