// The rows of a screen, its cursor and its scrolling region. It does the same as gistrun/render/terminal/buffer.py.
import { Row } from "./row.js";
import { PLAIN } from "./style.js";

export const SAVED = { x: 0, line: 0, style: PLAIN, charset: null };

export class Buffer {
  #height;
  #widest;

  constructor(rows, widest) {
    this.#height = rows;
    this.#widest = widest;
    this.saved = SAVED;
    this.used = false;
    this.clear();
  }

  clear(fill = PLAIN) {
    this.rows = empty(this.#height, fill);
    this.x = this.y = this.top = 0;
    this.bottom = this.#height - 1;
    this.tabs = usual(this.#widest);
  }

  get row() {
    return this.rows[this.y];
  }

  scrollUp(top, count, fill) {
    const most = Math.min(count, this.bottom - top + 1);
    this.rows.splice(this.bottom + 1, 0, ...empty(most, fill));
    this.rows.splice(top, most);
  }

  scrollDown(top, count, fill) {
    const most = Math.min(count, this.bottom - top + 1);
    this.rows.splice(this.bottom + 1 - most, most);
    this.rows.splice(top, 0, ...empty(most, fill));
  }

  nextStop(count) {
    return this.tabs[place(this.tabs, this.x + 1) + count - 1] ?? null;
  }

  stopBefore(count) {
    return this.tabs[place(this.tabs, this.x) - count] ?? 0;
  }

  setStop() {
    const at = place(this.tabs, this.x);
    if (this.tabs[at] !== this.x) this.tabs = [...this.tabs.slice(0, at), this.x, ...this.tabs.slice(at)];
  }

  clearStop() {
    this.tabs = this.tabs.filter((stop) => stop !== this.x);
  }
}

export function empty(count, fill) {
  return Array.from({ length: count }, () => new Row(fill));
}

const stops = new Map();
function usual(widest) {
  if (!stops.has(widest)) stops.set(widest, Array.from({ length: Math.ceil(widest / 8) }, (_, stop) => stop * 8));
  return stops.get(widest);
}

// Where in the sorted numbers one that is not smaller stands first.
function place(numbers, wanted) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
