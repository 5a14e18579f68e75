"""README badges of a gist's last result. The answer is always 200 and at once: it comes from Redis, never from GitHub.

What the query cannot mean has no effect, so that a badge is shown whatever stands in a README.

Showing a badge counts as a view, so GitHub is asked for the gist soon.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import HTTPException

from gistrun.model import Request, Run
from gistrun.render import badge
from gistrun.render.badge import DEFAULT_LABEL, NOT_FOUND, Look, Standing, logos
from gistrun.render.badge.markup import markups
from gistrun.render.badge.standing import changed, with_details
from gistrun.web.drift import toolchain_before
from gistrun.web.front.inputs import checked_run_input
from gistrun.web.front.kept import Rendering, answer, headers, rendered
from gistrun.web.latest import Latest, latest
from gistrun.web.services import services

blueprint = Blueprint("badges", __name__)

#: A number of seconds, ten years at most.
_SECONDS = re.compile(r"[0-9]{1,9}")
#: The name of the logo that is the language's in which the gist runs.
_OF_WHAT_RUNS = "auto"
#: For who opens the badge by itself: its logo is shown and its links open, and it can do nothing else.
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "sandbox allow-popups allow-popups-to-escape-sandbox",
    ]
)


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


@blueprint.app_template_global("badge_markups")
def markups_of(gist_id: str, asked: dict[str, str]) -> dict[str, str]:
    """How a README shows the badge of that gist, by markup. `asked`: the query of its page."""
    query = {name: asked[name] for name in ("file", "version") if name in asked}
    image = url_for("badges.svg", gist_id=gist_id, _external=True, **query)
    return markups(image, url_for("pages.gist", gist_id=gist_id, _external=True, **query))


def _svg(shown: Latest) -> Rendering:
    document = badge.svg(shown.standing, _look(shown.run))
    policy = ("Content-Security-Policy", _POLICY)
    return Rendering.of(headers("image/svg+xml; charset=utf-8", policy, public=shown.public), document)


def _endpoint(shown: Latest) -> Rendering:
    document = json.dumps(badge.endpoint(shown.standing, _look(shown.run))) + "\n"
    readable = ("Access-Control-Allow-Origin", "*")
    return Rendering.of(headers("application/json", readable, public=shown.public), document)


def _answer(rendering: Rendering, shown: Latest) -> Response:
    if shown.run:
        rendered().keep(rendering, shown.run)
    return answer(rendering)


def _look(run: Run | None) -> Look:
    asked = request.args
    seconds = asked.get("cacheSeconds", "")
    return Look(
        label=asked.get("label", DEFAULT_LABEL),
        style=asked.get("style", ""),
        color=asked.get("color"),
        label_color=asked.get("labelColor"),
        logo=_logo(asked.get("logo", ""), run),
        links=tuple(asked.getlist("link")[:2]),
        cache_seconds=int(seconds) if _SECONDS.fullmatch(seconds) else None,
    )


def _logo(asked: str, run: Run | None) -> str:
    """The logo that is asked for: a picture, that of a language by its name or title, or that of what runs."""
    if asked.startswith("data:"):
        return logos.from_data(asked)
    wanted = (run.language if run else "") if asked == _OF_WHAT_RUNS else asked.strip().lower()
    for language in services().known.values():
        if language.logo and wanted in (language.name, language.title.lower()):
            return logos.from_bytes(language.logo.encode())
    return ""


def _badge(gist_id: str) -> Latest:
    def read() -> Request:
        return checked_run_input(request.args.get("file"), [], "", request.args.get("version"))

    shown = latest(gist_id, read)
    if not shown.run:
        return shown
    wanted = [name.strip() for each in request.args.getlist("show") for name in each.split(",")]
    return replace(shown, standing=with_details(_standing(shown, shown.run, read()), shown.run, wanted))


def _standing(shown: Latest, run: Run, asked: Request) -> Standing:
    # The history knows only the program that a gist runs by itself.
    if run.state.finished and asked == Request():
        before = toolchain_before(run, services().store.history.of(run.gist))
        if before and run.toolchain:
            return changed(before, run.toolchain)
    return shown.standing
