"""Foreign text in an XML document."""

from __future__ import annotations

import re
from html import escape

#: What no XML 1.0 document may hold, not even escaped; and the end of a line, which would become a space.
_NOT_XML = re.compile(r"[^\t\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml(text: str) -> str:
    """The text as XML, in an element or an attribute; U+FFFD stands for what XML cannot hold."""
    return escape(_NOT_XML.sub("\ufffd", text))


def number(value: float) -> str:
    """A length with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")
