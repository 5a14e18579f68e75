const text: string = 'naïve 日本 🙂';
console.log(text);
