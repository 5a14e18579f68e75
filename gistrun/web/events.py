"""Server-Sent Events: the stream of a run, or of a gist, in Redis, told to one reader from wherever it left off.

The protocol is https://html.spec.whatwg.org/multipage/server-sent-events.html: `id` is the stream's own, so that
`Last-Event-ID` of a reader that comes again names the place; 204 tells one that has seen the end to stop asking.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from flask import Blueprint, Response, request

from gistrun.errors import NotFound
from gistrun.model import Run, timestamp
from gistrun.store import UNREACHABLE, Event, Store
from gistrun.web.headers import for_secret
from gistrun.web.inputs import RUN_ID, checked_gist_id
from gistrun.web.representation import run_as_json
from gistrun.web.services import Services, services

blueprint = Blueprint("events", __name__)

#: Seconds between two signs of life, for proxies that cut a silent connection.
KEEP_ALIVE = 15.0
# Redis' stream ids are two unsigned 64-bit numbers; nineteen digits always fit.
_EVENT_ID = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")


@blueprint.get("/runs/<run_id>/events")
def events(run_id: str) -> Response:
    """Every event of the run after `Last-Event-ID`, as it comes; the answer ends with the run."""
    store = services().store
    run = found(store, run_id)
    after = request.headers.get("Last-Event-ID", "")
    if not _EVENT_ID.fullmatch(after):
        after = "0"
    if run.state.finished and after != "0" and not store.events(run_id, after):
        return for_secret(Response(status=204))
    stream = Response(_stream(store, run, after), content_type="text/event-stream; charset=utf-8")
    stream.headers["Cache-Control"] = "no-cache"
    stream.headers["X-Accel-Buffering"] = "no"
    return for_secret(stream)


@blueprint.get("/gist/<gist_id>/events")
def gist_events(gist_id: str) -> Response:
    """How the gist stands at once, and again whenever GitHub was asked for it: what keeps an open page up to date.

    `gist` events carry `revision`, `checked_at`, `edition` (another one: the page shows something else now) and `now`;
    `gone` is the last one. As long as somebody reads this the gist is looked at.
    """
    gist_id = checked_gist_id(gist_id)
    store = services().store
    last = store.gist_events(gist_id)
    if not last and store.latest(gist_id) is None:
        raise NotFound("This gist has not been seen here. Open its page first.")
    told = last if last and last[0].id != request.headers.get("Last-Event-ID") else []
    stream = Response(
        _gist_stream(services(), gist_id, told, last[0].id if last else "0-0"),
        content_type="text/event-stream; charset=utf-8",
    )
    stream.headers["Cache-Control"] = "no-cache"
    stream.headers["X-Accel-Buffering"] = "no"
    return for_secret(stream)


def _gist_stream(around: Services, gist_id: str, batch: list[Event], after: str) -> Iterator[str]:
    yield "retry: 1000\n\n"
    try:
        while True:
            around.runs.looked(gist_id)
            for event in batch:
                after = event.id
                data = event.data | {"now": timestamp(around.now())}
                yield f"id: {event.id}\nevent: {event.name}\ndata: {json.dumps(data)}\n\n"
                if event.name == "gone":
                    return
            batch = around.store.gist_events(gist_id, after, KEEP_ALIVE)
            if not batch:
                yield ": still here\n\n"
    except UNREACHABLE:
        return  # the reader comes again


def found(store: Store, run_id: str) -> Run:
    """The run.

    Raises:
        NotFound
    """
    run = store.run(run_id) if RUN_ID.fullmatch(run_id) else None
    if run is None:
        raise NotFound("There is no such run, or it is kept no longer. Open the gist to run it again.")
    return run


def _stream(store: Store, run: Run, after: str) -> Iterator[str]:
    # Tells the reader at once that it is connected, and how long to wait before it comes again.
    yield "retry: 1000\n\n"
    cached = run.state.finished
    try:
        while True:
            batch = store.events(run.id, after, KEEP_ALIVE)
            for event in batch:
                yield _told(store, event, cached)
                after = event.id
                if event.name == "end":
                    return
            if not batch:
                now = store.run(run.id)
                if now is None or now.state.finished:
                    return
                yield ": still here\n\n"
    except UNREACHABLE:
        return  # the reader comes again, and names where it was


def _told(store: Store, event: Event, cached: bool) -> str:
    data = event.data
    if event.name != "output":
        told = Run.from_json(data)
        if event.name == "end":
            data = run_as_json(store, told, cached=cached)
        else:
            data = told.as_json() | {"cached": cached, "stdout": "", "stderr": "", "artifacts": []}
    # json.dumps writes no line feed, so that the data is one line.
    return f"id: {event.id}\nevent: {event.name}\ndata: {json.dumps(data)}\n\n"
