// One row of cells. It does the same as gistrun/render/terminal/row.py.
import { PLAIN } from "./style.js";

export const EMPTY = "\0";
export const TAIL = "";

export class Row {
  constructor(fill = PLAIN, wrapped = false) {
    this.texts = [];
    this.styles = [];
    this.fill = fill;
    this.wrapped = wrapped;
  }

  text(place) {
    return place < this.texts.length ? this.texts[place] : EMPTY;
  }

  isTail(place) {
    return this.texts[place] === TAIL;
  }

  put(place, texts, style) {
    this.reach(place);
    for (let offset = 0; offset < texts.length; offset += 1) {
      this.texts[place + offset] = texts[offset];
      this.styles[place + offset] = style;
    }
  }

  reach(place) {
    while (this.texts.length < place) {
      this.texts.push(EMPTY);
      this.styles.push(this.fill);
    }
  }

  mend(place, style) {
    if (place > 0 && this.isTail(place)) this.put(place - 1, [EMPTY, EMPTY], style);
  }

  erase(start, end, style, columns) {
    this.mend(start, style);
    if (end >= columns) {
      this.reach(start);
      this.#cut(start);
      this.fill = style;
    } else if (start < end) {
      this.mend(end, style);
      this.put(start, Array(end - start).fill(EMPTY), style);
    }
  }

  insert(place, count, style, columns) {
    if (count >= columns - place) {
      this.erase(place, columns, style, columns);
      return;
    }
    this.mend(place, style);
    if (place >= this.texts.length) {
      if (style !== this.fill) this.put(place, Array(count).fill(EMPTY), style);
      return;
    }
    this.texts.splice(place, 0, ...Array(count).fill(EMPTY));
    this.styles.splice(place, 0, ...Array(count).fill(style));
    this.mend(columns, style);
    if (this.texts.length > columns) this.#cut(columns);
  }

  delete(place, count, style, columns) {
    if (count >= columns - place) {
      this.erase(place, columns, style, columns);
      return;
    }
    this.mend(place, style);
    this.mend(place + count, style);
    if (style !== this.fill) {
      this.reach(columns);
      this.fill = style;
    }
    this.texts.splice(place, count);
    this.styles.splice(place, count);
  }

  #cut(length) {
    this.texts.length = this.styles.length = length;
  }
}
