// Shows the output of a run inside an element: a terminal for each phase, with the same elements that the server makes
// (gistrun/render/terminal/html.py). Everything a program wrote becomes text nodes, or the address of a link that is
// safe. What arrives is worked off in slices, one a frame, so that a flood leaves the page usable.
import { classes, safeLink } from "./look.js";
import { EMPTY, TAIL } from "./row.js";
import { Screen } from "./screen.js";
import { DEFAULT, FLAGS } from "./style.js";
import { WIDE, kindOf } from "./widths.js";

const LINES = 32;
const WIDTHS = [40, 60, 80, 100, 132, 200];
const BOX = 20;
const SURE = /^[ -~\xa0-\xac\xae-\u024f\u0370-\u04ff]*$/;
const DRAWN = /^[\u2500-\u259f]/;
const SYMBOL = /^[\u2190-\u2bff\u{1f000}-\u{1faff}]/u;
const TITLES = { install: "Installing packages", compile: "Compiler" };
const SLICE = 4096;
const SLICE_MS = 5;

export class OutputView {
  #element;
  #sections = new Map();
  #waiting = [];
  #frame = 0;
  #around;
  #held;

  // `around` is given what shows the next frame, and calls it. While `held`, what the element holds stays.
  constructor(element, around = (show) => show(), held = false) {
    this.#element = element;
    this.#around = around;
    this.#held = held;
    if (!held) element.replaceChildren();
  }

  get full() {
    return [...this.#sections.values()].some(({ screen }) => screen.full);
  }

  write(phase, error, text) {
    for (let at = 0; at < text.length;) {
      let end = Math.min(at + SLICE, text.length);
      if (end < text.length && text.charCodeAt(end) >= 0xdc00 && text.charCodeAt(end) <= 0xdfff) end += 1;
      this.#waiting.push([phase, error, text.slice(at, end)]);
      at = end;
    }
    this.#later();
  }

  // From now on what is written is shown, in place of what the element held.
  release() {
    if (!this.#held) return;
    this.#held = false;
    this.#later();
  }

  // True while there is more to show than is shown.
  get busy() {
    return this.#frame !== 0;
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#waiting = [];
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#work(performance.now() + SLICE_MS);
      if (!this.#held) this.#around(() => this.#show());
      if (this.#waiting.length) this.#later();
    });
  }

  #work(until) {
    let done = 0;
    while (done < this.#waiting.length) {
      const [phase, error, text] = this.#waiting[done];
      if (!this.#sections.has(phase)) this.#sections.set(phase, new Section(phase));
      this.#sections.get(phase).screen.write(error, text);
      done += 1;
      if (performance.now() >= until) break;
    }
    this.#waiting.splice(0, done);
  }

  #show() {
    const sections = [...this.#sections.values()];
    for (const section of sections) section.show();
    if (sections.some(({ element }) => element.parentNode !== this.#element)
      || this.#element.childNodes.length !== sections.length) {
      this.#element.replaceChildren(...sections.map(({ element }) => element));
    }
  }
}

class Section {
  screen = new Screen();
  element = document.createElement("div");
  #phase;
  #lines = []; // of each line that is shown: what it shows, and its nodes; settled ones are only counted
  #first = 0; // number of the first line in #lines
  #dropped = 0;
  #widest = 0;
  #settledWidest = 0;

  constructor(phase) {
    this.#phase = phase;
    this.element.className = `phase phase-${phase} c${WIDTHS[0]}`;
    if (phase in TITLES) {
      this.element.setAttribute("role", "group");
      this.element.setAttribute("aria-label", TITLES[phase]);
    }
  }

  show() {
    const { screen } = this;
    if (screen.dropped !== this.#dropped) {
      this.#dropped = screen.dropped;
      this.element.replaceChildren();
      this.#lines = [];
      this.#first = this.#widest = this.#settledWidest = 0;
    }
    const settled = screen.settled.length;
    const below = screen.below;
    const count = settled + below.length;
    const row = (number) => (number < settled ? screen.settled[number] : below[number - settled]);
    this.#widest = this.#settledWidest;
    for (let number = this.#first; number < count; number += 1) {
      const goesOn = number + 1 < count && row(number + 1).wrapped;
      const runs = runsOf(row(number), screen.columns);
      const width = extent(row(number), screen.columns);
      this.#widest = Math.max(this.#widest, width);
      if (number < settled) this.#settledWidest = Math.max(this.#settledWidest, width);
      this.#put(number, runs, goesOn ? "" : "\n");
    }
    while (this.#lines.length > count - this.#first) this.#remove();
    // A settled line can still change once: where it ends depends on the line below.
    const fixed = Math.max(this.#first, settled - 1);
    this.#lines.splice(0, fixed - this.#first);
    for (let number = this.#first; number < fixed; number += 1) screen.settled[number] = SHOWN;
    this.#first = fixed;
    const width = WIDTHS.find((each) => each >= this.#widest) ?? WIDTHS.at(-1);
    const names = `phase phase-${this.#phase} c${width}`;
    if (this.element.className !== names) this.element.className = names;
  }

  #put(number, runs, end) {
    const place = number - this.#first;
    const old = this.#lines[place];
    if (old && old.end === end && same(old.runs, runs)) return;
    const nodes = [...runs.flatMap(elements)];
    if (end || !nodes.length) nodes.push(document.createTextNode(end));
    if (old) {
      old.nodes[0].before(...nodes);
      for (const node of old.nodes) node.remove();
    } else {
      let block = this.element.children[Math.floor(number / LINES)];
      if (!block) {
        block = document.createElement("div");
        block.className = "rows";
        this.element.append(block);
      }
      block.append(...nodes);
    }
    this.#lines[place] = { runs, end, nodes };
  }

  #remove() {
    const { nodes } = this.#lines.pop();
    const block = nodes[0].parentNode;
    for (const node of nodes) node.remove();
    if (!block.firstChild) block.remove();
  }
}

// Stands where a line was that is shown and will not change.
const SHOWN = { wrapped: false };

function same(old, runs) {
  return old.length === runs.length && old.every((run, place) => run.style === runs[place].style
    && run.cells.length === runs[place].cells.length && run.cells.every((cell, at) => cell === runs[place].cells[at]));
}

function extent({ texts, styles, fill }, columns) {
  let end = texts.length;
  if (fill.background !== DEFAULT && end < columns) return columns;
  while (end && texts[end - 1] === EMPTY) {
    const style = styles[end - 1];
    if (end <= columns && (style.background !== DEFAULT || style.flags & FLAGS.INVERSE)) break;
    end -= 1;
  }
  return end;
}

function runsOf(row, columns) {
  const end = extent(row, columns);
  const runs = [];
  for (let place = 0; place < end; place += 1) {
    const style = place < row.texts.length ? row.styles[place] : row.fill;
    if (!runs.length || runs.at(-1).style !== style) runs.push({ style, cells: [] });
    runs.at(-1).cells.push(row.text(place));
  }
  return runs;
}

function elements({ style, cells }) {
  const address = safeLink(style.link);
  const names = classes(style);
  const pieces = piecesOf(cells).map(([text, box]) => {
    const both = `${address ? "" : names} ${box}`.trim();
    if (!both) return document.createTextNode(text);
    const span = document.createElement("span");
    span.className = both;
    span.textContent = text;
    return span;
  });
  if (!address) return pieces;
  const link = document.createElement("a");
  link.setAttribute("href", address);
  link.setAttribute("rel", "nofollow noopener noreferrer ugc");
  link.setAttribute("title", address);
  if (names) link.className = names;
  link.append(...pieces);
  return [link];
}

function piecesOf(cells) {
  const whole = cells.join("").replaceAll(EMPTY, " ");
  if (whole.length === cells.length && SURE.test(whole) && !cells.includes(TAIL)) return [[whole, ""]];
  const pieces = [];
  for (let start = 0; start < cells.length;) {
    const sort = sortOf(cells, start);
    let stop = start + columnsOf(cells, start);
    while (stop < cells.length && sort !== "single" && sortOf(cells, stop) === sort) {
      const further = columnsOf(cells, stop);
      if (sort !== "sure" && stop + further - start > BOX) break;
      stop += further;
    }
    const text = cells.slice(start, stop).join("").replaceAll(EMPTY, " ");
    pieces.push([text, sort === "sure" ? "" : sort === "wide" ? `w${stop - start} z` : `w${stop - start}`]);
    start = stop;
  }
  return pieces;
}

function columnsOf(cells, place) {
  return cells[place + 1] === TAIL ? 2 : 1;
}

function sortOf(cells, place) {
  const text = cells[place];
  const one = [...text].length === 1;
  if (one && (text === EMPTY || SURE.test(text))) return "sure";
  if (columnsOf(cells, place) === 2) return one && kindOf(text) === WIDE ? "wide" : "single";
  if (DRAWN.test(text)) return "drawn";
  return SYMBOL.test(text) ? "single" : "narrow";
}
