// Shows the output of a run inside an element: a terminal for each phase, with the same elements that the server makes
// (gistrun/render/terminal/html.py). Everything a program wrote becomes text nodes, or the address of a link that is
// safe. What arrives is worked off in slices of a frame, so that a flood leaves the page usable. While there is more
// to come, whole blocks are made beside the page and added now and then: most of them are never laid out.
import { classes, safeLink } from "./look.js";
import { Files } from "./places.js";
import { EMPTY, TAIL } from "./row.js";
import { Screen } from "./screen.js";
import { DEFAULT, FLAGS } from "./style.js";
import { WIDE, kindOf } from "./widths.js";

const LINES = 64;
const BLOCKS = 16;
const WIDTHS = [32, 40, 60, 80, 100, 132, 200];
const BOX = 20;
const SURE = /^[ -~\xa0-\xac\xae-\u024f\u0370-\u04ff]*$/;
const DRAWN = /^[\u2500-\u259f]/;
const SYMBOL = /^[\u2190-\u2bff\u{1f000}-\u{1faff}]/u;
const TITLES = { install: "Installing packages", compile: "Compiler" };
const SLICE = 2048;
const FRAME_MS = 8;
// How often what was made is added to the page while there is more to come: the rarer, the longer the page takes for it.
const BEHIND_MS = 100;
const BEHIND_TIMES = 5;

export class OutputView {
  #element;
  #sections = new Map();
  #waiting = [];
  #frame = 0;
  #around;
  #last = 0; // when something was added last
  #added = 0; // the same, until the next frame
  #cost = 0; // how long that frame took
  #held;
  #files;

  // `around` is given what shows the next frame, and calls it. While `held`, what the element holds stays. `files`: those
  // to whose lines the output may link.
  constructor(element, around = (show) => show(), held = false, files = Files.shown()) {
    this.#element = element;
    this.#around = around;
    this.#held = held;
    this.#files = files;
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
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      if (this.#added) {
        this.#cost = now - this.#added;
        this.#added = 0;
      }
      this.#work(performance.now() + FRAME_MS);
      const due = now - this.#last >= Math.max(BEHIND_MS, BEHIND_TIMES * this.#cost);
      if (!this.#held && (due || !this.#waiting.length)) {
        this.#last = this.#added = now;
        this.#around(() => this.#show());
      }
      if (this.#waiting.length) this.#later();
    });
  }

  #work(until) {
    let done = 0;
    while (done < this.#waiting.length) {
      const [phase, error, text] = this.#waiting[done];
      if (!this.#sections.has(phase)) this.#sections.set(phase, new Section(phase, this.#files));
      const section = this.#sections.get(phase);
      section.screen.write(error, text);
      section.build();
      done += 1;
      if (performance.now() >= until) break;
    }
    this.#waiting.splice(0, done);
  }

  #show() {
    const sections = [...this.#sections.values()];
    for (const section of sections) section.show();
    if (this.#element.childNodes.length !== sections.length
      || sections.some(({ element }) => element.parentNode !== this.#element)) {
      this.#element.replaceChildren(...sections.map(({ element }) => element));
    }
  }
}

class Section {
  screen = new Screen();
  element = document.createElement("div");
  #phase;
  #files;
  #blocks = [];
  #lines = []; // of each line that may still change: what it shows, and its nodes
  #first = 0; // number of the first of them
  #dropped = 0;
  #widest = 0;

  constructor(phase, files) {
    this.#phase = phase;
    this.#files = files;
    this.element.className = `phase phase-${phase} c${WIDTHS[0]}`;
    if (phase in TITLES) {
      this.element.setAttribute("role", "group");
      this.element.setAttribute("aria-label", TITLES[phase]);
    }
  }

  // Makes the elements of what will not change any more.
  build() {
    const { screen } = this;
    if (screen.dropped !== this.#dropped) {
      this.#dropped = screen.dropped;
      this.element.replaceChildren();
      this.#blocks = [];
      this.#lines = [];
      this.#first = this.#widest = 0;
    }
    // Where a line ends depends on the one below.
    for (; this.#first < screen.settled.length - 1; this.#first += 1) {
      const row = screen.settled[this.#first];
      this.#put(this.#first, row, screen.settled[this.#first + 1]);
      this.#widest = Math.max(this.#widest, extent(row, screen.columns));
      screen.settled[this.#first] = null;
      this.#lines.shift();
      if ((this.#first + 1) % LINES === 0) this.#blocks.at(-1).normalize();
    }
  }

  // Shows everything.
  show() {
    this.build();
    const { screen } = this;
    const open = [...screen.settled.slice(this.#first), ...screen.below];
    let widest = this.#widest;
    open.forEach((row, place) => {
      this.#put(this.#first + place, row, open[place + 1]);
      widest = Math.max(widest, extent(row, screen.columns));
    });
    while (this.#lines.length > open.length) this.#remove();
    const width = WIDTHS.find((each) => each >= widest) ?? WIDTHS.at(-1);
    const names = `phase phase-${this.#phase} c${width}`;
    if (this.element.className !== names) this.element.className = names;
    this.#add();
  }

  // Adds the blocks that are not in the page yet.
  #add() {
    const groups = this.element.children;
    const last = groups[groups.length - 1];
    let shown = last ? (groups.length - 1) * BLOCKS + last.children.length : 0;
    while (shown < this.#blocks.length) {
      const end = shown - shown % BLOCKS + BLOCKS;
      const group = shown % BLOCKS ? groups[groups.length - 1] : document.createElement("div");
      group.className = "rows";
      group.append(...this.#blocks.slice(shown, end));
      if (!group.parentNode) this.element.append(group);
      shown = Math.min(end, this.#blocks.length);
    }
  }

  #put(number, row, below) {
    const runs = runsOf(row, this.screen.columns);
    const end = below?.wrapped ? "" : "\n";
    const place = number - this.#first;
    const old = this.#lines[place];
    if (old && old.end === end && same(old.runs, runs)) return;
    const nodes = elementsOf(runs, this.#files);
    if (nodes.at(-1) instanceof Text) nodes.at(-1).data += end;
    else if (end || !nodes.length) nodes.push(new Text(end));
    if (old) {
      old.nodes[0].before(...nodes);
      for (const node of old.nodes) node.remove();
    } else {
      const at = Math.floor(number / LINES);
      this.#blocks[at] ??= document.createElement("div");
      this.#blocks[at].append(...nodes);
    }
    this.#lines[place] = { runs, end, nodes };
  }

  #remove() {
    const { nodes } = this.#lines.pop();
    const block = nodes[0].parentNode;
    const group = block.parentNode;
    for (const node of nodes) node.remove();
    if (block.firstChild) return;
    block.remove();
    this.#blocks.pop();
    if (group && !group.firstChild) group.remove();
  }
}

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
  const full = Math.min(end, row.texts.length);
  for (let start = 0, place = 1; start < full; place += 1) {
    if (place < full && row.styles[place] === row.styles[start]) continue;
    runs.push({ style: row.styles[start], cells: row.texts.slice(start, place) });
    start = place;
  }
  const rest = Array(end - full).fill(EMPTY);
  if (rest.length && runs.at(-1)?.style === row.fill) runs.at(-1).cells.push(...rest);
  else if (rest.length) runs.push({ style: row.fill, cells: rest });
  return runs;
}

// The elements of a line. A place in one of the files that it names is a link to it, if the program made no link there.
function elementsOf(runs, files) {
  const named = files.named(runs.map(({ cells }) => cells.join("")).join("").replaceAll(EMPTY, " "));
  if (!named.length) return runs.flatMap(elements);
  const texts = runs.flatMap(({ cells }) => cells);
  const cellOf = texts.flatMap((text, place) => Array(text.length).fill(place));
  const nodes = [];
  let done = 0;
  for (const { start, end, address } of named) {
    const [first, last] = [cellOf[start], cellOf[end - 1] + 1];
    const within = cut(runs, first, last);
    if (within.some(({ style }) => style.link !== null)) continue;
    const link = document.createElement("a");
    link.setAttribute("href", address);
    link.append(...within.flatMap(elements));
    nodes.push(...cut(runs, done, first).flatMap(elements), link);
    done = last;
  }
  return [...nodes, ...cut(runs, done, texts.length).flatMap(elements)];
}

// The parts of runs that lie between two cells.
function cut(runs, first, last) {
  let start = 0;
  return runs.flatMap(({ style, cells }) => {
    const part = cells.slice(Math.max(0, first - start), Math.max(0, last - start));
    start += cells.length;
    return part.length ? [{ style, cells: part }] : [];
  });
}

function elements({ style, cells }) {
  const address = safeLink(style.link);
  const names = classes(style);
  const pieces = piecesOf(cells).map(([text, box]) => {
    const both = `${address ? "" : names} ${box}`.trim();
    if (!both) return new Text(text);
    const span = document.createElement("span");
    span.className = both;
    span.textContent = text;
    return span;
  });
  if (!address) return pieces;
  const link = document.createElement("a");
  link.setAttribute("href", address);
  link.setAttribute("rel", "nofollow noopener noreferrer ugc");
  if (cells.join("") !== address) link.setAttribute("title", address); // else the text says where it leads
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
