"""`If-None-Match`: what of it is a validator (RFC 9110, 8.8.3 and 13.1.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

#: An entity tag with the comma before it and behind it. Without quotation marks it is none.
_TAG = re.compile(r'(?:^|,)\s*(W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?=,|$)')


def validators(header: str) -> str:
    """The header with its entity tags only, or `*`; empty where it holds none."""
    if header.strip() == "*":
        return "*"
    return ", ".join(f"{weak}{tag}" for weak, tag in _TAG.findall(header))


def matches(header: str, etag: str) -> bool:
    """True if a client that sent this header has what the strong `etag` names, by the weak comparison."""
    return header.strip() == "*" or any(tag == etag for _, tag in _TAG.findall(header))


def only_validators(app: Application) -> Application:
    """`app`, which sees no `If-None-Match` but a well-formed one: Flask takes a tag without quotation marks for one."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if sent := environ.get("HTTP_IF_NONE_MATCH"):
            environ["HTTP_IF_NONE_MATCH"] = validators(sent)
        return app(environ, start_response)

    return answer
