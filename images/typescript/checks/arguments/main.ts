const args: string[] = process.argv.slice(2);
console.log(`${args.length} arguments: ${args.map((a) => `[${a}]`).join(' ')}`);
