"""Refuses requests that another site's page makes a visitor's browser send. No state, no cookie, no token.

The way of Go's `http.CrossOriginProtection` (https://pkg.go.dev/net/http#CrossOriginProtection), which follows
https://words.filippo.io/csrf: browsers send `Sec-Fetch-Site` with every request to a trustworthy origin
(https://www.w3.org/TR/fetch-metadata/) and `Origin` with every cross-origin POST (RFC 6454, Fetch standard). A request
with neither does not come from a page in a browser, so no visitor's browser is being used.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request

from gistrun.errors import CrossSite

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def refuse_cross_site(app: Flask, open_to_all: frozenset[str]) -> None:
    """Have `app` raise CrossSite for a request from another site that could change something.

    Args:
        open_to_all: names of blueprints that take requests from anywhere, such as the API.
    """

    @app.before_request
    def check() -> None:
        if request.method in _SAFE or request.blueprint in open_to_all:
            return
        if not is_same_site(request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin"), request.host):
            raise CrossSite("This request came from a page of another site. Open the gist here, then press the button.")


def is_same_site(fetch_site: str | None, origin: str | None, host: str) -> bool:
    """False when a page of another site had a browser send the request.

    Args:
        fetch_site, origin: the headers `Sec-Fetch-Site` and `Origin`, if they were sent.
        host: the host that the visitor asked, with its port where it is not the scheme's own.
    """
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    return origin is None or urlsplit(origin).netloc == host
