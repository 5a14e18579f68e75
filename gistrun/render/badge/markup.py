"""How a README shows a badge that leads to the gist's page, in the markup that it is written in. Pure."""

from __future__ import annotations

import re
from html import escape

_TEXT = "gistrun"
#: What some markup or other takes for its own, also within an address.
_SPECIAL = re.compile(r"[^A-Za-z0-9/:?&=%.]|\.(?=\.)")


def markups(image: str, page: str) -> dict[str, str]:
    """The text for each markup, by its name.

    Args:
        image: the badge's address, encoded.
        page: where it leads, encoded.
    """
    image, page = _plain(image), _plain(page)
    return {
        "Markdown": markdown(image, page, _TEXT),
        "HTML": f'<a href="{escape(page)}"><img src="{escape(image)}" alt="{_TEXT}"></a>',
        "reStructuredText": f".. image:: {image}\n   :target: {page}\n   :alt: {_TEXT}",
        "AsciiDoc": f'image:{image}[{_TEXT},link="{page}"]',
    }


def markdown(image: str, page: str, text: str) -> str:
    """An image that leads to a page, in Markdown. Both addresses are encoded."""
    return f"[![{text}]({_plain(image)})]({_plain(page)})"


def _plain(address: str) -> str:
    """The address with everything encoded in its query that a markup could read otherwise."""
    place, mark, query = address.partition("?")
    return place + mark + _SPECIAL.sub(lambda found: f"%{ord(found[0]):02X}", query)
