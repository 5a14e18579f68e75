"""Where `gistrun/render/badge/widths.tsv` comes from: `python -m tests.badges.widths` writes it again."""

from __future__ import annotations

import bisect
import json
import unicodedata
from pathlib import Path

from gistrun.render.badge.widths import TABLE

_FONTS = ("verdana-11px-normal", "verdana-10px-normal", "verdana-10px-bold", "helvetica-11px-bold")
_DATA = Path(__file__).parents[1] / "node_modules/anafanafo/data"
_HEAD = (
    "# How far characters advance: from this code point on; hundredths of a pixel in Verdana at 11 px, at 10 px, bold\n"
    "# at 10 px, and Helvetica bold at 11 px; nothing where no font has it. From anafanafo 2.0.0 (MIT licence).\n"
)


def table() -> str:
    """The widths of what has no fixed width: no ideographs, and nothing that a badge does not show."""
    fonts = [json.loads((_DATA / f"{font}.json").read_text()) for font in _FONTS]
    points = {first for ranges in fonts for first, _, _ in ranges} | {last + 1 for each in fonts for _, last, _ in each}
    rows, before = [], [""] * len(fonts)
    for point in sorted(point for point in points if point <= 0x10FFFF):
        character = chr(point)
        fixed = unicodedata.east_asian_width(character) in "WF" or unicodedata.category(character)[0] in "CM"
        widths = [""] * len(fonts) if fixed else [_width(ranges, point) for ranges in fonts]
        if widths != before:
            rows.append(f"{point:x}\t" + "\t".join(widths) + "\n")
            before = widths
    return _HEAD + "".join(rows)


def _width(ranges: list[list[float]], point: int) -> str:
    first, last, width = ranges[max(0, bisect.bisect_right(ranges, point, key=lambda each: each[0]) - 1)]
    return str(round(width * 100)) if first <= point <= last else ""


if __name__ == "__main__":
    TABLE.write_text(table())
