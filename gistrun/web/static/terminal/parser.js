// Takes a stream of characters apart into text, control characters and sequences.
// It does the same as gistrun/render/terminal/parser.py.

const LONGEST = 4096;
const MOST = 32;
const LARGEST = 2 ** 31 - 1;
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;
const SEQUENCE = /\x1b\[([<-?]?)([0-9:;]*)([ -/]*)([@-~])/y;
const STRING = /[^\n\x07\x18\x1a\x1b\x80-\x9f]*/y;
const OPENS = { "\x1b": "escape", "\x9b": "sequence", "\x9d": "command", "\x90": "string", "\x98": "string",
  "\x9e": "string", "\x9f": "string" };

function search(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

export class Parser {
  #device;
  #state;
  #marks;
  #numbers;
  #string;

  constructor(device) {
    this.#device = device;
    this.reset();
  }

  reset() {
    this.#state = "text";
    this.#marks = this.#numbers = this.#string = "";
  }

  feed(text) {
    const end = text.length;
    let at = 0;
    while (at < end) {
      if (this.#state === "text") {
        const upto = search(CONTROL, text, at)?.index ?? end;
        if (upto > at) this.#device.text(text.slice(at, upto));
        at = upto;
        if (at === end) return;
        const whole = search(SEQUENCE, text, at);
        if (whole) {
          const [all, mark, numbers, between, final] = whole;
          this.#device.sequence(mark + between, final, parsed(numbers));
          at += all.length;
        } else {
          this.#anywhere(text[at]);
          at += 1;
        }
      } else if (this.#state === "command" || this.#state === "string") {
        at = this.#inString(text, at);
      } else {
        const character = text[at];
        at += 1;
        if ("\x18\x1a\x1b".includes(character) || (character >= "\x80" && character <= "\x9f")) this.#anywhere(character);
        else if (character < " ") this.#device.control(character);
        else if (character > "\x9f") {
          // One character, although it may be two here.
          if (character >= "\ud800" && character <= "\udbff" && at < end) at += 1;
          if (this.#state !== "ignored") this.#state = "text";
        } else if (character !== "\x7f") {
          if (this.#state === "escape") this.#escape(character);
          else if (this.#state === "sequence") this.#sequence(character);
          else if (character >= "@") this.#state = "text";
        }
      }
    }
  }

  #anywhere(character) {
    this.#state = OPENS[character] ?? "text";
    if (this.#state !== "text") this.#marks = this.#numbers = this.#string = "";
    else if (character !== "\x7f" && character !== "\x9c") this.#device.control(character);
  }

  #escape(character) {
    if (character <= "/") {
      this.#mark(character);
      return;
    }
    this.#state = "text";
    if (!this.#marks && "[]PX^_".includes(character)) {
      this.#state = { "[": "sequence", "]": "command" }[character] ?? "string";
    } else {
      this.#device.escape(this.#marks, character);
    }
  }

  #sequence(character) {
    const between = this.#marks && this.#marks.at(-1) <= "/";
    if (character >= "@") {
      this.#state = "text";
      this.#device.sequence(this.#marks, character, parsed(this.#numbers));
    } else if (character <= "/") this.#mark(character);
    else if (between || (character >= "<" && (this.#marks || this.#numbers))) this.#state = "ignored";
    else if (character >= "<") this.#mark(character);
    else if (this.#numbers.length < LONGEST) this.#numbers += character;
  }

  #mark(character) {
    if (this.#marks.length < 4) this.#marks += character;
  }

  #inString(text, at) {
    const upto = at + search(STRING, text, at)[0].length;
    if (this.#state === "command" && this.#string.length <= LONGEST) {
      this.#string += text.slice(at, Math.min(upto, at + LONGEST + 1 - this.#string.length));
    }
    if (upto === text.length) return upto;
    const closing = text[upto];
    if (closing === "\x07" && this.#state === "string") return upto + 1;
    const command = this.#state === "command" && this.#string.length <= LONGEST ? this.#string : "";
    if ("\x07\x1b\x9c".includes(closing) && command) this.#device.command(command.replace(/[\x00-\x1f]/g, ""));
    if (closing === "\n" || closing === "\x07") {
      this.#state = "text";
      return closing === "\n" ? upto : upto + 1;
    }
    if ("\x18\x1a".includes(closing) && this.#state === "command") {
      this.#state = "text";
      return upto + 1;
    }
    this.#anywhere(closing);
    return upto + 1;
  }
}

export function parsed(numbers) {
  let parts = MOST;
  return numbers.split(";", MOST).map((text) => {
    const [first, ...further] = text.split(":", parts + 1);
    parts -= further.length;
    return [number(first, 0), further.map((part) => number(part, -1))];
  });
}

function number(digits, missing) {
  return digits ? Math.min(Number(digits), LARGEST) : missing;
}
