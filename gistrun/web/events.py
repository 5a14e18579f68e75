"""Server-Sent Events of a run, or of a gist's open page: from Redis to one browser, from wherever it left off.

The protocol is https://html.spec.whatwg.org/multipage/server-sent-events.html. An event's `id` is that of the Redis
Stream, so `Last-Event-ID` says where a browser that reconnects left off. 204 tells one that has seen the end to stop.

Pages ask for more with `?live=1`: notes, which have no id and come between the events.

    now       the server's time, first of all and after every 15 s of silence, so that a page notices a lost connection;
              and `yours`, whether this visitor may stop the run
    place     `before`: how many runs wait before this one
    viewers   `count`: how many visitors have a page of the gist open
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from flask import Blueprint, Response, request

from gistrun.errors import NotFound, StoreUnavailable
from gistrun.model import Run, timestamp
from gistrun.store import Event, Store, gist_stream, run_stream
from gistrun.web.follow.followed import Entry
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
    """Every event of the run after `Last-Event-ID` (or `after`), as it comes; the answer ends with the run."""
    store = services().store
    run = found_run(store, run_id)
    # A browser cannot send the header with a connection that it opens anew.
    after = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    if not _EVENT_ID.fullmatch(after):
        after = "0"
    if not run.state.finished:
        if "live" not in request.args:
            return for_secret(_stream(_live_events(services(), run.id, after)))
        now = _now(services(), yours=services().runs.stopping.may_stop(run.id, current_visitor()))
        stream = _stream(_live_events(services(), run.id, after, now))
        return for_secret(_among_viewers(stream, run.gist, run_stream(run.id), run.id))
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
    live = "live" in request.args
    stream = _stream(_gist_events(services(), gist_id, last, request.headers.get("Last-Event-ID"), live))
    return for_secret(_among_viewers(stream, gist_id, gist_stream(gist_id)) if live else stream)


def _stream(body: Iterator[bytes]) -> Response:
    return stream_response(services().streams, current_visitor(), body, _EVENTS)


def _among_viewers(stream: Response, gist_id: str, name: str, run_id: str = "") -> Response:
    """The answer, whose visitor counts as watching the gist until it is closed."""
    if request.method != "HEAD":
        stream.call_on_close(services().audience.join(gist_id, name, current_visitor(), run_id))
    return stream


def _gist_events(around: Services, gist_id: str, last: Event | None, seen: str | None, live: bool) -> Iterator[bytes]:
    yield _GREETING
    try:
        around.runs.gists.view(gist_id)
        if last and last.id != seen:
            yield _gist_event(around, last)
            if last.name == "gone":
                return
        for batch in around.reader.follow(gist_stream(gist_id), last.id if last else "0", notes=live):
            if batch and not batch[0].event.id:
                yield _notes(batch)
                continue
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


def _live_events(around: Services, run_id: str, after: str, first: bytes = b"") -> Iterator[bytes]:
    """The events of a run that has not ended; with notes if `first`, the first one, is given."""
    yield _GREETING + first

    def encode(event: Event) -> bytes:
        return _encoded(around.store, event, cached=False)

    try:
        for batch in around.reader.follow_run(run_id, after, notes=bool(first)):
            if batch and not batch[0].event.id:
                yield _notes(batch)
            else:
                silence = _now(around) if first else _STILL_HERE
                yield b"".join([entry.encoded(encode) for entry in batch]) or silence
    except StoreUnavailable:
        return  # the browser reconnects, and names where it left off


def _notes(batch: Sequence[Entry]) -> bytes:
    return b"".join([entry.encoded(lambda note: _note(note.name, note.json)) for entry in batch])


def _now(around: Services, **more: bool) -> bytes:
    return _note("now", json.dumps({"now": timestamp(around.now()), **more}).encode())


def _note(name: str, data: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)


def _encoded(store: Store, event: Event, *, cached: bool) -> bytes:
    if event.name == "output":
        return _line(event, event.json)
    run = Run.from_json(event.data)
    shown = run_as_json(store, run, cached=cached) if event.name == "end" else run_without_output(run, cached=cached)
    return _line(event, json.dumps(shown).encode())


def _line(event: Event, data: bytes) -> bytes:
    # Stored data is one line, and so is what json.dumps writes.
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event.id.encode(), event.name.encode(), data)
