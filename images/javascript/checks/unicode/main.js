console.log('naïve 日本 🙂');
