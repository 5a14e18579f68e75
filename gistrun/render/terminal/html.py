"""Lines of cells as HTML: text with a line feed after each line, spans around what has a style, `LINES` in a block,
`BLOCKS` blocks in a group. `static/terminal/view.js` makes the same elements.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

from gistrun.render.places import Files
from gistrun.render.terminal.look import classes, safe_link
from gistrun.render.terminal.pieces import cells, extent, pieces
from gistrun.render.terminal.row import EMPTY, Row
from gistrun.render.terminal.screen import Screen
from gistrun.render.terminal.style import Style

#: Lines in a block, and blocks in a group. A browser lays out only the blocks that are seen. While it scrolls, it looks
#: at every group, and at the blocks of those that are near.
LINES, BLOCKS = 64, 16
#: The widths that a page knows, in columns. Lines longer than the last one are wrapped where they are shown.
WIDTHS = (32, 40, 60, 80, 100, 132, 200)


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
    widest = max((extent(row, screen.columns) for row in screen.lines), default=0)
    return next((width for width in WIDTHS if width >= widest), WIDTHS[-1])


def _line(row: Row, columns: int, files: Files) -> Iterator[str]:
    texts, styles = cells(row, columns)
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
    for style, alike in groupby(styles):
        stop = start + sum(1 for _ in alike)
        yield from _run(texts[start:stop], style)
        start = stop


def _run(texts: list[str], style: Style) -> Iterator[str]:
    names = classes(style)
    address = safe_link(style.link)
    if address:
        target = escape(address)
        yield f'<a href="{target}" rel="nofollow noopener noreferrer ugc"'
        if "".join(texts) != address:  # else the text says where it leads
            yield f' title="{target}"'
        yield f' class="{names}">' if names else ">"
        names = ""
    for text, columns, sort in pieces(texts):
        box = "" if sort == "sure" else f"w{columns} z" if sort == "wide" else f"w{columns}"
        both = f"{names} {box}".strip()
        yield f'<span class="{both}">{escape(text)}</span>' if both else escape(text)
    if address:
        yield "</a>"
