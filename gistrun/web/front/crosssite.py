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
        if not is_same_site(request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin"), request.host_url):
            raise CrossSite("This request came from a page of another site. Open the gist here, then press the button.")


def is_same_site(fetch_site: str | None, origin: str | None, asked: str) -> bool:
    """False when a page of another site had a browser send the request.

    The scheme counts (RFC 6454): anybody on the way can make a page of our host without TLS. A proxy that speaks TLS
    says so in `X-Forwarded-Proto`; where it does not, today's browsers still send `Sec-Fetch-Site`.

    Args:
        fetch_site, origin: the headers `Sec-Fetch-Site` and `Origin`, if they were sent.
        asked: the scheme and the host that the visitor asked, with its port where it is not the scheme's own.
    """
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    if origin is None:
        return True
    try:
        theirs, ours = urlsplit(origin), urlsplit(asked)
    except ValueError:  # http://[x
        return False
    return (theirs.scheme, theirs.netloc.lower()) == (ours.scheme, ours.netloc.lower())
