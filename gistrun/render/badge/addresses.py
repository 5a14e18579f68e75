"""The addresses that a badge may lead to. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

#: Characters of an address that is taken.
_LONGEST = 2000
#: A host of labels or an IPv6 address, with a port. Nothing before it, so that it cannot pass for another one.
_HOST = re.compile(
    r"(?:[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,20}\.?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?", re.IGNORECASE
)
#: What stays as it is, so that an address that is encoded already is not encoded again.
_KEPT = "/?#[]@!$&'()*+,;=:%-._~"


def web_address(text: str) -> str:
    """The address in plain ASCII, if it is one of the web with a host and no user; else an empty text."""
    address = text.strip()
    if len(address) > _LONGEST:
        return ""
    try:
        parts = urlsplit(address)
        address = quote(address, safe=_KEPT)
    except (UnicodeError, ValueError):
        return ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        return ""
    return address
