"""README badges of a gist's last result. Always 200 and at once: read from Redis, never from GitHub.

Each showing counts as a look, so that GitHub is asked for the gist soon.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from gistrun import languages
from gistrun.errors import BadInput, NotFound, NothingToRun
from gistrun.model import Request, State, request_key
from gistrun.render import badge
from gistrun.render.badge import NOT_FOUND, NOT_RUNNABLE, STANDINGS, Standing
from gistrun.store import UNREACHABLE
from gistrun.web.inputs import checked_gist_id, checked_run_input
from gistrun.web.services import services

blueprint = Blueprint("badges", __name__)


@blueprint.get("/gist/<gist_id>/badge.svg")
def svg(gist_id: str) -> Response:
    """The badge as an image."""
    document = badge.svg(_standing_now(gist_id), _label(), request.args.get("style", ""))
    return _always_fresh(Response(document, content_type="image/svg+xml; charset=utf-8"))


@blueprint.get("/gist/<gist_id>/badge.json")
def endpoint(gist_id: str) -> Response:
    """The badge as a shields.io endpoint."""
    answer = jsonify(badge.endpoint(_standing_now(gist_id), _label()))
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return _always_fresh(answer)


def _label() -> str:
    return request.args.get("label", badge.DEFAULT_LABEL)


def _standing_now(gist_id: str) -> Standing:
    try:
        gist_id = checked_gist_id(gist_id)
        asked = checked_run_input(request.args.get("file"), [], "")
        return _standing(gist_id, asked)
    except (BadInput, NotFound):
        return NOT_FOUND
    except NothingToRun:
        return NOT_RUNNABLE
    except UNREACHABLE:
        return STANDINGS[State.ERROR]


def _standing(gist_id: str, asked: Request) -> Standing:
    store, runs = services().store, services().runs
    runs.looked(gist_id)
    revision = store.latest_revision(gist_id)
    if revision is None:
        return STANDINGS[State.QUEUED]
    key = request_key(gist_id, revision, asked)
    # What is kept stays until a rerun has ended.
    run = store.shown(key) or store.under_way(key)
    if run:
        return STANDINGS[run.state]
    gist = store.gist(gist_id, revision)
    if gist:
        languages.choose(gist, asked, services().known)
        runs.run_shown(gist, asked)
    return STANDINGS[State.QUEUED]


def _always_fresh(answer: Response) -> Response:
    """GitHub's image proxy would keep the badge for a year otherwise."""
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
