"""`output.svg`: what a run printed last, as a picture of a terminal for READMEs. Always 200 and at once, as badges."""

from __future__ import annotations

import re
import time
from functools import partial

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import HTTPException

from gistrun.errors import StoreUnavailable
from gistrun.render.badge import NOT_FOUND
from gistrun.render.badge.markup import markdown
from gistrun.render.svg.picture import LINES, MOST_LINES, NARROWEST, WIDEST, Shape, still
from gistrun.render.svg.replay import replay
from gistrun.render.svg.session import Written, said
from gistrun.web.front.inputs import run_input
from gistrun.web.front.kept import Rendering, answer, headers, rendered
from gistrun.web.latest import Latest, latest
from gistrun.web.printed import heading_of, written_by
from gistrun.web.services import current_visitor, services

blueprint = Blueprint("picture", __name__)

#: The picture has its style sheet in itself. Opened as a page, it may do nothing else.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox"
)
_WHOLE = re.compile(r"[0-9]{1,9}")
_NO = frozenset({"0", "false", "no", "off"})


@blueprint.get("/gist/<gist_id>/output.svg")
def svg(gist_id: str) -> Response:
    """The picture; `lines` and `width` say how large, `animate` has it move."""
    admit = partial(services().budgets.admit, current_visitor())
    shown = latest(gist_id, run_input, request.args.get("sha"), admit)
    try:
        rendering = _rendering(shown, written_by(shown.run, _shape().columns) if shown.run else [])
        if shown.run:
            rendered().keep(rendering, shown.run)
    except StoreUnavailable as error:
        rendering = _rendering(Latest(shown.standing, why=str(error), public=shown.public), [])
    return answer(rendering)


@blueprint.errorhandler(400)
@blueprint.errorhandler(408)
@blueprint.errorhandler(414)
@blueprint.errorhandler(417)
@blueprint.errorhandler(431)
@blueprint.errorhandler(501)
def of_a_refused_request(error: HTTPException) -> Response:
    """The picture for an address or headers that are refused: one of no gist."""
    return answer(_rendering(Latest(NOT_FOUND, why=error.description or ""), []))


@blueprint.app_template_global("picture_markdown")
def markdown_of(gist_id: str, revision: str | None, asked: dict[str, str]) -> str:
    """How a README shows the picture of that gist. `asked`: the query of its page."""
    image = url_for("picture.svg", gist_id=gist_id, sha=revision, _external=True, **asked)
    return markdown(image, url_for("pages.gist", gist_id=gist_id, revision=revision, _external=True, **asked), "Output")


def _rendering(shown: Latest, written: list[Written]) -> Rendering:
    shape = _shape()
    if shown.why:
        written = [said(shown.why, shape.columns)]
    heading = heading_of(shown.standing, shown.run)
    moves = request.args.get("animate", "0").lower() not in _NO and shown.run and shown.run.state.finished
    drawn = replay(heading, written, shape, _others) if moves else still(heading, written, shape)
    own = ("Content-Security-Policy", _POLICY)
    return Rendering.of(headers("image/svg+xml; charset=utf-8", own, public=shown.public), drawn)


def _others() -> None:
    """Others are served meanwhile."""
    time.sleep(0)


def _shape() -> Shape:
    lines = _number("lines", 1, MOST_LINES)
    return Shape(lines or LINES, _number("width", NARROWEST, WIDEST))


def _number(name: str, least: int, most: int) -> int | None:
    """The number that was asked for, within its bounds; None for none."""
    text = request.args.get(name, "")
    return min(max(int(text), least), most) if _WHOLE.fullmatch(text) else None
