"""Events of runs and gists for everybody in this process who follows them: one reader of Redis for all.

A follower begins where it left off. The latest events of each stream are kept once per process, read and encoded once,
however many follow. A follower holds only its position, so one that reads slowly or comes late reads older events from
Redis.

    follow ─ past events, one read ─ join ─ wake ~~ Redis ~~ reader: one blocking read of all streams ─ followers

A note tells followers who want notes how things stand (`audience`). It is no event: it has no id, is kept nowhere, and
of each name only the last one counts.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence

from gistrun.errors import StoreUnavailable
from gistrun.store import Event, Store, run_stream
from gistrun.web.follow.followed import Entry, Followed, Position, id_of, position_of

log = logging.getLogger(__name__)

#: Seconds of silence after which a follower is given an empty batch, so that it can send something itself.
SILENCE = 15.0
#: Events read from Redis at a time.
_PAGE = 100


class Reader:
    """One process' reader of streams (`store.run_stream`, `store.gist_stream`).

    `name` is its own among all processes that share the store.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._streams = store.streams
        self._runs = store.runs
        self._name = name
        self._lock = threading.Lock()
        self._followed: dict[str, Followed] = {}
        self._reading = False

    def follow_run(
        self, run_id: str, after: str = "0", deadline: float | None = None, *, notes: bool = False
    ) -> Iterator[Sequence[Entry]]:
        """As `follow`, for a run. Also ends when a silent run has ended without our reading it, or is not kept."""
        for batch in self.follow(run_stream(run_id), after, deadline, notes=notes):
            if not batch and ((run := self._runs.get(run_id)) is None or run.state.finished):
                return
            yield batch

    def note(self, stream: str, name: str, json: bytes) -> None:
        """Tell everybody here who follows the stream with notes, unless they have been told the same."""
        with self._lock:
            followed = self._followed.get(stream)
            is_new = followed is not None and followed.note(name, json)
        if followed and is_new:
            followed.notify()

    def follow(
        self, stream: str, after: str = "0", deadline: float | None = None, *, notes: bool = False
    ) -> Iterator[Sequence[Entry]]:
        """The stream's events after the one named, as they come; ends after an `end`.

        Yields an empty sequence after every 15 s of silence.

        Args:
            deadline: the time of `time.monotonic` at which to end.
            notes: yield notes too, in batches of their own.

        Raises:
            StoreUnavailable: the connection to Redis was lost. Come again with the last event's id.
        """
        position, followed = position_of(after), None
        try:
            while followed is None:
                past, position, followed = self._enter(stream, position)
                if past:
                    yield past
                    position = past[-1].position
                    if past[-1].event.name == "end":
                        return
            yield from self._follow(stream, followed, position, deadline, notes)
        finally:
            if followed:
                self._leave(stream, followed)

    def _follow(
        self, stream: str, followed: Followed, position: Position, deadline: float | None, notes: bool
    ) -> Iterator[Sequence[Entry]]:
        told, silent_since = 0, time.monotonic()
        while True:
            with self._lock:
                arrival, lost, batch = followed.arrival, followed.lost, followed.after(position)
                noted = followed.notes_after(told) if notes else []
                told = followed.noted
            if noted:  # which do not end a silence
                yield noted
            if batch is None:  # the follower is too slow: what it missed is only in Redis
                batch = self._past(stream, position)
            if batch:
                yield batch
                position, silent_since = batch[-1].position, time.monotonic()
                if batch[-1].event.name == "end":
                    return
                continue
            if lost:
                raise StoreUnavailable("The connection to Redis was lost.")
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                return
            if now >= silent_since + SILENCE:
                yield ()
                silent_since = now
                continue
            until = silent_since + SILENCE if deadline is None else min(silent_since + SILENCE, deadline)
            arrival.wait(max(0.0, until - now))

    def _enter(self, stream: str, position: Position) -> tuple[Sequence[Entry], Position, Followed | None]:
        """The events after the position so far, the position, and where to wait for more (None: there are more)."""
        with self._lock:
            followed = self._followed.get(stream)
            batch = followed.after(position) if followed and position <= followed.last else None
            if followed and batch is not None:
                followed.followers += 1
                return batch, position, followed
        past = self._past(stream, position)
        if len(past) == _PAGE:
            return past, position, None
        if not past and any(position):
            # A visitor names the position. At one that no event has reached yet everybody would wait in vain.
            position = min(position, self._last(stream))
        return past, position, self._join(stream, position, past)

    def _past(self, stream: str, position: Position) -> list[Entry]:
        return [Entry(event) for event in self._streams.stream(stream, id_of(position), _PAGE)]

    def _last(self, stream: str) -> Position:
        last = self._streams.last_event(stream)
        return position_of(last.id) if last else (0, 0)

    def _join(self, stream: str, position: Position, past: Sequence[Entry]) -> Followed:
        """Follow the stream from after those events, or with those who follow it already."""
        with self._lock:
            followed = self._followed.get(stream)
            is_new = followed is None
            if followed is None:
                followed = self._followed[stream] = Followed(position)
                if past:
                    followed.add(past)
            followed.followers += 1
            start, self._reading = not self._reading, True
        if start:
            threading.Thread(target=self._read, name="reader", daemon=True).start()
        elif is_new:
            try:
                self._streams.wake(self._name)
            except StoreUnavailable:
                self._leave(stream, followed)
                raise
        return followed

    def _leave(self, stream: str, followed: Followed) -> None:
        with self._lock:
            followed.followers -= 1
            if not followed.followers and self._followed.get(stream) is followed:
                del self._followed[stream]

    # On the reader's thread, which lives as long as somebody follows something

    def _read(self) -> None:
        try:
            woken = "0"
            while True:
                with self._lock:
                    after = {stream: id_of(followed.last) for stream, followed in self._followed.items()}
                    if not after:
                        self._reading = False
                        return
                found, woken = self._streams.new_events(after, SILENCE, self._name, woken)
                with self._lock:
                    arrived = [self._add(stream, events) for stream, events in found]
                for followed in filter(None, arrived):
                    followed.notify()
        except StoreUnavailable as error:
            log.debug("Redis does not answer; followers of runs reconnect: %s", error.__cause__)
            self._lose()
        except Exception:
            log.exception("The reader of live output broke; followers of runs reconnect")
            self._lose()

    def _add(self, stream: str, events: list[Event]) -> Followed | None:
        followed = self._followed.get(stream)
        entries = [Entry(event) for event in events]
        # Meanwhile all followers may have left, and new ones may have read further.
        if followed is None or entries[0].position <= followed.last:
            return None
        followed.add(entries)
        if events[-1].name == "end":
            del self._followed[stream]  # nothing more will come; its followers hold it themselves
        return followed

    def _lose(self) -> None:
        with self._lock:
            lost = list(self._followed.values())
            self._followed.clear()
            self._reading = False
            for followed in lost:
                followed.lost = True
        for followed in lost:
            followed.notify()
