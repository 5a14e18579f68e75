"""README badges of a gist's last result. The answer is always 200 and at once."""

from __future__ import annotations

import json
import re

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from gistrun.render import badge
from gistrun.render.badge import DEFAULT_LABEL, NOT_FOUND, Look
from gistrun.web.front.inputs import checked_run_input
from gistrun.web.front.kept import Rendering, answer, headers, rendered
from gistrun.web.latest import Latest, latest

blueprint = Blueprint("badges", __name__)

#: A number of seconds, ten years at most.
_SECONDS = re.compile(r"[0-9]{1,9}")


@blueprint.get("/gist/<gist_id>/badge.svg")
def svg(gist_id: str) -> Response:
    """The badge as an image."""
    shown = _badge(gist_id)
    return _answer(_svg(shown), shown)


@blueprint.get("/gist/<gist_id>/badge.json")
def endpoint(gist_id: str) -> Response:
    """The badge as a shields.io endpoint."""
    shown = _badge(gist_id)
    return _answer(_endpoint(shown), shown)


@blueprint.errorhandler(400)
@blueprint.errorhandler(408)
@blueprint.errorhandler(414)
@blueprint.errorhandler(417)
@blueprint.errorhandler(431)
@blueprint.errorhandler(501)
def of_a_refused_request(_error: HTTPException) -> Response:
    """The badge for an address or headers that are refused: one of no gist, as for other bad input."""
    form = _svg if request.endpoint == "badges.svg" else _endpoint
    return answer(form(Latest(NOT_FOUND)))


def _svg(shown: Latest) -> Rendering:
    document = badge.svg(shown.standing, _look())
    return Rendering.of(headers("image/svg+xml; charset=utf-8", public=shown.public), document)


def _endpoint(shown: Latest) -> Rendering:
    document = json.dumps(badge.endpoint(shown.standing, _look())) + "\n"
    readable = ("Access-Control-Allow-Origin", "*")
    return Rendering.of(headers("application/json", readable, public=shown.public), document)


def _answer(rendering: Rendering, shown: Latest) -> Response:
    if shown.run:
        rendered().keep(rendering, shown.run)
    return answer(rendering)


def _look() -> Look:
    asked = request.args
    seconds = asked.get("cacheSeconds", "")
    return Look(
        label=asked.get("label", DEFAULT_LABEL),
        style=asked.get("style", ""),
        color=asked.get("color"),
        label_color=asked.get("labelColor"),
        cache_seconds=int(seconds) if _SECONDS.fullmatch(seconds) else None,
    )


def _badge(gist_id: str) -> Latest:
    return latest(gist_id, lambda: checked_run_input(request.args.get("file"), [], "", request.args.get("version")))
