if (process.argv.length < 3) {
  console.error("Usage: main.js NAME");
  process.exit(2);
}
console.log(process.argv[2]);
