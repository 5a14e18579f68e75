"""A stream that somebody follows: its latest events, and notes about it that are not kept."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence

from gistrun.store import Event

#: Bytes of each stream's events that are kept for all followers.
_KEPT = 256 * 1024

#: A position in a stream: an event's id as two numbers.
Position = tuple[int, int]


class Entry:
    """An event or a note with its encoding, which is made once for all followers."""

    __slots__ = ("_encoded", "_lock", "event", "position")

    def __init__(self, event: Event) -> None:
        self.event = event
        self.position = position_of(event.id) if event.id else (0, 0)
        self._encoded: bytes | None = None
        self._lock = threading.Lock()

    def encoded(self, encode: Callable[[Event], bytes]) -> bytes:
        """The event as `encode` gives it. The first caller has it encoded, and others wait for that."""
        if self._encoded is None:
            with self._lock:
                if self._encoded is None:
                    self._encoded = encode(self.event)
        return self._encoded


class Followed:
    """A stream that somebody follows, with its latest events."""

    def __init__(self, floor: Position) -> None:
        #: `entries` holds every event after this position, up to the last one read.
        self.floor = floor
        self.last = floor
        self.entries: list[Entry] = []
        self.bytes = 0
        self.followers = 0
        self.lost = False
        #: The last note of each name, numbered in the order in which they were made; and the last number.
        self.notes: dict[str, tuple[int, Entry]] = {}
        self.noted = 0
        #: Set when something has arrived, and replaced by a new one.
        self.arrival = threading.Event()

    def add(self, entries: Sequence[Entry]) -> None:
        self.entries += entries
        self.bytes += sum(len(entry.event.json) for entry in entries)
        self.last = entries[-1].position
        drop = 0
        while self.bytes > _KEPT and drop < len(self.entries) - 1:
            self.bytes -= len(self.entries[drop].event.json)
            self.floor = self.entries[drop].position
            drop += 1
        del self.entries[:drop]

    def after(self, position: Position) -> list[Entry] | None:
        """The events after that position; None when not all of them are kept here."""
        if position < self.floor:
            return None
        if self.last <= position:
            return []
        return self.entries[bisect_right(self.entries, position, key=lambda entry: entry.position) :]

    def note(self, name: str, json: bytes) -> bool:
        """Keep a note for all followers. False when it says what the last one of that name said."""
        told = self.notes.get(name)
        if told and told[1].event.json == json:
            return False
        self.noted += 1
        self.notes[name] = self.noted, Entry(Event("", name, json))
        return True

    def notes_after(self, number: int) -> list[Entry]:
        """The notes with higher numbers, of each name the last one."""
        return [entry for its, entry in self.notes.values() if its > number]

    def notify(self) -> None:
        arrival, self.arrival = self.arrival, threading.Event()
        arrival.set()


def position_of(event_id: str) -> Position:
    """The position of the event with that id."""
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds), int(number or 0)


def id_of(position: Position) -> str:
    """The id of the event at that position."""
    return f"{position[0]}-{position[1]}"
