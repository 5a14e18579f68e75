// As reference.mjs, but answers with what our own terminal in the browser shows.
import { createInterface } from "node:readline";

const HERE = "../../gistrun/web/static/terminal";
const { Screen } = await import(`${HERE}/screen.js`);

function cells(row, columns) {
  return Array.from({ length: Math.max(columns, row.texts.length) }, (_, place) => {
    const inside = place < row.texts.length;
    const text = inside ? row.texts[place] : "\0";
    const { foreground, background, flags, underline, link } = inside ? row.styles[place] : row.fill;
    return [text === "\0" ? "" : text, text === "" ? 0 : row.isTail(place + 1) ? 2 : 1,
      foreground, background, flags, underline, link !== null];
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { columns, rows, widest, writes } = JSON.parse(line);
  const screen = new Screen(columns, rows, widest ?? columns);
  for (const text of writes) screen.write(false, text);
  const lines = [...screen.settled, ...screen.below].map((row) => ({ cells: cells(row, columns), wrapped: row.wrapped }));
  process.stdout.write(`${JSON.stringify({ lines, cursor: screen.cursor })}\n`);
}
