print("Hello from PARI/GP: 你好, 🌍");
