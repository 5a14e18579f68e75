"""A row of cells as SVG. Every piece of text says how long it is, so that no font moves what follows it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from gistrun.render.svg.looks import Look, Looks, look
from gistrun.render.svg.text import xml
from gistrun.render.terminal.pieces import Piece, cells, pieces
from gistrun.render.terminal.row import EMPTY, Row
from gistrun.render.terminal.style import HIDDEN

#: Pixels: a cell, the height of a line, and where in it the text stands.
CELL, HEIGHT, BASE = 8, 16, 12
#: What a piece says of its width besides its length: glyphs are drawn out or pressed together, or only spaced.
_FITTED = ' lengthAdjust="spacingAndGlyphs"'
_FITS = {"sure": "", "wide": "", "drawn": _FITTED, "narrow": _FITTED, "single": _FITTED}
#: Their classes: wide characters are as wide as the font is high, and lines that are drawn reach to the next row.
_CLASSES = {"wide": "w", "drawn": "dr"}


def line(row: Row, columns: int, looks: Looks) -> str:
    """The row as elements whose origin is the left end of the base line; empty for a row that shows nothing."""
    texts, styles = cells(row, columns)
    grounds: list[str] = []
    shown: list[str] = []
    start = 0
    for style, alike in groupby(styles):
        stop = start + sum(1 for _ in alike)
        made = look(style)
        if made.ground:
            named = looks.name(made.ground)
            ground = f' class="{named}"' if named else ""
            grounds.append(
                f'<rect x="{start * CELL}" y="-{BASE}" width="{(stop - start) * CELL}" height="{HEIGHT}"{ground}/>'
            )
        if not style.flags & HIDDEN:
            shown += _texts(texts[start:stop], start, made, looks)
        start = stop
    return "".join((*grounds, *shown))


def _texts(texts: list[str], start: int, made: Look, looks: Looks) -> Iterator[str]:
    lined = "text-decoration" in made.more
    if not lined and all(text in (EMPTY, " ") for text in texts):
        return
    for piece in pieces(texts):
        text, before, columns = _trimmed(piece, lined)
        if columns:
            yield _text(text, start + before, columns, piece.sort, looks.name(made.text, made.more))
        start += piece.columns


def _trimmed(piece: Piece, lined: bool) -> tuple[str, int, int]:
    """The text without the spaces around it that nobody sees, where it begins, and its columns."""
    if piece.sort != "sure" or lined:
        return piece.text, 0, piece.columns
    text = piece.text.lstrip(" ")
    before = len(piece.text) - len(text)
    text = text.rstrip(" ")
    return text, before, len(text)


def _text(text: str, start: int, columns: int, sort: str, name: str) -> str:
    names = " ".join(filter(None, (name, _CLASSES.get(sort, ""))))
    named = f' class="{names}"' if names else ""
    place = f' x="{start * CELL}"' if start else ""
    length = "" if sort == "sure" and columns == 1 else f' textLength="{columns * CELL}"{_FITS[sort]}'
    return f"<text{place}{length}{named}>{xml(text)}</text>"
