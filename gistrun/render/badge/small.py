"""The styles `flat`, `flat-square` and `plastic`: one line of 11 px in two boxes."""

from __future__ import annotations

from dataclasses import dataclass

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
    gradient,
    link,
    logo,
    text,
)
from gistrun.render.badge.widths import Font, measure

FONTS = "Verdana,Geneva,DejaVu Sans,sans-serif"
LABEL_COLOR = "#555"
_PADDING = 5
_LOGO_PADDING = 3


@dataclass(frozen=True, slots=True)
class _Style:
    height: int
    #: The baseline of its text, in tenths of a pixel.
    baseline: int
    radius: int = 0
    #: How light falls on it, from top to bottom.
    stops: tuple[Attributes, ...] = ()


FLAT = _Style(
    20,
    140,
    3,
    (
        {"offset": 0, "stop-color": "#bbb", "stop-opacity": ".1"},
        {"offset": 1, "stop-opacity": ".1"},
    ),
)
FLAT_SQUARE = _Style(20, 140)
PLASTIC = _Style(
    18,
    130,
    4,
    (
        {"offset": 0, "stop-color": "#fff", "stop-opacity": ".7"},
        {"offset": ".1", "stop-color": "#aaa", "stop-opacity": ".1"},
        {"offset": ".9", "stop-color": "#000", "stop-opacity": ".3"},
        {"offset": 1, "stop-color": "#000", "stop-opacity": ".5"},
    ),
)


def odd(words: str, font: Font) -> int:
    """Whole pixels for a text, an odd number: then its middle is more often on a whole pixel."""
    return int(measure(words, font)) | 1


def draw(drawn: Drawn, style: _Style) -> str:
    """The badge in one of these styles."""
    logo_width = (LOGO_HEIGHT + (_LOGO_PADDING if drawn.label else 0)) if drawn.logo else 0
    has_left = bool(drawn.label or drawn.label_color)
    label_width = odd(drawn.label, Font.VERDANA_11) if drawn.label else 0
    left = label_width + 2 * _PADDING + logo_width if has_left else 0
    message_width = odd(drawn.message, Font.VERDANA_11)
    right, margin = message_width + 2 * _PADDING, left - 1
    if not has_left:
        margin += logo_width + _PADDING if drawn.logo else 1
        right += logo_width + _PADDING - 1 if drawn.logo else 0
    label_color = (drawn.label_color or LABEL_COLOR) if has_left or drawn.logo else drawn.color
    label_link, message_link = drawn.links if drawn.links[1] else ("", "")
    parts = [logo(drawn, _PADDING, style.height)]
    if drawn.label:
        label = _text(drawn.label, logo_width + 1, label_width, label_color, style)
        parts.append(link(label_link, area(left, style.height, 0) if label_link else "", label))
    message = _text(drawn.message, margin, message_width, drawn.color, style)
    target = area(right, style.height, margin + 1 if margin > 1 else 0) if message_link else ""
    parts.append(link(message_link, target, message))
    boxes = _boxes(left, right, label_color, drawn.color, style)
    front: Attributes = {"fill": "#fff", "text-anchor": "middle", "font-family": FONTS}
    front |= {"text-rendering": "geometricPrecision", "font-size": 11 * SCALE}
    return document(drawn, left + right, style.height, [*boxes, element("g", front, *parts)])


def _boxes(left: float, right: float, label_color: str, color: str, style: _Style) -> list[str]:
    height, width = style.height, left + right
    boxes = [
        element("rect", {"width": left, "height": height, "fill": label_color}),
        element("rect", {"x": left, "width": right, "height": height, "fill": color}),
    ]
    if not style.stops:
        return [element("g", {"shape-rendering": "crispEdges"}, *boxes)]
    boxes.append(element("rect", {"width": width, "height": height, "fill": "url(#s)"}))
    outline = element("rect", {"width": width, "height": height, "rx": style.radius})
    return [
        element("filter", {"id": "blur"}, element("feGaussianBlur", {"stdDeviation": 16})),
        gradient("s", *style.stops),
        f'<clipPath id="r">{outline}</clipPath>',
        element("g", {"clip-path": "url(#r)"}, *boxes),
    ]


def _text(words: str, margin: float, width: float, behind: str, style: _Style) -> str:
    dark, middle = dark_on(behind), margin + width / 2 + _PADDING
    if not style.stops:
        return text(words, middle, style.baseline, width, SMALLER | {"fill": dark})
    below = style.baseline + SCALE
    blurred = text(words, middle, below, width, {"fill-opacity": ".8", "filter": "url(#blur)"})
    sharp = text(words, middle, below, width, {"fill-opacity": ".3"})
    shadow = element("g", {"aria-hidden": "true", "fill": "#ccc" if dark else "#010101"}, blurred, sharp)
    return element("g", SMALLER, shadow, text(words, middle, style.baseline, width, {"fill": dark}))
