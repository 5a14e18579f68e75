"""What the workers of one host tell each other about themselves, so that none makes sandboxes while another's program
is starting, and not all make some at the same time.

It is memory that they share, made before they fork: reading it costs nothing on the path of a run, and what a worker
that was killed has left there is overwritten by the one that takes its place, or grows old.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager

#: Sandboxes made at a time on one host; more only keep each other waiting (they all need the engine).
AT_A_TIME = 2
#: Seconds that a run has the machine for itself, as far as it depends on us: in most of them all is over by then.
FIRST_S = 0.1
#: Seconds after which who said that they are making one is not believed any more.
_STALE_S = 30.0

_SEAT = struct.Struct("dd")  # when a run began, since when a sandbox is being made; 0 where neither


class Host:
    """The seats of so many workers. Moments are of the host's monotonic clock, in seconds."""

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        self._seats = mmap.mmap(-1, workers * _SEAT.size)

    def clear(self, place: int) -> None:
        """A new worker sits down at that place."""
        self._write(place, 0.0, 0.0)

    def run_begins(self, place: int, now: float) -> None:
        """A program is about to start."""
        self._write(place, now, self._read(place)[1])

    def run_ended(self, place: int) -> None:
        """Its end was told."""
        self._write(place, 0.0, self._read(place)[1])

    def quiet(self, now: float) -> bool:
        """True when a sandbox may be made: no run has just begun, and not too many are being made."""
        seats = [self._read(place) for place in range(self._workers)]
        making = sum(1 for _, since in seats if since and now - since < _STALE_S)
        return making < AT_A_TIME and all(now - began > FIRST_S for began, _ in seats)

    @contextmanager
    def making(self, place: int, now: float) -> Iterator[None]:
        """While a sandbox is made."""
        self._write(place, self._read(place)[0], now)
        try:
            yield
        finally:
            self._write(place, self._read(place)[0], 0.0)

    def _read(self, place: int) -> tuple[float, float]:
        began, since = _SEAT.unpack_from(self._seats, place * _SEAT.size)
        return began, since

    def _write(self, place: int, began: float, since: float) -> None:
        _SEAT.pack_into(self._seats, place * _SEAT.size, began, since)
