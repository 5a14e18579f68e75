"""The output of a run: as plain text for `curl`, and as what a page shows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from gistrun.errors import NothingToRun, StoreUnavailable
from gistrun.model import Phase, Run, State, Stream
from gistrun.render.terminal import Cleaner, OutputView
from gistrun.store import Event, Store
from gistrun.web.follow.reader import Reader
from gistrun.web.follow.streams import stream_response
from gistrun.web.front.headers import for_secret
from gistrun.web.front.inputs import checked_gist_id, checked_revision, run_input
from gistrun.web.front.kept import Rendering, answer, headers, rendered
from gistrun.web.services import current_visitor, services, visit

blueprint = Blueprint("output", __name__)

_PLAIN = "text/plain; charset=utf-8"


@blueprint.get("/gist/<gist_id>/output.txt")
def text(gist_id: str) -> ResponseReturnValue:
    """The output as plain text: what the program wrote without the sequences that only a terminal obeys; streams while
    it runs.
    """
    gist_id, revision = checked_gist_id(gist_id), checked_revision(request.args.get("sha"))
    opened = services().runs.open(visit(gist_id, revision, run_input(), fresh=True))
    if opened.run is None:
        raise opened.refusal or NothingToRun("There is nothing to run.")
    store, run = services().store, opened.run
    if run.state.finished:
        own = headers(_PLAIN, ("Gistrun-Run", run.id), public=opened.gist.public)
        rendering = Rendering.of(own, _finished_text(store, run))
        if opened.cached and not opened.notice:
            # A text cannot be corrected later, so GitHub is asked first once the check interval is over.
            checked_at = opened.gist.checked_at
            until = checked_at.timestamp() + services().settings.check_interval if checked_at and not revision else 0
            rendered().keep(rendering, run, until)
        return answer(rendering)
    live = stream_response(services().streams, current_visitor(), _live_text(services().reader, run.id), _PLAIN)
    live.headers["Gistrun-Run"] = run.id
    return live if opened.gist.public else for_secret(live)


def _finished_text(store: Store, run: Run) -> str:
    cleaned = _Cleaned()
    parts = [cleaned.text(event) for event in store.streams.current_events(run.id) if event.of_program]
    return "".join(parts) + not_the_program(run.as_json())


class _Cleaned:
    """Output as plain text. Each stream of each phase has its own unfinished sequence."""

    def __init__(self) -> None:
        self._cleaners: dict[tuple[str, str], Cleaner] = {}

    def text(self, event: Event) -> str:
        """What there is to read in an output event."""
        data = event.data
        text: str = data["data"]
        return self._cleaners.setdefault((data["phase"], data["stream"]), Cleaner()).feed(text)


def _live_text(reader: Reader, run_id: str) -> Iterator[str]:
    wrote = False
    cleaned = _Cleaned()
    try:
        for batch in reader.follow_run(run_id):
            text = ""
            for event in (entry.event for entry in batch):
                if event.of_program:
                    wrote = True
                    text += cleaned.text(event)
                elif wrote and event.starts_over:
                    cleaned = _Cleaned()
                    text += f"\ngistrun: {event.data['message']}\n"
                elif event.name == "end":
                    text += not_the_program(event.data)
            if text:
                yield text
    except StoreUnavailable:
        yield "\ngistrun: Redis does not answer any more; the rest of the output is missing here.\n"


def not_the_program(run: dict[str, Any]) -> str:
    """Why it was not the program that ended: our own error, or packages that cannot be had. Empty where it was."""
    was_not = run["state"] == State.ERROR or run["phase"] == Phase.INSTALL
    return f"gistrun: {run['message']}\n" if was_not and run["message"] else ""


def view_of(events: list[Event], anchors: Mapping[str, str], lines: Mapping[str, int]) -> OutputView:
    """What a page shows of a run with these events. `anchors` and how many `lines` each of its files has: by name."""
    view = OutputView(anchors, lines)
    for event in events:
        if event.starts_over:
            view = OutputView(anchors, lines)
        elif event.name == "output":
            data = event.data
            view.write(data["phase"], data["stream"] == Stream.STDERR, data["data"])
            time.sleep(0)  # a flood takes a second: meanwhile others are served
    return view
