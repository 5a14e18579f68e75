const { answer } = require('./answer');
console.log(answer);
