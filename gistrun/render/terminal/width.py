"""How many columns a character takes, and which characters share a cell.

The widths are those of the library wcwidth. `static/terminal/widths.js` holds the same as a table, made by
`python -m tests.terminal.tables`.
"""

from __future__ import annotations

from bisect import bisect_right
from enum import IntEnum
from functools import lru_cache

from wcwidth import wcwidth
from wcwidth.table_grapheme import EXTENDED_PICTOGRAPHIC
from wcwidth.table_vs16 import VS16_NARROW_TO_WIDE

#: Asks for the form of a character that is a picture.
PICTURE_SELECTOR = "\ufe0f"
JOINER = "\u200d"


class Kind(IntEnum):
    """What a character does to the cells."""

    #: It belongs to the character before it, and takes no column.
    JOINS = 0
    NARROW = 1
    WIDE = 2
    #: Narrow, but wide if U+FE0F follows.
    NARROW_PICTURE = 3
    #: Wide, and may be joined to another picture by U+200D.
    WIDE_PICTURE = 4
    #: One half of a flag.
    FLAG = 5
    #: Narrow, wide if U+FE0F follows, and may be joined to another picture by U+200D.
    JOINING_PICTURE = 6

    @property
    def columns(self) -> int:
        """Columns that it takes by itself."""
        return 2 if self in (Kind.WIDE, Kind.WIDE_PICTURE) else 0 if self is Kind.JOINS else 1


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    place = bisect_right(ranges, (code, 0x110000)) - 1
    return place >= 0 and ranges[place][0] <= code <= ranges[place][1]


_SELECTABLE = next(iter(VS16_NARROW_TO_WIDE.values()))


@lru_cache(maxsize=8192)
def kind_of(character: str) -> Kind:
    """The kind of one character."""
    code = ord(character)
    if 0x1F1E6 <= code <= 0x1F1FF:
        return Kind.FLAG
    if 0x1F3FB <= code <= 0x1F3FF:
        return Kind.JOINS  # the colour of the skin of the picture before it
    width = wcwidth(character)
    pictorial = _within(code, EXTENDED_PICTOGRAPHIC)
    if width <= 0:
        return Kind.JOINS
    if width == 2:
        return Kind.WIDE_PICTURE if pictorial else Kind.WIDE
    if _within(code, _SELECTABLE):
        return Kind.JOINING_PICTURE if pictorial else Kind.NARROW_PICTURE
    return Kind.NARROW
