"""`Host`: refused where it names no host, so that no address can be made with it (RFC 9112, 3.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

#: A name, an IPv4 address or an IPv6 address in brackets, and a port. It may be empty.
_HOST = re.compile(
    r"([a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){0,99}\.?|\[[0-9a-f:.]{2,45}\])?(:[0-9]{0,5})?", re.IGNORECASE
)
#: Where a status waits for the application, which refuses the request with it. The space keeps clients from sending it.
REFUSED = "HTTP_GISTRUN REFUSED"


def only_hosts(app: Application) -> Application:
    """`app`, which sees a request with a bad `Host`, or in HTTP/1.1 without one, as one to refuse."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST")
        is_missing = host is None and environ.get("SERVER_PROTOCOL") == "HTTP/1.1"
        if is_missing or not _HOST.fullmatch(host or ""):
            environ.pop("HTTP_HOST", None)
            environ.setdefault(REFUSED, "400")
        return app(environ, start_response)

    return answer
