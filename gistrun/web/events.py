"""Server-Sent Events of a run, or of a gist's open page: from Redis to one browser, from wherever it left off.

The protocol is https://html.spec.whatwg.org/multipage/server-sent-events.html. An event's `id` is that of the Redis
Stream, so `Last-Event-ID` says where a browser that reconnects left off. 204 tells one that has seen the end to stop.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from flask import Blueprint, Response, request

from gistrun.errors import NotFound, StoreUnavailable
from gistrun.model import Run, timestamp
from gistrun.store import Event, Store, gist_stream
from gistrun.web.follow.reader import Reader
from gistrun.web.follow.streams import not_buffered, stream_response
from gistrun.web.front.headers import for_secret
from gistrun.web.front.inputs import checked_gist_id, found_run
from gistrun.web.representation import run_as_json, run_without_output
from gistrun.web.services import Services, current_visitor, services

blueprint = Blueprint("events", __name__)

_EVENTS = "text/event-stream; charset=utf-8"
# The ids of Redis Streams are two unsigned 64-bit numbers; nineteen digits always fit.
_EVENT_ID = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")
#: Tells the browser at once that it is connected, and how many milliseconds to wait before it reconnects.
_GREETING = b"retry: 1000\n\n"
_STILL_HERE = b": still here\n\n"


@blueprint.get("/runs/<run_id>/events")
def events(run_id: str) -> Response:
    """Every event of the run after `Last-Event-ID`, as it comes; the answer ends with the run."""
    store = services().store
    run = found_run(store, run_id)
    after = request.headers.get("Last-Event-ID", "")
    if not _EVENT_ID.fullmatch(after):
        after = "0"
    if not run.state.finished:
        return for_secret(_stream(_live_events(services().reader, store, run.id, after)))
    past = store.streams.events(run.id, after)
    if after != "0" and not past:
        return for_secret(Response(status=204))
    body = _GREETING + b"".join(_encoded(store, event, cached=True) for event in past)
    return for_secret(not_buffered(Response(body, content_type=_EVENTS)))


@blueprint.get("/gist/<gist_id>/events")
def gist_events(gist_id: str) -> Response:
    """What keeps an open page of a gist up to date: the current state at once, and again after every check at GitHub.

    `gist` events carry `revision`, `checked_at`, `edition` (a new one means that the page shows something else now) and
    `now`. `gone` is the last event. The gist counts as viewed while somebody reads this.
    """
    gist_id = checked_gist_id(gist_id)
    store = services().store
    last = store.streams.last_event(gist_stream(gist_id))
    if not last and store.gists.latest(gist_id) is None:
        raise NotFound("This gist has not been seen here. Open its page first.")
    return for_secret(_stream(_gist_events(services(), gist_id, last, request.headers.get("Last-Event-ID"))))


def _stream(body: Iterator[bytes]) -> Response:
    return stream_response(services().streams, current_visitor(), body, _EVENTS)


def _gist_events(around: Services, gist_id: str, last: Event | None, seen: str | None) -> Iterator[bytes]:
    yield _GREETING
    try:
        around.runs.gists.view(gist_id)
        if last and last.id != seen:
            yield _gist_event(around, last)
            if last.name == "gone":
                return
        for batch in around.reader.follow(gist_stream(gist_id), last.id if last else "0"):
            around.runs.gists.view(gist_id)
            if not batch:
                yield _STILL_HERE
            for entry in batch:
                yield _gist_event(around, entry.event)
                if entry.event.name == "gone":
                    return
    except StoreUnavailable:
        return  # the browser reconnects


def _gist_event(around: Services, event: Event) -> bytes:
    data = event.data | {"now": timestamp(around.now())}
    return _line(event, json.dumps(data).encode())


def _live_events(reader: Reader, store: Store, run_id: str, after: str) -> Iterator[bytes]:
    yield _GREETING

    def encode(event: Event) -> bytes:
        return _encoded(store, event, cached=False)

    try:
        for batch in reader.follow_run(run_id, after):
            yield b"".join([entry.encoded(encode) for entry in batch]) or _STILL_HERE
    except StoreUnavailable:
        return  # the browser reconnects, and names where it left off


def _encoded(store: Store, event: Event, *, cached: bool) -> bytes:
    if event.name == "output":
        return _line(event, event.json)
    run = Run.from_json(event.data)
    shown = run_as_json(store, run, cached=cached) if event.name == "end" else run_without_output(run, cached=cached)
    return _line(event, json.dumps(shown).encode())


def _line(event: Event, data: bytes) -> bytes:
    # Stored data is one line, and so is what json.dumps writes.
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event.id.encode(), event.name.encode(), data)
