// The lines of a gist's files that a line of output names. It does the same as gistrun/render/places.py.
const NUMBERS = 8;
const NUMBER = new RegExp(
  `["']?(?:[,:]? (?:on |at |in |\\()?lines? |:(?:line )?\\(?|: (?=[0-9]{1,6}:)|\\(|\\},\\{line,)`
  + "([0-9]{1,6})(?::[0-9]{1,6}|, ?[0-9]{1,6}(?=\\)))?(?![0-9])", "g",
);
const BEFORE = /(?:^|[ \t"'`(\[{<>=,;:|*@])((?:file:\/\/)?\/sandbox\/(?:gist|build\/source)\/|\.\/|)$/;
const ENOUGH = "file:///sandbox/build/source/".length + 1;

export class Files {
  #anchors;
  #lengths;
  #lines;

  // `anchors`: of the files, by their names as the page shows them. `lines`: how many of each file the page shows; without
  // it as many as you like.
  constructor(anchors, lines = null) {
    this.#anchors = anchors;
    this.#lines = lines;
    this.#lengths = [...new Set([...anchors.keys()].map((name) => name.length))].sort((a, b) => b - a);
  }

  // Those of the page.
  static shown() {
    const files = [...document.querySelectorAll(".files > .file")].map((file) => {
      const last = [...file.querySelectorAll("pre.source")].at(-1);
      const lines = last ? Number(last.dataset.from) + last.childElementCount - 1 : 0;
      return [file.querySelector(".name").textContent, file.id, lines];
    });
    return new Files(new Map(files), new Map(files.map(([name, , lines]) => [name, lines])));
  }

  // The places that a text names: where each name begins and its number ends, and the address of the place.
  named(text) {
    const found = [];
    if (!this.#lengths.length) return found;
    NUMBER.lastIndex = 0;
    for (let count = 0, number; count < NUMBERS && (number = NUMBER.exec(text)); count += 1) {
      const [start, name] = this.#name(text, number.index);
      const line = Number(number[1]);
      if (name && line && line <= (this.#lines?.get(name) ?? (this.#lines ? 0 : line))) {
        found.push({ start, end: NUMBER.lastIndex, address: `#${this.#anchors.get(name)}-L${line}` });
      }
    }
    return found;
  }

  #name(text, end) {
    for (const length of this.#lengths) {
      const start = end - length;
      const name = text.slice(Math.max(0, start), end);
      if (start < 0 || !this.#anchors.has(name)) continue;
      const before = BEFORE.exec(text.slice(Math.max(0, start - ENOUGH), start));
      if (before) return [start - before[1].length, name];
    }
    return [end, ""];
  }
}
