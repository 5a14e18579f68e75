"""README badges: the current result of a gist in words and a colour, as SVG or as a shields.io endpoint.

They look as those of shields.io do, so that they fit beside other badges: `tests/badges` holds them to its library.
Whatever the label holds, the SVG is well-formed XML, and the label is only text in it.

    standing   what a badge says, and `markup` how a README shows it
    look       how somebody wants it to look, drawn by `small`, `loud` and `social` out of `shapes`
    label, colors, logos, addresses   which words, colours, pictures and links are taken
    widths     how wide a text is
"""

from __future__ import annotations

from typing import Any

from gistrun.render.badge import colors, logos, loud, small, social
from gistrun.render.badge.addresses import web_address
from gistrun.render.badge.label import cleaned
from gistrun.render.badge.look import DEFAULT_LABEL, Drawn, Look
from gistrun.render.badge.standing import NOT_FOUND, NOT_RUNNABLE, STANDINGS, Standing

__all__ = ["DEFAULT_LABEL", "NOT_FOUND", "NOT_RUNNABLE", "STANDINGS", "STYLES", "Look", "Standing", "endpoint", "svg"]

_DRAW = {
    "flat": lambda drawn: small.draw(drawn, small.FLAT),
    "flat-square": lambda drawn: small.draw(drawn, small.FLAT_SQUARE),
    "plastic": lambda drawn: small.draw(drawn, small.PLASTIC),
    "for-the-badge": loud.draw,
    "social": social.draw,
}
STYLES = tuple(_DRAW)
#: The message's colour where a standing's is none.
_UNKNOWN = "#939393"


def endpoint(standing: Standing, look: Look) -> dict[str, Any]:
    """The badge in the schema of https://shields.io/badges/endpoint-badge."""
    made = {
        "schemaVersion": 1,
        "label": cleaned(look.label),
        "message": cleaned(standing.message),
        "color": _color(standing, look),
        "isError": standing.is_error,
    }
    wanted = {
        "labelColor": colors.name(look.label_color),
        "style": look.style if look.style in STYLES else None,
        "logoSvg": logos.svg_in(look.logo),
        "cacheSeconds": look.cache_seconds,
    }
    return made | {name: value for name, value in wanted.items() if value is not None}


def svg(standing: Standing, look: Look) -> str:
    """The badge as an SVG document; an unknown style is `flat`."""
    left, right, *_ = (*(web_address(address) for address in look.links), "", "")
    drawn = Drawn(
        cleaned(look.label),
        cleaned(standing.message),
        colors.color(_color(standing, look)) or _UNKNOWN,
        colors.color(look.label_color),
        look.logo,
        (left, right),
    )
    return _DRAW.get(look.style, _DRAW["flat"])(drawn)


def _color(standing: Standing, look: Look) -> str:
    """The name or the digits of the message's colour. An error of ours keeps its own, as shields.io has it."""
    wanted = colors.name(look.color)
    return wanted if wanted and not standing.is_error else standing.color
