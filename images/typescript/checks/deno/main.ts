const { isFile } = await Deno.stat('main.ts');
if (isFile) console.log('file', new URL(import.meta.url).pathname.split('/').pop());
