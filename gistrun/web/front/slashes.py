"""A slash at the end of an address that is sent something.

A page is asked for with GET, which a redirect leads to its one address (`swapped`). Nobody follows a redirect with a
delivery, though, and a browser none with its question before a request of another site: so these mean the view itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def without_last_slash(app: Application) -> Application:
    """`app`, for which a request that is neither GET nor HEAD has no slash at the end of its path."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            environ["PATH_INFO"] = environ.get("PATH_INFO", "").rstrip("/") or "/"
        return app(environ, start_response)

    return answer
