"""What everybody with an open page is told beside the events: how many are watching, and how many runs wait before.

One thread of this process tells all its pages, while there are any. It reads the queue once a second for all of them,
and tells a run's place only when that has changed. Every 3 seconds it says in Redis who is here, and reads how many are
watching each gist at all web processes together. A visitor counts once for a gist, and until a lease is over, so that a
page that is loaded again does not leave.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from gistrun.errors import StoreUnavailable
from gistrun.line import Line
from gistrun.store import Store, run_stream
from gistrun.web.follow.reader import Reader

log = logging.getLogger(__name__)

#: Seconds between two looks at the queue, and after Redis did not answer; looks for each count of the viewers; and the
#: seconds of a viewer's lease.
_TURN_S, _PAUSE_S = 1.0, 5.0
_COUNTED_EVERY = 3
_LEASE_S = 10

#: A visitor at a page: the gist, the run that is followed or "", the stream that tells the page, the visitor.
_Seat = tuple[str, str, str, str]


class Audience:
    """The visitors with open pages in this process."""

    def __init__(self, store: Store, reader: Reader, line: Line) -> None:
        self._visitors = store.visitors
        self._reader = reader
        self._line = line
        self._lock = threading.Lock()
        self._seats: Counter[_Seat] = Counter()
        self._telling = False

    def join(self, gist: str, stream: str, visitor: str, run: str = "") -> Callable[[], None]:
        """Count a visitor who follows that stream; what is returned must be called when the stream closes.

        Args:
            run: the run whose stream it is; "" for the gist's own.
        """
        seat = gist, run, stream, visitor
        with self._lock:
            self._seats[seat] += 1
            start, self._telling = not self._telling, True
        if start:
            threading.Thread(target=self._tell, name="audience", daemon=True).start()
        return partial(self._leave, seat)

    def _leave(self, seat: _Seat) -> None:
        with self._lock:
            self._seats[seat] -= 1
            if self._seats[seat] <= 0:
                del self._seats[seat]

    # On the thread, which lives as long as somebody is here

    def _tell(self) -> None:
        turn = 0
        while True:
            with self._lock:
                seats = list(self._seats)
                if not seats:
                    self._telling = False
                    return
            try:
                self._tell_places({run for _, run, _, _ in seats if run})
                if turn % _COUNTED_EVERY == 0:
                    self._tell_viewers(seats)
            except StoreUnavailable as error:
                log.debug("Redis does not answer, so open pages are told nothing: %s", error.__cause__)
                time.sleep(_PAUSE_S)
            except Exception:  # without this thread nobody would be told any more
                log.exception("Open pages could not be told how things stand")
            turn += 1
            time.sleep(_TURN_S)

    def _tell_places(self, runs: set[str]) -> None:
        places = self._line.places() if runs else {}
        for run in runs & places.keys():
            self._reader.note(run_stream(run), "place", json.dumps({"before": places[run]}).encode())

    def _tell_viewers(self, seats: list[_Seat]) -> None:
        present: dict[str, set[str]] = {}
        streams: dict[str, set[str]] = {}
        for gist, _, stream, visitor in seats:
            present.setdefault(gist, set()).add(visitor)
            streams.setdefault(gist, set()).add(stream)
        for gist, count in self._visitors.watching(present, _LEASE_S).items():
            told = json.dumps({"count": count}).encode()
            for stream in streams[gist]:
                self._reader.note(stream, "viewers", told)
