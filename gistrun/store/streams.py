"""What happens, as it is told to whoever reads along: the events of runs, and those of gists to their open pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from gistrun.model import State
from gistrun.store.connection import BLOCK_S, Connected
from gistrun.store.keys import redis_key, run_stream

_READER_KEPT = 60


class Event:
    """One event of a run's stream. `id` orders events and is what a reconnecting reader names."""

    __slots__ = ("_data", "id", "json", "name")

    def __init__(self, id: str, name: str, json: bytes) -> None:
        self.id = id
        self.name = name  # state, output, end
        #: The data as it is stored: one line.
        self.json = json
        self._data: dict[str, Any] | None = None

    @property
    def data(self) -> dict[str, Any]:
        """What happened. Parsed when first asked for, since what is only passed on need not be."""
        if self._data is None:
            self._data = json.loads(self.json)
        return self._data


class Streams(Connected):
    """The events of runs and gists."""

    def events(self, run_id: str, after: str = "0") -> list[Event]:
        """The run's events after the one named, in order."""
        return self.stream(run_stream(run_id), after)

    def stream(self, name: str, after: str = "0", count: int | None = None) -> list[Event]:
        """The events of a stream after the one named, in order, `count` at most."""
        start = f"({after}" if after not in ("0", "0-0") else "-"
        entries = cast(Any, self.client.xrange(name, min=start, count=count))
        return [_event(entry_id, fields) for entry_id, fields in entries]

    def last_event(self, stream: str) -> Event | None:
        """The stream's last event so far."""
        entries = cast(Any, self.client.xrevrange(stream, count=1))
        return _event(*entries[0]) if entries else None

    def new_events(
        self, after: Mapping[str, str], wait: float, reader: str, woken: str
    ) -> tuple[list[tuple[str, list[Event]]], str]:
        """The new events of many streams at once: of each, by its name, those after the one named.

        Waits up to `wait` seconds (15 at most) for the first, or until the reader of that name is woken.

        Args:
            woken: what the last call gave second; "0" for the first call.
        """
        streams: dict[Any, Any] = {redis_key("reader", reader): woken, **after}
        block = max(1, int(min(wait, BLOCK_S) * 1000))
        found: list[tuple[str, list[Event]]] = []
        for raw, entries in cast(Any, self.client.xread(streams, block=block)):
            name = raw.decode()
            if name in after:
                found.append((name, [_event(entry_id, fields) for entry_id, fields in entries]))
            else:
                woken = entries[-1][0].decode()
        return found, woken

    def wake(self, reader: str) -> None:
        """Have a reader that waits for events come back at once, also if it does not wait yet."""
        name = redis_key("reader", reader)
        pipe = self.client.pipeline(transaction=False)
        pipe.xadd(name, {"wake": 1}, maxlen=1, approximate=False)
        pipe.expire(name, _READER_KEPT)
        pipe.execute()

    def output(self, run_id: str) -> tuple[str, str]:
        """Standard output and standard error so far, each joined."""
        parts: dict[str, list[str]] = {"stdout": [], "stderr": []}
        for event in self._since_start(run_id):
            if event.name == "output":
                parts[event.data["stream"]].append(event.data["data"])
        return "".join(parts["stdout"]), "".join(parts["stderr"])

    def _since_start(self, run_id: str) -> list[Event]:
        """The events of the attempt that counts: a run whose worker was lost has started over."""
        events: list[Event] = []
        for event in self.events(run_id):
            if event.name == "state" and event.data["state"] == State.QUEUED:
                events = []
            events.append(event)
        return events


def _event(entry_id: bytes, fields: dict[bytes, bytes]) -> Event:
    return Event(entry_id.decode(), fields[b"event"].decode(), fields[b"data"])
