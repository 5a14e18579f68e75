"""`If-None-Match`: what of it is a validator (RFC 9110, 8.8.3 and 13.1.2). `Range` has no effect: all is sent whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

#: One element of the list and the comma behind it. It may be empty; a comma may stand within the quotation marks.
_ELEMENT = re.compile(r'[ \t]*(?:(W/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|\Z)')


def _tags(header: str) -> list[tuple[str, str]]:
    """Each entity tag with the `W/` before it. A header that is not all of the right form has none."""
    found, place = [], 0
    while place < len(header):
        element = _ELEMENT.match(header, place)
        if element is None or element.end() == place:
            return []
        if element[2]:
            found.append((element[1] or "", element[2]))
        place = element.end()
    return found


def validators(header: str) -> str:
    """The header with its entity tags only, or `*`; empty where it is not of that form."""
    if header.strip() == "*":
        return "*"
    return ", ".join(f"{weak}{tag}" for weak, tag in _tags(header))


def matches(header: str, etag: str) -> bool:
    """True if a client that sent this header has what the strong `etag` names, by the weak comparison."""
    return header.strip() == "*" or any(tag == etag for _, tag in _tags(header))


def only_validators(app: Application) -> Application:
    """`app`, which sees no `If-None-Match` but a well-formed one: Flask takes a tag without quotation marks for one.

    Where there is one, `If-Modified-Since` has no effect (RFC 9110, 13.1.3). `Range` has none (14.2): Flask would
    refuse one in another unit.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if sent := environ.get("HTTP_IF_NONE_MATCH"):
            environ["HTTP_IF_NONE_MATCH"] = validators(sent)
            environ.pop("HTTP_IF_MODIFIED_SINCE", None)
        environ.pop("HTTP_RANGE", None)
        return app(environ, start_response)

    return answer
