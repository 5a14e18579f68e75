"""Makes the files that the browser gets from Python's tables: `python -m tests.terminal.tables` writes them."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from gistrun.render.terminal.palette import stylesheet
from gistrun.render.terminal.width import Kind, kind_of

STATIC = Path(__file__).parents[2] / "gistrun" / "web" / "static" / "terminal"

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

_WIDTHS = """\
// How many columns a character takes, and which share a cell. Made by `python -m tests.terminal.tables` from
// gistrun/render/terminal/width.py: what is not narrow, as gap, length and kind of each stretch, to the base of 36.
export const JOINS = 0;
export const NARROW = 1;
export const WIDE = 2;
export const NARROW_PICTURE = 3;
export const WIDE_PICTURE = 4;
export const FLAG = 5;
export const JOINING_PICTURE = 6;

const TABLE =
%s;

const starts = [];
const ends = [];
const kinds = [];
let at = 0;
for (const stretch of TABLE.split(" ")) {
  const [gap, length, kind] = stretch.split(",");
  at += parseInt(gap, 36);
  starts.push(at);
  at += length ? parseInt(length, 36) : 1;
  ends.push(at);
  kinds.push(Number(kind));
}

export function kindOf(character) {
  const code = character.codePointAt(0);
  if (code < starts[0]) return NARROW;
  let low = 0;
  let high = starts.length;
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= code) low = middle;
    else high = middle;
  }
  return code < ends[low] ? kinds[low] : NARROW;
}
"""


def widths() -> str:
    """`widths.js`."""
    stretches = []
    before = 0
    codes = (code for code in range(0x20, 0x110000) if not (0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000))
    for (kind, _), group in groupby(enumerate(codes), lambda one: (kind_of(chr(one[1])), one[1] - one[0])):
        members = [code for _, code in group]
        if kind is not Kind.NARROW:
            length = len(members)
            stretches.append(f"{_base36(members[0] - before)},{'' if length == 1 else _base36(length)},{kind.value}")
            before = members[-1] + 1
    lines = [""]
    for stretch in stretches:
        if len(lines[-1]) + len(stretch) > 110:
            lines.append("")
        lines[-1] += stretch + " "
    lines[-1] = lines[-1].rstrip()
    return _WIDTHS % "\n".join(f'  "{line}"{" +" if line is not lines[-1] else ""}' for line in lines)


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
        if not number:
            return digits


#: What each file must hold.
FILES = {STATIC / "widths.js": widths, STATIC / "palette.css": stylesheet}

if __name__ == "__main__":
    for path, content in FILES.items():
        path.write_text(content(), encoding="utf-8")
