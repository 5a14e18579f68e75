"""A row of cells as pieces of text, each of which has a width that is known.

Text that every monospaced font has is left to the font. Everything else stands in a box as wide as its columns, so
that what follows it is aligned. `static/terminal/view.js` makes the same pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gistrun.render.terminal.row import EMPTY, TAIL, Row
from gistrun.render.terminal.style import DEFAULT, INVERSE, Style
from gistrun.render.terminal.width import Kind, kind_of

#: Columns in one box at most.
_BOX = 20

#: Lines, blocks and corners, which are drawn in rows; and symbols, each of which may come from another font.
_DRAWN = re.compile(r"[\u2500-\u259f]")
_SYMBOL = re.compile(r"[\u2190-\u2bff\U0001f000-\U0001faff]")
_SURE = re.compile(r"[ -~\xa0-\xac\xae-\u024f\u0370-\u04ff]*")


class Piece(NamedTuple):
    """A text, how many columns it takes, and how it is shown.

    `sort`: `sure` is left to the font; `drawn`, `narrow` and `wide` are boxes with their like; `single` is a box with
    one character.
    """

    text: str
    columns: int
    sort: str


def extent(row: Row, columns: int) -> int:
    """How many cells of a row are shown: not the empty ones at its end that have no colour of their own."""
    end = len(row.texts)
    if row.fill.background != DEFAULT and end < columns:
        return columns
    while end and row.texts[end - 1] == EMPTY:
        style = row.styles[end - 1]
        if end <= columns and (style.background != DEFAULT or style.flags & INVERSE):
            break
        end -= 1
    return end


def cells(row: Row, columns: int) -> tuple[list[str], list[Style]]:
    """The texts and the styles of the cells that are shown."""
    end = extent(row, columns)
    texts, styles = row.texts[:end], row.styles[:end]
    return texts + [EMPTY] * (end - len(texts)), styles + [row.fill] * (end - len(styles))


def pieces(texts: list[str]) -> Iterator[Piece]:
    """The pieces of cells that have one style."""
    whole = "".join(texts).replace(EMPTY, " ")
    if len(whole) == len(texts) and _SURE.fullmatch(whole) and TAIL not in texts:
        yield Piece(whole, len(texts), "sure")
        return
    start = 0
    while start < len(texts):
        sort, columns = _sort(texts, start), _columns(texts, start)
        stop = start + columns
        while stop < len(texts) and sort != "single" and _sort(texts, stop) == sort:
            further = _columns(texts, stop)
            if sort != "sure" and stop + further - start > _BOX:
                break
            stop += further
        yield Piece("".join(texts[start:stop]).replace(EMPTY, " "), stop - start, sort)
        start = stop


def _columns(texts: list[str], place: int) -> int:
    return 2 if place + 1 < len(texts) and texts[place + 1] == TAIL else 1


def _sort(texts: list[str], place: int) -> str:
    text = texts[place]
    one = len(text) == 1
    if one and (text == EMPTY or _SURE.fullmatch(text)):
        return "sure"
    if _columns(texts, place) == 2:
        return "wide" if one and kind_of(text) is Kind.WIDE else "single"
    if _DRAWN.match(text):
        return "drawn"
    return "single" if _SYMBOL.match(text) else "narrow"
