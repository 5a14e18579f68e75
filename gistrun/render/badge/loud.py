"""The style `for-the-badge`: capitals of 10 px, spaced out, the message bold."""

from __future__ import annotations

from dataclasses import replace

from gistrun.render.badge.look import Drawn
from gistrun.render.badge.shapes import (
    LOGO_HEIGHT,
    SCALE,
    SMALLER,
    Attributes,
    area,
    dark_on,
    document,
    element,
    link,
    logo,
    text,
)
from gistrun.render.badge.small import FONTS, LABEL_COLOR
from gistrun.render.badge.widths import Font, characters, measure

_HEIGHT, _BASELINE = 28, 175
_MARGIN, _LOGO_MARGIN, _LOGO_GUTTER = 12, 9, 6
#: Pixels between two letters.
_SPACING = 1.25


def draw(drawn: Drawn) -> str:
    """The badge in this style."""
    drawn = replace(drawn, label=drawn.label.upper(), message=drawn.message.upper())
    label_width, message_width = _length(drawn.label, Font.VERDANA_10), _length(drawn.message, Font.VERDANA_10_BOLD)
    label_color = drawn.label_color or LABEL_COLOR
    logo_room = LOGO_HEIGHT + _LOGO_GUTTER if drawn.logo else 0
    label_at = _LOGO_MARGIN + logo_room if drawn.logo else _MARGIN
    left = 0.0
    if drawn.label:
        left = label_at + label_width + _MARGIN
    elif drawn.logo and drawn.label_color:
        left = 2 * _LOGO_MARGIN + LOGO_HEIGHT
    message_at, right = left + _MARGIN, 2 * _MARGIN + message_width
    if not left:
        message_at, right = message_at + logo_room, right + logo_room
    label_link, message_link = drawn.links if drawn.links[1] else ("", "")
    parts = [logo(drawn, _LOGO_MARGIN, _HEIGHT)]
    if drawn.label:
        label = _text(drawn.label, label_at, label_width, label_color, {})
        parts.append(link(label_link, area(left, _HEIGHT) if label_link else "", label))
    message = _text(drawn.message, message_at, message_width, drawn.color, {"font-weight": "bold"})
    parts.append(link(message_link, area(right, _HEIGHT, left) if message_link else "", message))
    boxes = [element("rect", {"x": left or None, "width": right, "height": _HEIGHT, "fill": drawn.color})]
    if left:
        boxes.insert(0, element("rect", {"width": left, "height": _HEIGHT, "fill": label_color}))
    front: Attributes = {"fill": "#fff", "text-anchor": "middle", "font-family": FONTS}
    front |= {"text-rendering": "geometricPrecision", "font-size": 10 * SCALE}
    content = [element("g", {"shape-rendering": "crispEdges"}, *boxes), element("g", front, *parts)]
    return document(drawn, left + right, _HEIGHT, content)


def _length(words: str, font: Font) -> float:
    return int(measure(words, font)) + _SPACING * len(characters(words))


def _text(words: str, at: float, width: float, behind: str, own: Attributes) -> str:
    return text(words, at + width / 2, _BASELINE, width, SMALLER | {"fill": dark_on(behind)} | own)
