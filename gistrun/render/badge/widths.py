"""How wide a text is in the fonts of badges, as shields.io reckons it, so that boxes are as wide as there. Pure."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

from wcwidth import iter_graphemes
from wcwidth import width as columns

#: Widths by code point; it says itself what its columns are.
TABLE = Path(__file__).with_suffix(".tsv")
_PICTURE_SELECTOR = "\ufe0f"


class Font(IntEnum):
    """A font of badges. The value is its column in the table."""

    VERDANA_11 = 0
    VERDANA_10 = 1
    VERDANA_10_BOLD = 2
    HELVETICA_11_BOLD = 3


#: Hundredths of a pixel in each font: of East Asian characters, pictures, Arabic letters, and others without a width.
_WIDE = (1100, 1000, 1000, 1100)
_PICTURE = (1370, 1245, 1245, 1370)
_JOINED = (550, 500, 575, 600)
_OTHER = (750, 680, 785, 820)


def characters(text: str) -> list[str]:
    """The characters of a text as a reader takes them, each of one or more code points."""
    return list(iter_graphemes(text))


def measure(text: str, font: Font) -> float:
    """Pixels that the text takes. Marks and the further parts of a joined picture take no room."""
    width = 0.0
    for character in characters(text):
        width += _advance(character, font) / 100  # in this order and so rounded, as JavaScript adds; `sum` rounds less
    return width


def direction(text: str) -> str:
    """`R` or `AL` where the first letter is of a script that is read from right to left (AL: its letters join)."""
    return next((kind for char in text if (kind := unicodedata.bidirectional(char)) in ("L", "R", "AL")), "L")


@lru_cache(maxsize=4096)
def _advance(character: str, font: Font) -> int:
    wide = columns(character) > 1
    if wide and _PICTURE_SELECTOR in character:
        return _PICTURE[font]
    base = unicodedata.normalize("NFD", character)[0]
    for char in (unicodedata.normalize("NFC", character)[0], base):
        if (known := _known(char, font)) is not None:
            return known
    if wide and unicodedata.category(base) == "So":
        return _PICTURE[font]
    if unicodedata.east_asian_width(base) in "WF":
        return _WIDE[font]
    if direction(base) == "AL":
        return _JOINED[font]
    return _OTHER[font] * 2 if wide else _OTHER[font]


def _known(char: str, font: Font) -> int | None:
    points, widths = _table()
    place = bisect_right(points, ord(char)) - 1
    return widths[place][font] if place >= 0 else None


@lru_cache(maxsize=1)
def _table() -> tuple[list[int], list[tuple[int | None, ...]]]:
    points, widths = [], []
    for point, row in _rows():
        points.append(point)
        widths.append(tuple(int(width) if width else None for width in row))
    return points, widths


def _rows() -> Iterator[tuple[int, list[str]]]:
    for line in TABLE.read_text(encoding="ascii").splitlines():
        if not line.startswith("#"):
            point, *row = line.split("\t")
            yield int(point, 16), row
