Print("Hello from GAP: 你好, 🌍\n");
