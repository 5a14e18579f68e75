"""Events as readers see them: those of runs, and those of gists for their open pages."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, cast

from gistrun.model import Phase, State
from gistrun.store.connection import BLOCK_S, Client, script
from gistrun.store.keys import redis_key, run_stream

_READER_KEPT = 60
#: Seconds that the stream of an ended run stays for those who still read it.
_LINGERS_S = 10


class Event:
    """One event of a stream. `id` orders events; a reader that reconnects names the last one it saw."""

    __slots__ = ("_data", "id", "json", "name")

    def __init__(self, id: str, name: str, json: bytes) -> None:
        self.id = id
        self.name = name  # state, output, end
        #: The data as it is stored: one line.
        self.json = json
        self._data: dict[str, Any] | None = None

    @property
    def data(self) -> dict[str, Any]:
        """The data, parsed when it is first asked for: an event that is only passed on is never parsed."""
        if self._data is None:
            self._data = json.loads(self.json)
        return self._data

    @property
    def of_program(self) -> bool:
        """True for output of the program or its compiler, and not of what installed its packages before."""
        return self.name == "output" and self.data["phase"] != Phase.INSTALL

    @property
    def starts_over(self) -> bool:
        """True for the event that queues a run again: the output before it does not count any more."""
        return self.name == "state" and self.data["state"] == State.QUEUED


class StreamShelf:
    """The events of runs and gists."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._pack = script(client, "pack")

    def events(self, run_id: str, after: str = "0") -> list[Event]:
        """The run's events after the one named, in order."""
        return self.stream(run_stream(run_id), after)

    def current_events(self, run_id: str) -> list[Event]:
        """The run's events since it last started over, in order."""
        events: list[Event] = []
        for event in self.events(run_id):
            if event.starts_over:
                events = []
            events.append(event)
        return events

    def stream(self, name: str, after: str = "0", count: int | None = None) -> list[Event]:
        """The events of a stream after the one named, in order, `count` at most.

        Those of an ended run are packed, and come all at once.
        """
        start = f"({after}" if after not in ("0", "0-0") else "-"
        entries = cast(Any, self._client.xrange(name, min=start, count=count))
        if not entries:
            return [event for event in self._packed(name) if _number(event.id) > _number(after)]
        return [_event(entry_id, fields) for entry_id, fields in entries]

    def last_event(self, stream: str) -> Event | None:
        """The stream's last event so far."""
        entries = cast(Any, self._client.xrevrange(stream, count=1))
        return _event(*entries[0]) if entries else next(reversed(self._packed(stream)), None)

    def pack(self, run_id: str) -> None:
        """Keep the events of an ended run compressed. The stream stays for some seconds.

        Readers find the same events with the same ids. Those before the run started over are dropped.
        """
        packed = _packed(self.current_events(run_id))
        self._pack(keys=[redis_key("run", run_id), run_stream(run_id)], args=[packed, _LINGERS_S])

    def packed_copy(self, run_id: str, end: str) -> bytes:
        """The output of a run, packed, with another end: what is kept of a run that is a copy of it."""
        events = [event for event in self.current_events(run_id) if event.name in ("output", "end")]
        return _packed([Event(e.id, e.name, end.encode() if e.name == "end" else e.json) for e in events])

    def _packed(self, stream: str) -> list[Event]:
        if not stream.startswith(redis_key("run", "")):
            return []
        packed = cast(bytes | None, self._client.hget(stream.removesuffix(":events"), "output"))
        lines = zlib.decompress(packed).split(b"\n") if packed else []
        parts = (line.split(b" ", 2) for line in lines)
        return [Event(event_id.decode(), name.decode(), data) for event_id, name, data in parts]

    def new_events(
        self, after: Mapping[str, str], wait: float, reader: str, woken: str
    ) -> tuple[list[tuple[str, list[Event]]], str]:
        """The new events of many streams at once: for each stream name those after the event named.

        Waits up to `wait` seconds (15 at most) for the first one, or until `wake` is called for this reader.

        Args:
            woken: the second value that the last call returned; "0" for the first call.
        """
        streams: dict[Any, Any] = {redis_key("reader", reader): woken, **after}
        block = max(1, int(min(wait, BLOCK_S) * 1000))
        found: list[tuple[str, list[Event]]] = []
        for raw, entries in cast(Any, self._client.waiting.xread(streams, block=block)):
            name = raw.decode()
            if name in after:
                found.append((name, [_event(entry_id, fields) for entry_id, fields in entries]))
            else:
                woken = entries[-1][0].decode()
        return found, woken

    def wake(self, reader: str) -> None:
        """Have a reader's `new_events` return at once, also when it has not been called yet."""
        name = redis_key("reader", reader)
        pipe = self._client.pipeline(transaction=False)
        pipe.xadd(name, {"wake": 1}, maxlen=1, approximate=False)
        pipe.expire(name, _READER_KEPT)
        pipe.execute()

    def output(self, run_id: str) -> tuple[str, str]:
        """Standard output and standard error of the program and its compiler so far, each joined."""
        parts: dict[str, list[str]] = {"stdout": [], "stderr": []}
        for event in self.current_events(run_id):
            if event.of_program:
                parts[event.data["stream"]].append(event.data["data"])
        return "".join(parts["stdout"]), "".join(parts["stderr"])


def _packed(events: list[Event]) -> bytes:
    """A line for each event: its id, its name, its data. Compressed fast rather than well: a worker waits for it."""
    lines = (b"%s %s %s" % (event.id.encode(), event.name.encode(), event.json) for event in events)
    return zlib.compress(b"\n".join(lines), 1)


def _number(event_id: str) -> tuple[int, int]:
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds), int(number or 0)


def _event(entry_id: bytes, fields: dict[bytes, bytes]) -> Event:
    return Event(entry_id.decode(), fields[b"event"].decode(), fields[b"data"])
