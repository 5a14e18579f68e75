"""One table from errors to answers: a page, `application/problem+json` for programs, plain text, or a picture.

A program that fails is not here: that is an outcome, and an ordinary page.
"""

from __future__ import annotations

import json

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from gistrun.errors import (
    CrossSite,
    GistrunError,
    NotFound,
    NothingToRun,
    NotYours,
    QueueFull,
    Refused,
    TooLarge,
    TooManyRuns,
    TooManyStreams,
    Unavailable,
)
from gistrun.render import badge
from gistrun.render.svg.bar import Heading
from gistrun.render.svg.picture import Shape, still
from gistrun.render.svg.session import said
from gistrun.web.front.wayback import way_back

#: The HTTP status of each kind of error. A kind that is not here has the status of its base class.
STATUS: dict[type[GistrunError], int] = {
    Refused: 400,
    CrossSite: 403,
    NotYours: 403,
    NotFound: 404,
    TooLarge: 413,
    NothingToRun: 422,
    TooManyRuns: 429,
    TooManyStreams: 429,
    QueueFull: 503,
    Unavailable: 503,
    GistrunError: 500,
}

#: Seconds after which to try again, if the error names none.
_RETRY_AFTER = 30

# The sentences of answers that Flask or werkzeug gives by itself.
_SENTENCES = {
    400: "The request could not be understood. Check its form and send it again.",
    404: "There is no page at this address. To see a gist run, put its id or address in the box.",
    405: "This address does not take that method.",
    408: "The request did not arrive in time. Send it again.",
    413: "The request is larger than this server takes.",
    415: "This address does not take that content type.",
    417: "This server does not do what the Expect header asks for.",
    500: "Something went wrong on our side, and it has been noted. Try again in a moment.",
    501: "This server does not take that transfer coding.",
}


def add_error_answers(app: Flask) -> None:
    """Register the table."""

    @app.errorhandler(GistrunError)
    def by_kind(error: GistrunError) -> ResponseReturnValue:
        retry_after = error.retry_after
        if retry_after is None and isinstance(error, Unavailable):
            retry_after = _RETRY_AFTER
        return answer(status_of(error), error.title, str(error), retry_after)

    @app.errorhandler(HTTPException)
    def by_code(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error  # a redirect
        sentence = _SENTENCES.get(error.code, error.description or "")
        made = answer(error.code, error.name, sentence)
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                made.headers[name] = value
        return made


def status_of(error: GistrunError) -> int:
    """The HTTP status that answers the error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def answer(status: int, title: str, sentence: str, retry_after: int | None = None) -> Response:
    """The answer, in the form in which that address answers."""
    path = request.path.rstrip("/")
    if path.startswith(("/api/", "/webhooks/")) or path.endswith(("/readyz", "/badge.json")):
        problem = {"type": "about:blank", "title": title, "status": status, "detail": sentence}
        made = Response(json.dumps(problem), status, content_type="application/problem+json")
    elif path.endswith((".txt", ".cast", "/events", "/summary", "/healthz", ".png")):
        made = Response(sentence + "\n", status, content_type="text/plain; charset=utf-8")
    elif path.endswith("/badge.svg"):
        shown = badge.svg(badge.Standing(title.lower(), "lightgrey"), badge.Look())
        made = Response(shown, status, content_type="image/svg+xml; charset=utf-8")
    elif path.endswith("/output.svg"):
        drawn = still(Heading(title.lower(), "lightgrey"), [said(sentence, None)], Shape())
        made = Response(drawn, status, content_type="image/svg+xml; charset=utf-8")
    else:
        page = render_template("error.html", title=title, sentence=sentence, back=way_back(status))
        made = Response(page, status)
    made.headers["Cache-Control"] = "no-store"
    if retry_after is not None:
        made.headers["Retry-After"] = str(retry_after)
    return made
