"""The style `social`: a light box, and the message in a bubble beside it. It has no colours of its own."""

from __future__ import annotations

from dataclasses import replace

from gistrun.render.badge.look import Drawn
from gistrun.render.badge.shapes import (
    LOGO_HEIGHT,
    SCALE,
    SMALLER,
    Attributes,
    area,
    document,
    element,
    gradient,
    link,
    logo,
    text,
)
from gistrun.render.badge.small import odd
from gistrun.render.badge.widths import Font

_FONTS = "Helvetica Neue,Helvetica,Arial,sans-serif"
_HEIGHT, _BOX_HEIGHT = 20, 19
_LABEL_PADDING, _MESSAGE_PADDING, _GUTTER, _LOGO_PADDING = 5, 4, 6, 3


def draw(drawn: Drawn) -> str:
    """The badge in this style."""
    drawn = replace(drawn, label=drawn.label[:1].upper() + drawn.label[1:])
    logo_width = (LOGO_HEIGHT + (_LOGO_PADDING if drawn.label else 0)) if drawn.logo else 0
    label_width, message_width = odd(drawn.label, Font.HELVETICA_11_BOLD), odd(drawn.message, Font.HELVETICA_11_BOLD)
    left, right = label_width + logo_width + 2 * _LABEL_PADDING, message_width + 2 * _MESSAGE_PADDING
    bubble = left + _GUTTER
    box: Attributes = {"x": ".5", "y": ".5", "width": left, "height": _BOX_HEIGHT, "rx": 2}
    behind = element("rect", box | {"stroke": "none", "fill": "#fcfcfc"})
    label_link, message_link = drawn.links if drawn.links[1] else ("", "")
    edge = element("rect", box | {"stroke": "#d5d5d5", "fill": "url(#a)"})
    label = _text(drawn.label, logo_width + label_width / 2 + _LABEL_PADDING, label_width)
    message = _text(drawn.message, bubble + right / 2, message_width)
    target = area(right + 1, _BOX_HEIGHT + 1, bubble) if message_link else ""
    front: Attributes = {"aria-hidden": "false" if all(drawn.links) else "true", "fill": "#333"}
    front |= {"text-anchor": "middle", "font-family": _FONTS, "text-rendering": "geometricPrecision"}
    front |= {"font-weight": 700, "font-size": f"{11 * SCALE}px", "line-height": "14px"}
    content = [
        gradient(
            "a",
            {"offset": 0, "stop-color": "#fcfcfc", "stop-opacity": 0},
            {"offset": 1, "stop-opacity": ".1"},
        ),
        element("g", {"stroke": "#d5d5d5"}, behind, *_bubble(bubble, right)),
        logo(drawn, _LABEL_PADDING, _HEIGHT),
        element(
            "g",
            front,
            link(label_link, label, edge) if label_link else edge + label,
            link(message_link, target, message),
        ),
    ]
    return document(drawn, left + 1 + _GUTTER + right, _HEIGHT, content)


def _bubble(x: float, width: float) -> list[str]:
    box: Attributes = {"x": x + 0.5, "y": ".5", "width": width, "height": _BOX_HEIGHT, "rx": 2, "fill": "#fafafa"}
    return [
        element("rect", box),
        element("rect", {"x": x, "y": 7.5, "width": ".5", "height": 5, "stroke": "#fafafa"}),
        f'<path d="M{x + 0.5:g} 6.5 l-3 3v1 l3 3" fill="#fafafa"/>',
    ]


def _text(words: str, middle: float, width: float) -> str:
    if not words:
        return ""
    light: Attributes = {"aria-hidden": "true", "fill": "#fff"}
    return text(words, middle, 150, width, SMALLER | light) + text(words, middle, 140, width, SMALLER)
