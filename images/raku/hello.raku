say 'Hello from Raku: 你好, 🌍';
