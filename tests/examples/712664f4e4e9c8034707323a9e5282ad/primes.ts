function primes(below: number): number[] {
  const found: number[] = [];
  for (let n = 2; n < below; n++) if (found.every((p) => n % p)) found.push(n);
  return found;
}

const text: string = primes(50).join(" ");
console.log(text);
