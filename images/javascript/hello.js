console.log("Hello from JavaScript: 你好, 🌍");
