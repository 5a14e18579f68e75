"""README badges of a gist's last result. Always 200 and at once: read from Redis, never from GitHub.

Each showing counts as a look, so that GitHub is asked for the gist soon.
"""

from __future__ import annotations

import json

from flask import Blueprint, Response, request

from gistrun import languages
from gistrun.errors import BadInput, NotFound, NothingToRun, StoreUnavailable
from gistrun.model import Request, Run, State, request_key
from gistrun.render import badge
from gistrun.render.badge import NOT_FOUND, NOT_RUNNABLE, STANDINGS, Standing
from gistrun.web.inputs import checked_gist_id, checked_run_input
from gistrun.web.rendered import Rendering, headers, rendered
from gistrun.web.services import services

blueprint = Blueprint("badges", __name__)


@blueprint.get("/gist/<gist_id>/badge.svg")
def svg(gist_id: str) -> Response:
    """The badge as an image."""
    standing, run = _standing_now(gist_id)
    document = badge.svg(standing, _label(), request.args.get("style", ""))
    told = Rendering(headers("image/svg+xml; charset=utf-8", _ALWAYS_FRESH), document)
    return rendered().answer(told, gist_id, run)


@blueprint.get("/gist/<gist_id>/badge.json")
def endpoint(gist_id: str) -> Response:
    """The badge as a shields.io endpoint."""
    standing, run = _standing_now(gist_id)
    document = json.dumps(badge.endpoint(standing, _label())) + "\n"
    told = Rendering(headers("application/json", _ALWAYS_FRESH, ("Access-Control-Allow-Origin", "*")), document)
    return rendered().answer(told, gist_id, run)


#: GitHub's image proxy would keep the badge for a year otherwise.
_ALWAYS_FRESH = ("Cache-Control", "no-cache")


def _label() -> str:
    return request.args.get("label", badge.DEFAULT_LABEL)


def _standing_now(gist_id: str) -> tuple[Standing, Run | None]:
    """How it stands, and the run that says so."""
    try:
        gist_id = checked_gist_id(gist_id)
        asked = checked_run_input(request.args.get("file"), [], "")
        return _standing(gist_id, asked)
    except (BadInput, NotFound):
        return NOT_FOUND, None
    except NothingToRun:
        return NOT_RUNNABLE, None
    except StoreUnavailable:
        return STANDINGS[State.ERROR], None


def _standing(gist_id: str, asked: Request) -> tuple[Standing, Run | None]:
    store, runs = services().store, services().runs
    services().runs.gists.view(gist_id)
    revision = store.gists.latest_revision(gist_id)
    if revision is None:
        return STANDINGS[State.QUEUED], None
    key = request_key(gist_id, revision, asked)
    # What is kept stays until a rerun has ended.
    run = store.runs.last_ended(key) or store.runs.under_way(key)
    if run:
        return STANDINGS[run.state], run
    gist = store.gists.get(gist_id, revision)
    if gist:
        languages.choose(gist, asked, services().known)
        runs.start(gist, asked)
    return STANDINGS[State.QUEUED], None
