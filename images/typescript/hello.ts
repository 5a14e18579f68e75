const greeting: string = "Hello from TypeScript: 你好, 🌍";
console.log(greeting);
