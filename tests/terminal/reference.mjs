// Reads cases from standard input, one JSON object a line, and answers each with what @xterm/headless shows.
import { createInterface } from "node:readline";
import headless from "@xterm/headless";
import unicode11 from "@xterm/addon-unicode11";

const COLOUR = (palette, rgb, value) => (rgb ? 0x1000000 | value : palette ? value : -1);

const UNDERLINED = 0x10000000;

// A link is underlined in xterm, whatever the program says. Only what the program says counts here.
function underline(cell) {
  return cell.fg & UNDERLINED ? (cell.extended._ext >> 26) & 7 || 1 : 0;
}

function cells(line, columns) {
  const shown = [];
  for (let x = 0; x < columns; x += 1) {
    const cell = line.getCell(x);
    const flags = [cell.isBold(), cell.isDim(), cell.isItalic(), cell.isBlink(), cell.isInverse(), cell.isInvisible(),
      cell.isStrikethrough(), cell.isOverline()].reduce((sum, flag, place) => sum | (flag ? 1 << place : 0), 0);
    shown.push([cell.getChars(), cell.getWidth(),
      COLOUR(cell.isFgPalette(), cell.isFgRGB(), cell.getFgColor()),
      COLOUR(cell.isBgPalette(), cell.isBgRGB(), cell.getBgColor()),
      flags, underline(cell), Boolean(cell.extended.urlId)]);
  }
  return shown;
}

async function answer({ columns, rows, writes }) {
  const terminal = new headless.Terminal({ cols: columns, rows, scrollback: 100000, convertEol: true,
    allowProposedApi: true });
  terminal.loadAddon(new unicode11.Unicode11Addon());
  terminal.unicode.activeVersion = "11";
  for (const text of writes) await new Promise((done) => { terminal.write(text, done); });
  const buffer = terminal.buffer.active;
  const lines = [];
  const take = (from, count) => {
    for (let y = 0; y < count; y += 1) {
      const line = from.getLine(y);
      lines.push({ cells: cells(line, columns), wrapped: line.isWrapped });
    }
  };
  // A page goes on showing the lines above the screen while a program has the alternate screen.
  if (buffer.type === "alternate") take(terminal.buffer.normal, terminal.buffer.normal.baseY);
  take(buffer, buffer.length);
  const cursor = [buffer.cursorX, buffer.cursorY];
  terminal.dispose();
  return { lines, cursor };
}

// xterm itself fails on some input, in a callback of its own: then there is nothing to compare.
process.on("uncaughtException", () => { fail(); });
let fail = () => {};

for await (const line of createInterface({ input: process.stdin })) {
  const failed = new Promise((done) => { fail = () => done(null); });
  process.stdout.write(`${JSON.stringify(await Promise.race([failed, answer(JSON.parse(line))]))}\n`);
}
