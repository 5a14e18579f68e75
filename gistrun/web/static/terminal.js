// Turns what a program wrote into text that is safe to show. It does the same as gistrun/render/terminal.py;
// tests/terminal_cases.json holds both to the same answers.

const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
const PARAMETERS = /[ -?]*/y;
const STRING_END = /[\n\x07\x18\x1a\x1b\x9c]/g;
const OPENS = { "\x1b": "escape", "\x9b": "sequence", "\x90": "string", "\x98": "string", "\x9d": "string",
  "\x9e": "string", "\x9f": "string" };

function search(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

export class Cleaner {
  #state = "text";

  feed(text) {
    let kept = "";
    let at = 0;
    while (at < text.length) {
      if (this.#state === "text") {
        const found = search(CONTROL, text, at);
        const end = found ? found.index : text.length;
        kept += text.slice(at, end);
        at = end + 1;
        if (found) this.#state = OPENS[text[end]] ?? "text";
      } else if (this.#state === "escape") {
        at = this.#escape(text, at);
      } else if (this.#state === "sequence") {
        at = search(PARAMETERS, text, at)[0].length + at;
        if (at < text.length) {
          this.#state = "text";
          if (text[at] >= "@" && text[at] <= "~") at += 1;
        }
      } else {
        const found = search(STRING_END, text, at);
        if (!found) return kept;
        this.#state = found[0] === "\x1b" ? "escape" : "text";
        at = found[0] === "\n" ? found.index : found.index + 1;
      }
    }
    return kept;
  }

  #escape(text, at) {
    const char = text[at];
    if (char >= " " && char <= "/") return at + 1;
    this.#state = "text";
    if (char === "[") this.#state = "sequence";
    else if ("]PX^_".includes(char)) this.#state = "string";
    else if (!(char >= "0" && char <= "~")) return at;
    return at + 1;
  }
}

// Shows the output of a run inside an element: one <span> for each stretch of a kind, text nodes within.
export class Screen {
  static PIECE = 64;
  #element;
  #left;
  #line = [];
  #returned = false;
  #cleaners = new Map();
  full = false;

  constructor(element, limit = 2 ** 20) {
    this.#element = element;
    this.#left = limit;
    element.replaceChildren();
  }

  write(kind, text) {
    if (!this.#cleaners.has(kind)) this.#cleaners.set(kind, new Cleaner());
    const [first, ...rest] = this.#cleaners.get(kind).feed(text).split("\r");
    this.#put(kind, first);
    for (const part of rest) {
      this.#returned = true;
      this.#put(kind, part);
    }
  }

  #put(kind, text) {
    if (!text || this.full) return;
    if (this.#returned && text[0] !== "\n") {
      for (const node of this.#line) {
        this.#left += node.length + Screen.PIECE;
        const span = node.parentNode;
        node.remove();
        if (!span.firstChild) span.remove();
      }
      this.#line = [];
    }
    this.#returned = false;
    if (text.length + Screen.PIECE > this.#left) {
      this.full = true;
      text = text.slice(0, Math.max(0, this.#left - Screen.PIECE));
    }
    this.#left -= text.length + Screen.PIECE;
    const end = text.lastIndexOf("\n") + 1;
    if (end) {
      this.#append(kind, text.slice(0, end));
      this.#line = [];
    }
    if (text.length > end) this.#line.push(this.#append(kind, text.slice(end)));
  }

  #append(kind, text) {
    let span = this.#element.lastElementChild;
    if (!span || span.className !== kind) {
      span = document.createElement("span");
      span.className = kind;
      this.#element.append(span);
    }
    const node = document.createTextNode(text);
    span.append(node);
    return node;
  }
}
