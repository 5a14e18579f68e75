import { answer } from './answer.js';
console.log(await Promise.resolve(answer));
