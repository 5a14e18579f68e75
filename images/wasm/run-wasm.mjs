// run-wasm.mjs MODULE [ARGUMENT…]: runs a WebAssembly module. One for WASI is started as a program. Of any other, main is
// called, or else each function that it exports and that takes nothing, and what they give is printed. Functions that it
// imports print what they get.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [file, ...words] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(file));
const wasi = new WASI({ version: "preview1", args: ["program", ...words], env: process.env, preopens: { ".": "." } });
const imports = {};
let memory;
for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
  imports[from] ??= {};
  if (from === "wasi_snapshot_preview1") imports[from] = wasi.wasiImport;
  else if (kind === "function") imports[from][name] = (...values) => printed(values);
  else if (kind === "memory") imports[from][name] = memory = new WebAssembly.Memory({ initial: 1, maximum: 1024 });
  else if (kind === "global") imports[from][name] = 0;
  else if (kind === "table") imports[from][name] = new WebAssembly.Table({ element: "anyfunc", initial: 16 });
}
const instance = new WebAssembly.Instance(module, imports);
const { exports } = instance;
memory = exports.memory ?? memory;

// Two numbers that are a place in memory and a length there are most often a text.
function printed(values) {
  const [place, length] = values;
  const bytes = values.length === 2 && memory ? new Uint8Array(memory.buffer) : null;
  const text = bytes && text_at(bytes, place, length);
  console.log(...(text ? [text.replace(/\n$/, "")] : values));
}

function text_at(bytes, place, length) {
  const some = place >= 0 && length > 0 && place + length <= bytes.length ? bytes.slice(place, place + length) : null;
  try {
    const text = some && new TextDecoder("utf-8", { fatal: true }).decode(some);
    return text && !/[\0-\x08\x0e-\x1f]/.test(text) ? text : null;
  } catch {
    return null;
  }
}

if (exports._start && memory) {
  process.exitCode = wasi.start(instance);
} else if (exports.main) {
  const result = exports.main(...words.map(Number));
  if (result !== undefined) console.log(result);
} else {
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value !== "function") continue;
    if (value.length === 0) console.log(`${name}() =`, value());
    else console.log(`${name} takes ${value.length} values`);
  }
}
