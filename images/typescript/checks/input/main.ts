import { readFileSync } from 'node:fs';
const lines: string[] = readFileSync(0, 'utf8').trim().split('\n');
console.log(`${lines.length} lines, the last is ${lines.at(-1)}`);
