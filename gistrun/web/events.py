"""Server-Sent Events: the stream of a run, or of a gist, in Redis, told to one reader from wherever it left off.

The protocol is https://html.spec.whatwg.org/multipage/server-sent-events.html: `id` is the stream's own, so that
`Last-Event-ID` of a reader that comes again names the place; 204 tells one that has seen the end to stop asking.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from flask import Blueprint, Response, request

from gistrun.errors import NotFound, StoreUnavailable
from gistrun.model import Run, timestamp
from gistrun.store import Event, Store, gist_stream, run_stream
from gistrun.web.headers import for_secret
from gistrun.web.inputs import RUN_ID, checked_gist_id
from gistrun.web.live import Live
from gistrun.web.representation import run_as_json
from gistrun.web.services import Services, current_visitor, services
from gistrun.web.streams import stream_response

blueprint = Blueprint("events", __name__)

_EVENTS = "text/event-stream; charset=utf-8"
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
    if run.state.finished and after != "0" and not store.streams.events(run_id, after):
        return for_secret(Response(status=204))
    if run.state.finished:
        ended = Response(_finished(store, run, after), content_type=_EVENTS)
        ended.headers["Cache-Control"] = "no-cache"
        ended.headers["X-Accel-Buffering"] = "no"
        return for_secret(ended)
    return for_secret(_stream(_live(services().live, store, run.id, after)))


@blueprint.get("/gist/<gist_id>/events")
def gist_events(gist_id: str) -> Response:
    """How the gist stands at once, and again whenever GitHub was asked for it: what keeps an open page up to date.

    `gist` events carry `revision`, `checked_at`, `edition` (another one: the page shows something else now) and `now`;
    `gone` is the last one. As long as somebody reads this the gist is looked at.
    """
    gist_id = checked_gist_id(gist_id)
    store = services().store
    last = store.streams.last_event(gist_stream(gist_id))
    if not last and store.gists.latest(gist_id) is None:
        raise NotFound("This gist has not been seen here. Open its page first.")
    return for_secret(_stream(_gist_stream(services(), gist_id, last, request.headers.get("Last-Event-ID"))))


def _stream(body: Iterator[bytes]) -> Response:
    return stream_response(services().streams, current_visitor(), body, _EVENTS)


def _gist_stream(around: Services, gist_id: str, last: Event | None, seen: str | None) -> Iterator[bytes]:
    yield _GREETING
    try:
        around.runs.gists.view(gist_id)
        if last and last.id != seen:
            yield _gist_told(around, last)
            if last.name == "gone":
                return
        for batch in around.live.follow(gist_stream(gist_id), last.id if last else "0"):
            around.runs.gists.view(gist_id)
            if not batch:
                yield b": still here\n\n"
            for told in batch:
                yield _gist_told(around, told.event)
                if told.event.name == "gone":
                    return
    except StoreUnavailable:
        return  # the reader comes again


def _gist_told(around: Services, event: Event) -> bytes:
    data = event.data | {"now": timestamp(around.now())}
    return f"id: {event.id}\nevent: {event.name}\ndata: {json.dumps(data)}\n\n".encode()


def found(store: Store, run_id: str) -> Run:
    """The run.

    Raises:
        NotFound
    """
    run = store.runs.get(run_id) if RUN_ID.fullmatch(run_id) else None
    if run is None:
        raise NotFound("There is no such run, or it is kept no longer. Open the gist to run it again.")
    return run


#: Tells the reader at once that it is connected, and how long to wait before it comes again.
_GREETING = b"retry: 1000\n\n"


def _finished(store: Store, run: Run, after: str) -> bytes:
    told = (_told(store, event, cached=True) for event in store.streams.events(run.id, after))
    return _GREETING + b"".join(told)


def _live(live: Live, store: Store, run_id: str, after: str) -> Iterator[bytes]:
    yield _GREETING

    def encode(event: Event) -> bytes:
        return _told(store, event, cached=False)

    try:
        for batch in live.follow(run_stream(run_id), after):
            if batch:
                yield b"".join([told.encoded(encode) for told in batch])
            elif is_over(store, run_id):
                return
            else:
                yield b": still here\n\n"
    except StoreUnavailable:
        return  # the reader comes again, and names where it was


def is_over(store: Store, run_id: str) -> bool:
    """True when nothing more will come of a run that has been silent."""
    now = store.runs.get(run_id)
    return now is None or now.state.finished


def _told(store: Store, event: Event, *, cached: bool) -> bytes:
    # What is stored is one line, and so is what json.dumps writes.
    data = event.json
    if event.name != "output":
        run = Run.from_json(event.data)
        if event.name == "end":
            told = run_as_json(store, run, cached=cached)
        else:
            told = run.as_json() | {"cached": cached, "stdout": "", "stderr": "", "artifacts": []}
        data = json.dumps(told).encode()
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event.id.encode(), event.name.encode(), data)
