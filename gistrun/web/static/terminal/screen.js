// A terminal: what a program writes becomes lines of styled cells. It does the same as
// gistrun/render/terminal/canvas.py and screen.py; tests/terminal holds both to the same answers.
import { Buffer, SAVED, empty } from "./buffer.js";
import { Parser } from "./parser.js";
import { EMPTY, TAIL } from "./row.js";
import { ERROR, PLAIN, erased, restyled, withLink } from "./style.js";
import { FLAG, JOINING_PICTURE, JOINS, NARROW_PICTURE, WIDE, WIDE_PICTURE, kindOf } from "./widths.js";

export const COLUMNS = 100;
export const ROWS = 24;
export const WIDEST = 1000;
export const LIMIT = 2 ** 22;
const LINE = 24;
const FOREIGN = 4;
const CHANGE = 24;
const WORK = 2 ** 22;
const SEQUENCE = 8;
const ANEW = 64;
const SHARED = 16;
const REPEATS = 1000;

const GRAPHICS = translation("`abcdefghijklmnopqrstuvwxyz{|}~", "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·");
const BRITISH = translation("#", "£");
const CHARSETS = { 0: GRAPHICS, A: BRITISH };
const KNOWN_CHARSETS = "0AB4C5RQKYE6ZH7=";
const SLOTS = { "(": 0, ")": 1, "*": 2, "+": 3, "-": 1, ".": 2 };
const LOCKS = { n: 2, o: 3, "|": 3, "}": 2, "~": 1 };
const ASCII = /^[\x00-\x7f]*$/;

function translation(from, to) {
  return new Map([...from].map((character, place) => [character, [...to][place]]));
}

const isPicture = (kind) => kind === WIDE_PICTURE || kind === JOINING_PICTURE;
const isSelectable = (kind) => kind === NARROW_PICTURE || kind === JOINING_PICTURE;
const columnsOf = (kind) => (kind === WIDE || kind === WIDE_PICTURE ? 2 : kind === JOINS ? 0 : 1);

export class Screen {
  #limit;
  #left;
  #work = WORK;
  #parsers;
  #normal;
  #alternate;
  #buffer;
  #pens;
  #error = false;
  #base;
  #insert;
  #origin;
  #wrap;
  #charsets;
  #slot;
  #charset;
  #joins;

  constructor(columns = COLUMNS, rows = ROWS, widest = WIDEST, limit = LIMIT) {
    this.columns = columns;
    this.height = rows;
    this.widest = widest;
    this.full = false;
    this.settled = [];
    // How often what was settled has been dropped.
    this.dropped = 0;
    this.#limit = this.#left = limit;
    this.#parsers = [new Parser(this), new Parser(this)];
    this.#normal = new Buffer(rows, widest);
    this.#alternate = new Buffer(rows, widest);
    this.#start();
  }

  #start() {
    if (this.#alternate.used) this.#alternate = new Buffer(this.height, this.widest);
    this.#normal.saved = SAVED;
    this.#normal.clear();
    this.#buffer = this.#normal;
    this.#pens = [PLAIN, ERROR];
    this.#base = 0;
    this.#resetModes();
  }

  #resetModes() {
    this.#insert = this.#origin = false;
    this.#wrap = true;
    this.#charsets = [null, null, null, null];
    this.#slot = 0;
    this.#charset = null;
    this.#joins = null;
  }

  write(error, text) {
    if (this.full) return;
    if (error !== this.#error) {
      this.#error = error;
      this.#joins = null;
    }
    this.#parsers[Number(error)].feed(text);
  }

  // The lines on the screen, down to the last that shows something; `settled` holds those above.
  get below() {
    const { rows } = this.#buffer;
    let count = rows.length;
    while (count && !rows[count - 1].texts.length && rows[count - 1].fill === PLAIN) count -= 1;
    return rows.slice(0, count);
  }

  get cursor() {
    return [this.#buffer.x, this.#buffer.y];
  }

  get #pen() {
    return this.#pens[Number(this.#error)];
  }

  set #pen(style) {
    this.#pens[Number(this.#error)] = style;
  }

  #refuses(cost) {
    this.#work -= cost;
    this.full ||= this.#work < 0;
    return this.full;
  }

  // Text

  text(text) {
    if (this.full) return;
    const written = this.#charset ? text.replace(/[#`-~]/g, (one) => this.#charset.get(one) ?? one) : text;
    const buffer = this.#buffer;
    buffer.row.mend(buffer.x, this.#pen);
    if (ASCII.test(written) && !this.#insert) this.#narrow(written);
    else for (const character of written) this.#character(character);
    const { row, x } = buffer;
    if (row.isTail(x) && x < this.widest) row.put(x, [EMPTY], this.#pen);
  }

  #narrow(text) {
    const buffer = this.#buffer;
    for (let at = 0; at < text.length;) {
      if (buffer.x >= this.widest) {
        if (!this.#wrap) {
          buffer.row.mend(this.widest - 1, this.#pen);
          buffer.row.put(this.widest - 1, [text.at(-1)], this.#pen);
          break;
        }
        this.#wrapLine();
        if (this.full) return;
      }
      const piece = text.slice(at, at + this.widest - buffer.x);
      buffer.row.put(buffer.x, piece, this.#pen);
      buffer.x += piece.length;
      at += piece.length;
    }
    this.#joins = kindOf(text.at(-1));
  }

  #character(character) {
    const kind = kindOf(character);
    if (this.#joined(character, kind)) return;
    const buffer = this.#buffer;
    const columns = columnsOf(kind);
    if (buffer.x + columns > this.widest) {
      if (this.#wrap) {
        buffer.row.put(buffer.x, Array(this.widest - buffer.x).fill(EMPTY), this.#pen);
        this.#wrapLine();
      } else {
        if (columns === 2) return;
        buffer.x = this.widest - 1;
        buffer.row.mend(buffer.x, this.#pen);
      }
    }
    if (this.#insert) buffer.row.insert(buffer.x, columns, this.#pen, this.widest);
    buffer.row.put(buffer.x, columns === 2 ? [character, TAIL] : [character], this.#pen);
    buffer.x += columns;
    this.#joins = kind;
  }

  #joined(character, kind) {
    const buffer = this.#buffer;
    const { row } = buffer;
    let place = buffer.x - 1;
    if (place > 0 && row.isTail(place)) place -= 1;
    const before = place >= 0 ? row.text(place) : EMPTY;
    if (before === EMPTY) return kind === JOINS;
    const count = [...before].length;
    const flag = kind === FLAG && this.#joins === FLAG && count === 1;
    const picture = isPicture(this.#joins) && before.endsWith("\u200d") && isPicture(kind);
    if (kind !== JOINS && !flag && !picture) return false;
    if (count < SHARED) {
      row.texts[place] = before + character;
      const wide = flag || (character === "\ufe0f" && isSelectable(this.#joins));
      if (wide && place + 1 === buffer.x && buffer.x < this.widest) {
        row.put(buffer.x, [TAIL], row.styles[place]);
        buffer.x += 1;
      }
    }
    return true;
  }

  #wrapLine() {
    const buffer = this.#buffer;
    buffer.x = 0;
    if (buffer.y === buffer.bottom) {
      this.#scroll(true);
    } else {
      buffer.y = Math.min(buffer.y + 1, this.height - 1);
      buffer.row.wrapped = true;
    }
  }

  #scroll(wrapped = false) {
    const buffer = this.#buffer;
    if (buffer === this.#normal && buffer.top === 0) this.#settle(buffer.rows[0]);
    buffer.scrollUp(buffer.top, 1, erased(this.#pen));
    buffer.rows[buffer.bottom].wrapped = wrapped;
  }

  #settle(row) {
    this.#base += 1;
    let changes = 0;
    for (let place = 1; place < row.styles.length; place += 1) changes += row.styles[place] !== row.styles[place - 1];
    const plain = row.texts.every((text) => ASCII.test(text));
    this.#left -= LINE + row.texts.length * (plain ? 1 : FOREIGN) + CHANGE * changes;
    if (row.fill !== PLAIN) this.#left -= CHANGE + this.columns;
    if (this.#left < 0) this.full = true;
    else this.settled.push(row);
  }

  // Control characters

  control(character) {
    if (this.#refuses(1)) return;
    this.#joins = null;
    const buffer = this.#buffer;
    if ("\n\v\f".includes(character)) this.#feedLine();
    else if (character === "\r") buffer.x = 0;
    else if (character === "\b") {
      this.#restrict();
      buffer.x = Math.max(buffer.x - 1, 0);
    } else if (character === "\t") this.#tab(1);
    else if (character === "\x0e") this.#chooseCharset(1);
    else if (character === "\x0f") this.#chooseCharset(0);
    else if ("\x84\x85\x88".includes(character)) this.escape("", { "\x84": "D", "\x85": "E", "\x88": "H" }[character]);
  }

  #feedLine() {
    const buffer = this.#buffer;
    buffer.x = 0;
    if (buffer.y === buffer.bottom) {
      this.#scroll();
    } else if (buffer.y < this.height - 1) {
      buffer.y += 1;
      buffer.row.wrapped = false;
    }
  }

  #tab(count) {
    const buffer = this.#buffer;
    if (buffer.x >= this.widest) return;
    const stop = buffer.nextStop(count);
    buffer.x = stop !== null && count === 1 ? stop
      : Math.max(buffer.x, Math.min(stop ?? this.widest - 1, this.#margin()));
  }

  #chooseCharset(slot) {
    this.#slot = slot;
    this.#charset = this.#charsets[slot];
  }

  // Escape sequences

  escape(between, final) {
    if (this.#refuses("DEMc".includes(final) ? ANEW : SEQUENCE)) return;
    this.#joins = null;
    const buffer = this.#buffer;
    if (between in SLOTS) {
      if (KNOWN_CHARSETS.includes(final)) this.#designate(SLOTS[between], final);
    } else if (between === "%" && (final === "@" || final === "G")) {
      this.#designate(0, "B");
      this.#chooseCharset(0);
    } else if (between) {
      return;
    } else if (final === "7") this.#save();
    else if (final === "8") this.#restore();
    else if (final === "D" || final === "E") {
      if (final === "E") buffer.x = 0;
      this.#restrict();
      if (buffer.y === buffer.bottom) this.#scroll();
      else buffer.y = Math.min(buffer.y + 1, this.height - 1);
    } else if (final === "H") {
      if (buffer.x < this.widest) buffer.setStop();
    } else if (final === "M") {
      this.#restrict();
      if (buffer.y === buffer.top) {
        buffer.scrollDown(buffer.top, 1, erased(this.#pen));
      } else {
        buffer.y -= 1;
        this.#restrict();
      }
    } else if (final === "c") this.#reset();
    else if (final in LOCKS) this.#chooseCharset(LOCKS[final]);
  }

  #designate(slot, name) {
    this.#charsets[slot] = CHARSETS[name] ?? null;
    if (slot === this.#slot) this.#charset = this.#charsets[slot];
  }

  #reset() {
    for (const parser of this.#parsers) parser.reset();
    this.#start();
    this.#drop();
  }

  #drop() {
    this.settled = [];
    this.dropped += 1;
    this.#left = this.#limit;
  }

  #save() {
    const buffer = this.#buffer;
    const base = buffer === this.#normal ? this.#base : 0;
    buffer.saved = { x: buffer.x, line: base + buffer.y, style: this.#pen, charset: this.#charset };
  }

  #restore() {
    const buffer = this.#buffer;
    const { x, line, style, charset } = buffer.saved;
    const base = buffer === this.#normal ? this.#base : 0;
    buffer.x = x;
    buffer.y = Math.max(line - base, 0);
    this.#pen = withLink(style, this.#pen.link, this.#error);
    this.#charset = charset;
    this.#restrict();
  }

  // Control sequences

  sequence(marks, final, parameters) {
    if (this.#refuses("JLMSThl".includes(final) ? ANEW : SEQUENCE)) return;
    const joins = this.#joins;
    this.#joins = null;
    const [[first]] = parameters;
    const known = !marks || marks === "?";
    if (known && final === "m") {
      if (!marks) this.#pen = restyled(this.#pen, parameters);
    } else if (known && (final === "h" || final === "l")) {
      for (const [number] of parameters) this.#mode(marks + number, final === "h");
    } else if (known && (final === "J" || final === "K")) {
      this.#restrict(this.widest);
      if (final === "J") this.#eraseDisplay(first);
      else this.#eraseLine(first);
    } else if (marks === "!" && final === "p") this.#soften();
    else if (!marks && final === "b") this.#repeat(joins, first || 1);
    else if (!marks) this.#obey(final, first, parameters[1]?.[0] ?? 0);
  }

  #obey(final, first, second) {
    const count = first || 1;
    const buffer = this.#buffer;
    switch (final) {
      case "@": this.#restrict(); buffer.row.insert(buffer.x, count, erased(this.#pen), this.widest); break;
      case "A": this.#up(count); break;
      case "B": this.#down(count); break;
      case "C": case "a": this.#move(count, 0); break;
      case "D": this.#move(-count, 0); break;
      case "E": this.#down(count); buffer.x = 0; break;
      case "F": this.#up(count); buffer.x = 0; break;
      case "G": case "`": this.#go(count - 1, buffer.y); break;
      case "H": case "f": this.#go((second || 1) - 1, count - 1); break;
      case "I": this.#tab(count); break;
      case "L": this.#linesAtCursor((y) => buffer.scrollDown(y, count, erased(this.#pen))); break;
      case "M": this.#linesAtCursor((y) => buffer.scrollUp(y, count, erased(this.#pen))); break;
      case "P": this.#restrict(); buffer.row.delete(buffer.x, count, erased(this.#pen), this.widest); break;
      case "S": buffer.scrollUp(buffer.top, count, erased(this.#pen)); break;
      case "T": buffer.scrollDown(buffer.top, count, PLAIN); break;
      case "X":
        this.#restrict();
        buffer.row.erase(buffer.x, Math.min(buffer.x + count, this.widest), erased(this.#pen), this.widest);
        break;
      case "Z": if (buffer.x < this.widest) buffer.x = buffer.stopBefore(count); break;
      case "d": this.#toRow(count); break;
      case "e": this.#move(0, count); break;
      case "g":
        if (first === 0) buffer.clearStop();
        else if (first === 3) buffer.tabs = [];
        break;
      case "r": this.#setRegion(count, second); break;
      case "s": this.#save(); break;
      case "u": this.#restore(); break;
      default:
    }
  }

  command(text) {
    if (this.#refuses(SEQUENCE)) return;
    this.#joins = null;
    const found = /^0*8;([^;]*);(.*)$/s.exec(text);
    if (found && (found[2] || !found[1].trim())) this.#pen = withLink(this.#pen, found[2] || null);
  }

  #restrict(most = this.widest - 1) {
    const buffer = this.#buffer;
    buffer.x = Math.min(buffer.x, most);
    const [low, high] = this.#origin ? [buffer.top, buffer.bottom] : [0, this.height - 1];
    buffer.y = Math.min(Math.max(buffer.y, low), high);
  }

  #margin() {
    return Math.min(Math.max(this.columns, this.#buffer.row.texts.length), this.widest) - 1;
  }

  #go(x, y) {
    const buffer = this.#buffer;
    buffer.y = y + (this.#origin ? buffer.top : 0);
    buffer.x = Math.max(x, 0);
    this.#restrict();
    buffer.x = Math.min(buffer.x, this.#margin());
  }

  #move(across, down) {
    const buffer = this.#buffer;
    this.#restrict();
    const { x } = buffer;
    this.#go(x + across, buffer.y + down);
    if (!across) buffer.x = x;
  }

  #up(count) {
    const room = this.#buffer.y - this.#buffer.top;
    this.#move(0, -(room >= 0 ? Math.min(room, count) : count));
  }

  #down(count) {
    const room = this.#buffer.bottom - this.#buffer.y;
    this.#move(0, room >= 0 ? Math.min(room, count) : count);
  }

  #toRow(row) {
    const x = Math.min(this.#buffer.x, this.widest - 1);
    this.#go(x, row - 1);
    this.#buffer.x = x;
  }

  #eraseDisplay(which) {
    const buffer = this.#buffer;
    const fill = erased(this.#pen);
    const { y } = buffer;
    if (which === 0) {
      this.#eraseLine(0);
      buffer.rows.splice(y + 1, this.height, ...empty(this.height - y - 1, fill));
    } else if (which === 1) {
      this.#eraseLine(1);
      buffer.row.wrapped = false;
      if (buffer.x + 1 >= this.widest && y + 1 < this.height) buffer.rows[y + 1].wrapped = false;
      buffer.rows.splice(0, y, ...empty(y, fill));
    } else if (which === 2) {
      buffer.rows = empty(this.height, fill);
    } else if (which === 3 && buffer === this.#normal) {
      this.#drop();
      this.#base = 0;
    }
  }

  #eraseLine(which) {
    const { row, x } = this.#buffer;
    if (which > 2) return;
    const start = which === 0 ? x : 0;
    row.erase(start, which === 1 ? x + 1 : this.widest, erased(this.#pen), this.widest);
    if (which !== 1 && start === 0) row.wrapped = false;
  }

  #linesAtCursor(change) {
    const buffer = this.#buffer;
    this.#restrict();
    if (buffer.y < buffer.top || buffer.y > buffer.bottom) return;
    change(buffer.y);
    buffer.x = 0;
  }

  #setRegion(top, asked) {
    const bottom = asked > 0 && asked <= this.height ? asked : this.height;
    if (bottom <= top) return;
    this.#buffer.top = top - 1;
    this.#buffer.bottom = bottom - 1;
    this.#go(0, 0);
  }

  #repeat(joins, count) {
    const buffer = this.#buffer;
    const place = buffer.x - 1;
    if (joins !== null && place >= 0) {
      const text = buffer.row.text(place && buffer.row.isTail(place) ? place - 1 : place);
      if (text !== EMPTY) this.text(text.repeat(Math.min(count, REPEATS)));
    }
    this.#joins = null;
  }

  #mode(name, on) {
    if (name === "4") this.#insert = on;
    else if (name === "?2" && on) {
      this.#charsets = [null, null, null, null];
      this.#charset = null;
    } else if (name === "?6") {
      this.#origin = on;
      this.#go(0, 0);
    } else if (name === "?7") this.#wrap = on;
    else if (name === "?1048") {
      if (on) this.#save();
      else this.#restore();
    } else if (name === "?47" || name === "?1047" || name === "?1049") {
      if (on && name === "?1049") this.#save();
      this.#switch(on);
      if (!on && name === "?1049") this.#restore();
    }
  }

  #switch(alternate) {
    const old = this.#buffer;
    const next = alternate ? this.#alternate : this.#normal;
    if (next === old) return;
    const { x, y } = old;
    this.#alternate.clear(alternate ? erased(this.#pen) : PLAIN);
    this.#alternate.used = true;
    this.#buffer = next;
    next.x = x;
    next.y = y;
  }

  #soften() {
    this.#resetModes();
    const buffer = this.#buffer;
    buffer.top = 0;
    buffer.bottom = this.height - 1;
    this.#pen = this.#error ? ERROR : PLAIN;
    buffer.saved = { x: 0, line: buffer === this.#normal ? this.#base : 0, style: this.#pen, charset: null };
  }
}
