#!/usr/bin/env -S deno run --allow-read
const n: number = 2;
console.log(n);
