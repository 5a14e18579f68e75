"""What happens in runs, told to everyone in this process who follows them: one reader of Redis for all.

A follower is told from where it left off. What a run has written of late is kept once per process, read and encoded
once, whoever follows; a follower holds no more than its place, so that one who reads slowly, or comes late, reads from
Redis what is kept no longer.

    follow ─ the past, one read ─ join ─ wake ~~ Redis ~~ reader: one blocking read of all that is followed ─ told
"""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from gistrun.errors import StoreUnavailable
from gistrun.store import Event, Store

log = logging.getLogger(__name__)

#: Seconds after which a follower of a silent run is told so, to give a sign of life itself.
SILENCE = 15.0
#: Events read from Redis at a time, and bytes of them that are kept for all.
_PAGE = 100
_KEPT = 256 * 1024

_LOST = "The connection to Redis was lost."


class Told:
    """An event with its encoding, made once for all who are told."""

    __slots__ = ("_encoded", "_lock", "event", "place")

    def __init__(self, event: Event) -> None:
        self.event = event
        self.place = _place(event.id)
        self._encoded: bytes | None = None
        self._lock = threading.Lock()

    def encoded(self, encode: Callable[[Event], bytes]) -> bytes:
        """The event as `encode` gives it; the first one who asks has it encoded, others wait for that."""
        if self._encoded is None:
            with self._lock:
                if self._encoded is None:
                    self._encoded = encode(self.event)
        return self._encoded


class _Followed:
    """A stream that somebody follows: its last events."""

    def __init__(self, floor: tuple[int, int]) -> None:
        #: Every event after this place, up to the last one read, is in `events`.
        self.floor = floor
        self.last = floor
        self.events: list[Told] = []
        self.bytes = 0
        self.followers = 0
        self.lost = False
        #: Set, and replaced by a new one, when something has come.
        self.arrival = threading.Event()

    def add(self, events: Sequence[Told]) -> None:
        self.events += events
        self.bytes += sum(len(told.event.json) for told in events)
        self.last = events[-1].place
        drop = 0
        while self.bytes > _KEPT and drop < len(self.events) - 1:
            self.bytes -= len(self.events[drop].event.json)
            self.floor = self.events[drop].place
            drop += 1
        del self.events[:drop]

    def after(self, place: tuple[int, int]) -> list[Told] | None:
        """What came after that place; None when not all of it is kept here."""
        if place < self.floor:
            return None
        if self.last <= place:
            return []
        return self.events[bisect_right(self.events, place, key=lambda told: told.place) :]

    def tell(self) -> None:
        arrival, self.arrival = self.arrival, threading.Event()
        arrival.set()


class Live:
    """One process' reader of streams (`store.run_stream`, `store.gist_stream`).

    `name` is its own among all processes that share the store.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self._lock = threading.Lock()
        self._followed: dict[str, _Followed] = {}
        self._reading = False

    def follow(self, stream: str, after: str = "0", deadline: float | None = None) -> Iterator[Sequence[Told]]:
        """The stream's events after the one named, as they come; ends after an `end`.

        Gives nothing (an empty sequence) every 15 s in which nothing has happened: whether more can come is the
        caller's to see.

        Args:
            deadline: of `time.monotonic`, to give up at.

        Raises:
            StoreUnavailable: the connection to Redis was lost; come again with the last event's id.
        """
        place = _place(after)
        followed = None
        batch: Sequence[Told] | None
        try:
            while followed is None:
                batch, place, followed = self._enter(stream, place)
                if batch:
                    yield batch
                    place = batch[-1].place
                    if batch[-1].event.name == "end":
                        return
            while True:
                with self._lock:
                    arrival, lost, batch = followed.arrival, followed.lost, followed.after(place)
                if batch is None:  # too slow: what was missed is in Redis only
                    batch = self._past(stream, place)
                if batch:
                    yield batch
                    place = batch[-1].place
                    if batch[-1].event.name == "end":
                        return
                    continue
                if lost:
                    raise StoreUnavailable(_LOST)
                wait = SILENCE if deadline is None else min(SILENCE, deadline - time.monotonic())
                if wait <= 0:
                    return
                if not arrival.wait(wait):
                    yield ()
        finally:
            if followed:
                self._leave(stream, followed)

    def _enter(self, stream: str, place: tuple[int, int]) -> tuple[Sequence[Told], tuple[int, int], _Followed | None]:
        """What came after the place so far, the place, and what to wait at for more (None: there is more already)."""
        with self._lock:
            followed = self._followed.get(stream)
            batch = followed.after(place) if followed and place <= followed.last else None
            if followed and batch is not None:
                followed.followers += 1
                return batch, place, followed
        past = self._past(stream, place)
        if len(past) == _PAGE:
            return past, place, None
        if not past and any(place):
            # The place is what a visitor names. At one that no event has had yet everybody would wait in vain.
            place = min(place, self._last(stream))
        return past, place, self._join(stream, place, past)

    def _past(self, stream: str, place: tuple[int, int]) -> list[Told]:
        return [Told(event) for event in self._store.streams.stream(stream, _id(place), _PAGE)]

    def _last(self, stream: str) -> tuple[int, int]:
        last = self._store.streams.last_event(stream)
        return _place(last.id) if last else (0, 0)

    def _join(self, stream: str, place: tuple[int, int], past: Sequence[Told]) -> _Followed:
        """Follow the stream from after that past, or with those who follow it already."""
        with self._lock:
            followed = self._followed.get(stream)
            is_new = followed is None
            if followed is None:
                followed = self._followed[stream] = _Followed(place)
                if past:
                    followed.add(past)
            followed.followers += 1
            start, self._reading = not self._reading, True
        if start:
            threading.Thread(target=self._read, name="live", daemon=True).start()
        elif is_new:
            try:
                self._store.streams.wake(self._name)
            except StoreUnavailable:
                self._leave(stream, followed)
                raise
        return followed

    def _leave(self, stream: str, followed: _Followed) -> None:
        with self._lock:
            followed.followers -= 1
            if not followed.followers and self._followed.get(stream) is followed:
                del self._followed[stream]

    # The reader: a thread while anybody follows anything.

    def _read(self) -> None:
        try:
            woken = "0"
            while True:
                with self._lock:
                    after = {stream: _id(followed.last) for stream, followed in self._followed.items()}
                    if not after:
                        self._reading = False
                        return
                found, woken = self._store.streams.new_events(after, SILENCE, self._name, woken)
                with self._lock:
                    arrived = [self._add(stream, events) for stream, events in found]
                for followed in arrived:
                    if followed:
                        followed.tell()
        except StoreUnavailable as error:
            log.warning("Redis does not answer; who follows a run comes again: %s", error.__cause__)
            self._lose()
        except Exception:
            log.exception("The reader of live output broke; who follows a run comes again")
            self._lose()

    def _add(self, stream: str, events: list[Event]) -> _Followed | None:
        followed = self._followed.get(stream)
        told = [Told(event) for event in events]
        # Everybody left, and perhaps others came and are further, while this was read.
        if followed is None or told[0].place <= followed.last:
            return None
        followed.add(told)
        if events[-1].name == "end":
            del self._followed[stream]  # nothing more will come; who follows it has it
        return followed

    def _lose(self) -> None:
        with self._lock:
            lost = list(self._followed.values())
            self._followed.clear()
            self._reading = False
            for followed in lost:
                followed.lost = True
        for followed in lost:
            followed.tell()


def _place(event_id: str) -> tuple[int, int]:
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds), int(number or 0)


def _id(place: tuple[int, int]) -> str:
    return f"{place[0]}-{place[1]}"
