"""A run as a recording: what asciinema plays, with the run's own timing."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from gistrun.errors import BadInput, NothingToRun
from gistrun.model import Run
from gistrun.render.cast import Cast
from gistrun.store import Event
from gistrun.web.follow.reader import Reader
from gistrun.web.follow.streams import stream_response
from gistrun.web.front.headers import for_secret
from gistrun.web.front.inputs import checked_gist_id, checked_revision, run_input
from gistrun.web.front.kept import Rendering, answer, headers
from gistrun.web.services import current_visitor, services, visit

blueprint = Blueprint("cast", __name__)

_TYPE = "application/x-asciicast"


@blueprint.get("/gist/<gist_id>/output.cast")
def cast(gist_id: str) -> ResponseReturnValue:
    """The recording, in version 2 of asciicast or with `v=3` in version 3; streams while the program runs."""
    gist_id, revision = checked_gist_id(gist_id), checked_revision(request.args.get("sha"))
    version = request.args.get("v") or "2"
    if version not in ("2", "3"):
        raise BadInput("There are the versions 2 and 3 of a recording: v=2 or v=3.")
    opened = services().runs.open(visit(gist_id, revision, run_input(), fresh=True))
    if opened.run is None:
        raise opened.refusal or NothingToRun("There is nothing to run.")
    run, made = opened.run, Cast(int(version))
    if run.state.finished:
        events = services().store.streams.current_events(run.id)
        text = "".join(_lines(made, run, events)) + made.end(run.outcome.exit_code)
        return answer(Rendering.of(headers(_TYPE, ("Gistrun-Run", run.id), public=opened.gist.public), text))
    live = stream_response(services().streams, current_visitor(), _live(services().reader, made, run), _TYPE)
    live.headers["Gistrun-Run"] = run.id
    return live if opened.gist.public else for_secret(live)


def _lines(made: Cast, run: Run, events: list[Event]) -> Iterator[str]:
    yield made.header(f"{run.file} · gistrun", run.started_at)
    for event in events:
        if event.of_program:
            yield made.output(event.data["t"], event.data["phase"], event.data["data"])


def _live(reader: Reader, made: Cast, run: Run) -> Iterator[str]:
    yield made.header(f"{run.file} · gistrun", run.started_at)
    for batch in reader.follow_run(run.id):
        text = ""
        for event in (entry.event for entry in batch):
            if event.of_program:
                text += made.output(event.data["t"], event.data["phase"], event.data["data"])
            elif event.starts_over:
                text += made.starts_over()
            elif event.name == "end":
                text += made.end(event.data["exit_code"])
        if text:
            yield text
