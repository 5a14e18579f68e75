"""`output.svg`: what a run printed last, as a picture of a terminal for READMEs. Always 200 and at once, as badges."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import partial

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from gistrun import figures
from gistrun.errors import StoreUnavailable
from gistrun.model import Run, Stream
from gistrun.render.badge import NOT_FOUND, Standing
from gistrun.render.svg.bar import Heading
from gistrun.render.svg.picture import LINES, MOST_LINES, NARROWEST, WIDEST, Shape, still
from gistrun.render.svg.replay import replay
from gistrun.render.svg.session import Written, said, tail
from gistrun.store import Event
from gistrun.web.front.inputs import run_input
from gistrun.web.front.kept import Rendering, answer, headers, rendered
from gistrun.web.latest import Latest, latest
from gistrun.web.output import not_the_program
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
        rendering = _rendering(shown, _of_run(shown.run) if shown.run else [])
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


def _rendering(shown: Latest, written: list[Written]) -> Rendering:
    shape = _shape()
    if shown.why:
        written = [said(shown.why, shape.columns)]
    elif not written and shown.run:
        printed = "It printed nothing." if shown.run.state.finished else "It has printed nothing yet."
        written = [said(printed, shape.columns)]
    heading = _heading(shown.standing, shown.run)
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


def _heading(standing: Standing, run: Run | None) -> Heading:
    if run is None:
        return Heading(standing.message, standing.color)
    outcome = run.outcome
    facts = [
        None if outcome.exit_code is None else f"exit status {outcome.exit_code}",
        outcome.signal,
        None if outcome.duration_ms is None else figures.duration(outcome.duration_ms),
        run.toolchain,
    ]
    return Heading(standing.message, standing.color, run.file, tuple(fact for fact in facts if fact))


def _of_run(run: Run) -> list[Written]:
    """The end of what a run printed, and what is to be said besides."""
    store = services().store
    written = tail(_backwards(store.streams.current_events(run.id)))
    sentences = [not_the_program(run.as_json()).strip()]
    known = store.gists.latest(run.gist)
    if known and known.trouble:
        sentences.append(f"{known.trouble} So this may not be its latest revision.")
    return written + [said(text, _shape().columns) for text in sentences if text]


def _backwards(events: list[Event]) -> Iterator[Written]:
    for event in reversed(events):
        if event.name == "output" and event.of_program:
            data = event.data
            yield Written(data["t"], data["phase"], data["stream"] == Stream.STDERR, data["data"])
