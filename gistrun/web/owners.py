"""The public gists of a GitHub user, with their last outcomes."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gistrun.model import Request, Run, request_key
from gistrun.web.front.kept import Rendering, answer, headers
from gistrun.web.services import services

blueprint = Blueprint("owners", __name__)

_HTML = "text/html; charset=utf-8"


@blueprint.get("/u/<owner>")
def owner(owner: str) -> ResponseReturnValue:
    """The list. Nothing is run for it: a gist runs when somebody opens its page."""
    listed = services().public_gists(owner)
    known = services().store.gists.latest_of([gist.id for gist in listed.gists])
    rows = [
        (gist, _last(gist.id, known[gist.id].revision) if gist.id in known and known[gist.id].public else None)
        for gist in listed.gists
    ]
    return answer(Rendering.of(headers(_HTML), render_template("owner.html", owner=owner, listed=listed, rows=rows)))


def _last(gist_id: str, revision: str) -> Run | None:
    return services().store.ends.last(request_key(gist_id, revision, Request()))
