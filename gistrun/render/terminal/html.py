"""Lines of cells as HTML: text with a line feed after each line, spans around what has a style, `LINES` in a block,
`BLOCKS` blocks in a group.

Text that every monospaced font has is left to the font. Everything else stands in a box as wide as its columns, so
that what follows it is aligned. `static/terminal/view.js` makes the same elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

from gistrun.render.places import Files
from gistrun.render.terminal.look import classes, safe_link
from gistrun.render.terminal.row import EMPTY, TAIL, Row
from gistrun.render.terminal.screen import Screen
from gistrun.render.terminal.style import DEFAULT, INVERSE, Style
from gistrun.render.terminal.width import Kind, kind_of

#: Lines in a block, and blocks in a group. A browser lays out only the blocks that are seen. While it scrolls, it looks
#: at every group, and at the blocks of those that are near.
LINES, BLOCKS = 64, 16
#: The widths that a page knows, in columns. Lines longer than the last one are wrapped where they are shown.
WIDTHS = (32, 40, 60, 80, 100, 132, 200)
#: Columns in one box at most.
_BOX = 20

#: Lines, blocks and corners, which are drawn in rows; and symbols, each of which may come from another font.
_DRAWN = re.compile(r"[\u2500-\u259f]")
_SYMBOL = re.compile(r"[\u2190-\u2bff\U0001f000-\U0001faff]")
_SURE = re.compile(r"[ -~\xa0-\xac\xae-\u024f\u0370-\u04ff]*")


def shown(screen: Screen, files: Files) -> Markup:
    """All lines of a screen, as blocks. A place in one of the files that a line names is a link to it."""
    lines = screen.lines
    parts: list[str] = []
    for place, line in enumerate(lines):
        if place % (LINES * BLOCKS) == 0:
            parts.append('</div></div><div class="rows"><div>' if place else '<div class="rows"><div>')
        elif place % LINES == 0:
            parts.append("</div><div>")
        parts += _line(line, screen.columns, files)
        if place + 1 == len(lines) or not lines[place + 1].wrapped:
            parts.append("\n")
    if lines:
        parts.append("</div></div>")
    return Markup("".join(parts))  # noqa: S704 - every text and attribute in it was escaped


def width(screen: Screen) -> int:
    """The width of a page that shows these lines, one of `WIDTHS`."""
    widest = max((_extent(row, screen.columns) for row in screen.lines), default=0)
    return next((width for width in WIDTHS if width >= widest), WIDTHS[-1])


def _extent(row: Row, columns: int) -> int:
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


def _line(row: Row, columns: int, files: Files) -> Iterator[str]:
    end = _extent(row, columns)
    texts, styles = row.texts[:end], row.styles[:end]
    texts += [EMPTY] * (end - len(texts))
    styles += [row.fill] * (end - len(styles))
    done = 0
    for start, stop, address in _places(texts, styles, files):
        yield from _runs(texts[done:start], styles[done:start])
        yield f'<a href="{escape(address)}">'
        yield from _runs(texts[start:stop], styles[start:stop])
        yield "</a>"
        done = stop
    yield from _runs(texts[done:], styles[done:])


def _places(texts: list[str], styles: list[Style], files: Files) -> list[tuple[int, int, str]]:
    """The cells that name a place in the files, each time with its address. A link of the program's own stays."""
    whole = "".join(texts)
    named = list(files.named(whole.replace(EMPTY, " ")))
    if not named:
        return []
    # From each character to its cell: a cell may hold several, and the second half of a wide one none.
    cell_of = [place for place, text in enumerate(texts) for _ in text]
    cells = ((cell_of[each.start], cell_of[each.end - 1] + 1, files.address(each.place)) for each in named)
    return [
        (start, stop, address)
        for start, stop, address in cells
        if address and all(style.link is None for style in styles[start:stop])
    ]


def _runs(texts: list[str], styles: list[Style]) -> Iterator[str]:
    start = 0
    for style, cells in groupby(styles):
        stop = start + sum(1 for _ in cells)
        yield from _run(texts[start:stop], style)
        start = stop


def _run(cells: list[str], style: Style) -> Iterator[str]:
    names = classes(style)
    address = safe_link(style.link)
    if address:
        target = escape(address)
        yield f'<a href="{target}" rel="nofollow noopener noreferrer ugc"'
        if "".join(cells) != address:  # else the text says where it leads
            yield f' title="{target}"'
        yield f' class="{names}">' if names else ">"
        names = ""
    for text, box in _pieces(cells):
        both = f"{names} {box}".strip()
        yield f'<span class="{both}">{escape(text)}</span>' if both else escape(text)
    if address:
        yield "</a>"


def _pieces(cells: list[str]) -> Iterator[tuple[str, str]]:
    """Texts, each with the class of its box, or with none."""
    whole = "".join(cells).replace(EMPTY, " ")
    if len(whole) == len(cells) and _SURE.fullmatch(whole) and TAIL not in cells:
        yield whole, ""
        return
    start = 0
    while start < len(cells):
        sort, columns = _sort(cells, start), _columns(cells, start)
        stop = start + columns
        while stop < len(cells) and sort != "single" and _sort(cells, stop) == sort:
            further = _columns(cells, stop)
            if sort != "sure" and stop + further - start > _BOX:
                break
            stop += further
        text = "".join(cells[start:stop]).replace(EMPTY, " ")
        yield text, "" if sort == "sure" else f"w{stop - start} z" if sort == "wide" else f"w{stop - start}"
        start = stop


def _columns(cells: list[str], place: int) -> int:
    return 2 if place + 1 < len(cells) and cells[place + 1] == TAIL else 1


def _sort(cells: list[str], place: int) -> str:
    """How a cell is shown: `sure` (left to the font); `drawn`, `narrow` or `wide` (a box with its like); `single`."""
    text = cells[place]
    one = len(text) == 1
    if one and (text == EMPTY or _SURE.fullmatch(text)):
        return "sure"
    if _columns(cells, place) == 2:
        return "wide" if one and kind_of(text) is Kind.WIDE else "single"
    if _DRAWN.match(text):
        return "drawn"
    return "single" if _SYMBOL.match(text) else "narrow"
