let text = '';
process.stdin.on('data', (d) => { text += d; }).on('end', () => {
  const lines = text.trim().split('\n');
  console.log(`${lines.length} lines, the last is ${lines.at(-1)}`);
});
