if (await Bun.file('main.ts').exists()) console.log('file', import.meta.file);
