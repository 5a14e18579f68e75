import { answer } from './answer.js';
const n = await Promise.resolve(answer);
console.log(n);
export {};
