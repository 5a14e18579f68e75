"""The pieces that badges of all styles are made of. They are those of badge-maker, the library of shields.io."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from gistrun.render.badge import colors
from gistrun.render.badge.look import Drawn
from gistrun.render.badge.widths import direction

#: An element's attributes; None for one that it does not have.
Attributes = dict[str, str | float | None]

#: Texts are set ten times as large and drawn smaller, because browsers round the sizes of small letters.
SCALE = 10
SMALLER: Attributes = {"transform": "scale(.1)"}
#: What the SVG says of text that is read from right to left. Arabic letters join, so they are stretched and not spaced.
_DIRECTIONS: dict[str, Attributes] = {
    "R": {"direction": "rtl"},
    "AL": {"direction": "rtl", "lengthAdjust": "spacingAndGlyphs"},
}
LOGO_HEIGHT = 14


def element(name: str, attributes: Attributes, *content: str) -> str:
    """An SVG element with finished markup in it. An attribute that is None is left out."""
    said = "".join(f' {key}="{_value(value)}"' for key, value in attributes.items() if value is not None)
    inside = "".join(content)
    return f"<{name}{said}>{inside}</{name}>" if inside else f"<{name}{said}/>"


def text(words: str, x: float, y: float, length: float, attributes: Attributes) -> str:
    """A line of text around `x`, which is `length` pixels long in every font.

    Args:
        y: the baseline, in tenths of a pixel.
        attributes: further ones.
    """
    place: Attributes = {"x": SCALE * x, "y": y, "textLength": SCALE * length}
    return element("text", place | attributes | _DIRECTIONS.get(direction(words), {}), escape(words))


def dark_on(color: str) -> str | None:
    """The colour of text on that colour where white could not be read."""
    return "#333" if colors.is_bright(color) else None


def logo(drawn: Drawn, x: float, height: float) -> str:
    """The logo in a badge of that height, if it has one."""
    if not drawn.logo:
        return ""
    place: Attributes = {"x": x, "y": (height - LOGO_HEIGHT) / 2, "width": LOGO_HEIGHT, "height": LOGO_HEIGHT}
    return element("image", place | {"href": drawn.logo})


def link(address: str, *content: str) -> str:
    """The content as a link; without one if the address is empty."""
    return element("a", {"target": "_blank", "href": address}, *content) if address else "".join(content)


def area(width: float, height: float, x: float | None = None) -> str:
    """A rectangle that nobody sees, so that all of a side is its link."""
    return element("rect", {"width": width, "x": x, "height": height, "fill": "rgba(0,0,0,0)"})


def gradient(name: str, *stops: Attributes) -> str:
    """A gradient from top to bottom."""
    drawn = (element("stop", stop) for stop in stops)
    return element("linearGradient", {"id": name, "x2": 0, "y2": "100%"}, *drawn)


def document(drawn: Drawn, width: float, height: float, content: Iterable[str]) -> str:
    """The whole badge. A link on the left alone is the link of all of it."""
    left, right = drawn.links
    about: Attributes = {"xmlns": "http://www.w3.org/2000/svg", "width": width, "height": height}
    body = "".join(content) if right else link(left, *content)
    if left and right:  # each side is a link with a text of its own
        return element("svg", about, body)
    # Isolated, a label from right to left does not reorder what follows it.
    label = f"\u2068{drawn.label}\u2069" if direction(drawn.label) in _DIRECTIONS else drawn.label
    name = f"{label}: {drawn.message}" if label else drawn.message
    return element("svg", about | {"role": "img", "aria-label": name}, element("title", {}, escape(name)), body)


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return escape(value)
    return str(int(value) if value == int(value) else value)
