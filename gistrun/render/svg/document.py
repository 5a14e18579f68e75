"""The frame of a terminal as an SVG document: a bar, the lines below it, and the style sheet.

It stands by itself: no script, nothing from elsewhere, no foreign elements. So it is shown where a README shows
pictures. Light and dark are in its style sheet, which asks what the reader prefers.
"""

from __future__ import annotations

from gistrun.render.svg.bar import HEIGHT as BAR
from gistrun.render.svg.bar import Heading, bar
from gistrun.render.svg.line import BASE, CELL, HEIGHT
from gistrun.render.svg.looks import TEXT, Looks
from gistrun.render.svg.text import number, xml
from gistrun.render.terminal.palette import DARK, LIGHT, as_css

#: Pixels around the lines.
_ACROSS, _DOWN = 16, 10
#: The size of the font: in most monospaced fonts a character is as wide as six tenths of it, here a cell.
_FONT = 13.33

_MONO = 'ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace'
_SANS = '-apple-system,BlinkMacSystemFont,"Segoe UI","Noto Sans",Helvetica,Arial,"DejaVu Sans",sans-serif'
#: Wide characters are as wide as the font is high, and so are spaced out to two cells. What is drawn is taken larger,
#: and pressed together to its cells, so that it reaches the row above and the one below.
_LIGHT_RULES = (
    f"svg{{font:{_FONT}px {_MONO};fill:{as_css(TEXT[0])}}}text{{white-space:pre}}"
    f".h{{font:12px {_SANS}}}.k.h{{font-weight:600}}.t rect{{shape-rendering:crispEdges}}"
    f".w{{letter-spacing:{number(2 * CELL - _FONT)}px}}.dr{{font-size:14.2px}}"
    f".f{{fill:{as_css(LIGHT)};stroke:#d1d9e0}}.l{{stroke:#d1d9e0}}.m{{fill:#59636e}}.x{{visibility:hidden}}"
)
_DARK_RULES = (
    f"svg{{fill:{as_css(TEXT[1])}}}.f{{fill:{as_css(DARK)};stroke:#3d444d}}.l{{stroke:#3d444d}}.m{{fill:#9198a1}}"
)


def document(heading: Heading, size: tuple[int, int], body: str, looks: Looks, motion: str = "") -> str:
    """The whole document.

    Args:
        size: of the terminal: columns and lines.
        body: what is in it, as elements; see `at`.
        motion: rules for readers who do not mind that something moves.
    """
    columns, lines = size
    inner, below = columns * CELL, lines * HEIGHT
    width, height = inner + 2 * _ACROSS, BAR + below + 2 * _DOWN
    light, dark = looks.rules
    state_light, state_dark = heading.rules
    rules = (
        f"{_LIGHT_RULES}{state_light}{light}@media (prefers-color-scheme:dark){{{_DARK_RULES}{state_dark}{dark}}}"
        + (f"@media (prefers-reduced-motion:no-preference){{{motion}}}" if motion else "")
    )
    wide, high = number(width), number(height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}"'
        f' xml:space="preserve"><title>{xml(heading.title)}</title><style>{rules}</style>'
        f'<rect class="f" x=".5" y=".5" width="{number(width - 1)}" height="{number(height - 1)}" rx="8"/>'
        f'<path class="l" d="M1 {BAR}.5H{number(width - 1)}"/>{bar(heading, width)}'
        f'<svg class="t" x="{_ACROSS}" y="{BAR + _DOWN}" width="{number(inner)}" height="{below}">{body}</svg></svg>\n'
    )


def at(row: int, line: str) -> str:
    """A line in its row, from 0 on; empty for an empty line."""
    return f'<g transform="translate(0 {row * HEIGHT + BASE})">{line}</g>' if line else ""
