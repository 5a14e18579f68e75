"""What stands on a card, and where: a title, and two panels of cells, the code and what it printed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from gistrun.render.badge.label import cleaned
from gistrun.render.source import visible
from gistrun.render.svg.bar import Heading
from gistrun.render.svg.looks import TEXT, look
from gistrun.render.svg.session import Session, Written
from gistrun.render.terminal.palette import as_css
from gistrun.render.terminal.pieces import cells, pieces
from gistrun.render.terminal.row import Row
from gistrun.render.terminal.style import BOLD, HIDDEN

#: Lines and columns of a panel.
LINES, COLUMNS = 21, 53

#: Text at a place: row, column, columns, the text, its colour, whether it is bold, the colour behind it or none.
Cell = tuple[int, int, int, str, str, bool, str | None]


def sheet(heading: Heading, title: str, code: Iterable[Iterable[tuple[str, str]]], written: Iterable[Written]) -> Any:
    """The sheet as `paint` reads it.

    Args:
        title: whose gist it is.
        code: the first lines of the file, as texts with their colours.
    """
    session = Session(COLUMNS)
    for each in written:
        session.write(each)
    rows, _before = session.last(LINES)
    return {
        "title": cleaned(title),
        "name": cleaned(heading.name),
        "state": heading.state,
        "color": heading.rules[1].rpartition(":")[2].rstrip("}"),
        "facts": visible(" · ".join(heading.facts))[:90],
        "code": [cell for place, line in enumerate(code) for cell in _code(place, line)],
        "output": [cell for place, row in enumerate(rows) for cell in _output(place, row)],
    }


def _code(row: int, line: Iterable[tuple[str, str]]) -> Iterable[Cell]:
    """A line of code, in cells as a terminal has them: so wide characters are wide."""
    at = 0
    for text, colour in line:
        # So wide that nothing wraps.
        session = Session(2 * COLUMNS)
        session.write(Written(0, "code", False, visible(text.expandtabs(4)[:COLUMNS])))
        rows, _before = session.last(1)
        for piece in pieces(rows[0].texts if rows else []):
            room = COLUMNS - at
            shown = piece.text[:room] if piece.sort == "sure" else piece.text
            if room < (piece.columns if piece.sort != "sure" else 1):
                return
            if shown.strip():
                yield row, at, min(piece.columns, room), shown, colour, False, None
            at += piece.columns


def _output(place: int, row: Row) -> Iterable[Cell]:
    texts, styles = cells(row, COLUMNS)
    at = 0
    for style, alike in groupby(styles):
        count = sum(1 for _ in alike)
        made = look(style)
        ground = as_css(made.ground[1]) if made.ground else None
        for piece in pieces(texts[at : at + count]):
            text = "" if style.flags & HIDDEN else piece.text
            if text.strip() or ground:
                yield place, at, piece.columns, text, as_css(made.text[1]), bool(style.flags & BOLD), ground
            at += piece.columns


#: The colour of code that is nothing in particular.
PLAIN = as_css(TEXT[1])
