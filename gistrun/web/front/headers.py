"""The headers every answer carries, whoever made it.

The content of a gist is foreign: a page may run, load, frame or send only what is ours.
"""

from __future__ import annotations

from flask import Flask, Response

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

#: What every answer carries, unless it says otherwise itself.
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Badges are shown on other sites. The same-origin policy protects what must not be read from there.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


#: Headers for secret gists: no index, and no address told to other sites.
SECRET = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "same-origin"}


def add_headers(app: Flask) -> None:
    """Have `app` send them; a view that sets one itself keeps its own."""

    @app.after_request
    def secure(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def for_secret(response: Response) -> Response:
    """Headers of an answer that only people with the address know: no index, and no address sent to other sites."""
    response.headers.update(SECRET)
    return response
