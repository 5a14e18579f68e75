// How a cell looks. It does the same as gistrun/render/terminal/style.py.

export const DEFAULT = -1;
export const TRUE = 0x1000000;
export const FLAGS = { BOLD: 1, DIM: 2, ITALIC: 4, BLINK: 8, INVERSE: 16, HIDDEN: 32, STRUCK: 64, OVERLINED: 128 };
const SET = { 1: 1, 2: 2, 3: 4, 5: 8, 7: 16, 8: 32, 9: 64, 53: 128 };
const CLEAR = { 22: 3, 23: 4, 25: 8, 27: 16, 28: 32, 29: 64, 55: 128 };
const REMEMBERED = 65536;

// Equal styles are the same object.
let known = new Map();
export function style(foreground, background, flags, underline, error, link) {
  const key = `${foreground} ${background} ${flags} ${underline} ${error} ${link ?? ""}`;
  let made = known.get(key);
  if (!made) {
    if (known.size >= REMEMBERED) known = new Map();
    made = Object.freeze({ foreground, background, flags, underline, error, link });
    known.set(key, made);
  }
  return made;
}

export const PLAIN = style(DEFAULT, DEFAULT, 0, 0, false, null);
export const ERROR = style(DEFAULT, DEFAULT, 0, 0, true, null);

export function withLink(old, link, error = old.error) {
  return style(old.foreground, old.background, old.flags, old.underline, error, link);
}

export function erased({ background }) {
  return background === DEFAULT ? PLAIN : style(DEFAULT, background, 0, 0, false, null);
}

export function restyled(old, parameters) {
  let { foreground, background, flags, underline } = old;
  for (let place = 0; place < parameters.length; place += 1) {
    const [number, further] = parameters[place];
    if (number === 0) {
      foreground = background = DEFAULT;
      flags = underline = 0;
    } else if (number in SET) flags |= SET[number];
    else if (number in CLEAR) flags &= ~CLEAR[number];
    else if (number === 4) underline = further.length && further[0] >= 0 && further[0] <= 5 ? further[0] : 1;
    else if (number === 21) underline = 2;
    else if (number === 24) underline = 0;
    else if (number >= 30 && number <= 37) foreground = number - 30;
    else if (number >= 90 && number <= 97) foreground = number - 82;
    else if (number >= 40 && number <= 47) background = number - 40;
    else if (number >= 100 && number <= 107) background = number - 92;
    else if (number === 39) foreground = DEFAULT;
    else if (number === 49) background = DEFAULT;
    else if (number === 38 || number === 48 || number === 58) {
      const [named, taken] = colour(parameters, place);
      place += taken;
      if (named !== null && number === 38) foreground = named;
      else if (named !== null && number === 48) background = named;
    }
  }
  return style(foreground, background, flags, underline, old.error, old.link);
}

function colour(parameters, place) {
  const read = [0, 0, -1, 0, 0, 0];
  let space = 0;
  let taken = 0;
  for (;;) {
    const [number, further] = parameters[place + taken];
    read[taken + space] = number;
    if (further.length) {
      for (let offset = 0; offset < further.length; offset += 1) {
        if (read[1] === 5) space = 1;
        if (offset + taken + 1 + space >= read.length) break;
        read[taken + offset + 1 + space] = further[offset];
      }
      break;
    }
    if ((read[1] === 5 && taken + space >= 2) || (read[1] === 2 && taken + space >= 5)) break;
    if (read[1]) space = 1;
    taken += 1;
    if (taken + place >= parameters.length || taken + space >= read.length) break;
  }
  const [red, green, blue] = read.slice(3).map((value) => Math.max(value, 0) & 0xff);
  if (read[1] === 2) return [TRUE | red << 16 | green << 8 | blue, taken];
  return [read[1] === 5 ? red : null, taken];
}
