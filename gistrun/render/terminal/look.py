"""The classes that show a style, and the links that are safe. The twin of `static/terminal/look.js`."""

from __future__ import annotations

import re
from functools import lru_cache

from gistrun.render.terminal.palette import nearest
from gistrun.render.terminal.style import (
    BOLD,
    DEFAULT,
    DIM,
    HIDDEN,
    INVERSE,
    ITALIC,
    OVERLINED,
    STRUCK,
    TRUE,
    Style,
)

_FLAGS = ((BOLD, "B"), (DIM, "D"), (ITALIC, "I"), (HIDDEN, "H"), (STRUCK, "S"), (OVERLINED, "O"))
_UNDERLINES = ("", "U", "U2", "U3", "U4", "U5")

#: An address that a reader may be sent to: http or https, a host without anything before it, nothing but plain ASCII.
_SAFE_LINK = re.compile(
    r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:[/?#][!#-&(-;=?-\[\]_a-z~]*)?",
    re.IGNORECASE | re.ASCII,
)
_LONGEST_LINK = 2048


@lru_cache(maxsize=4096)
def classes(style: Style) -> str:
    """The names of the classes, with spaces between; empty for plain text."""
    names = ["stderr"] if style.error else []
    text, ground = style.foreground, style.background
    if style.flags & INVERSE:
        text, ground = ground, text
        if ground == DEFAULT:
            names.append("V")  # the page's own colours, turned round
    if text != DEFAULT:
        names.append(f"f{place_of(text)}")
    if ground != DEFAULT:
        names.append(f"g{place_of(ground)}")
    names += [name for flag, name in _FLAGS if style.flags & flag]
    if style.underline:
        names.append(_UNDERLINES[style.underline])
    return " ".join(names)


def place_of(colour: int) -> int:
    """The place in the palette of 256 of a colour of a style."""
    return nearest(colour - TRUE) if colour >= TRUE else colour


@lru_cache(maxsize=4096)
def safe_link(address: str | None) -> str | None:
    """The address if a page may link to it, else None."""
    if address is None or len(address) > _LONGEST_LINK or not _SAFE_LINK.fullmatch(address):
        return None
    return address
