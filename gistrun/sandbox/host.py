"""What the workers of one host know of each other: no sandbox is made while a program starts, and few at a time.

The workers share a page of memory that is created before they fork, so that reading it costs a run nothing. What a
killed worker leaves in it is overwritten by the worker that takes its slot, or becomes too old to count.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

#: Sandboxes made at the same time on one host. More would only delay each other, since all need the engine.
AT_A_TIME = 2
#: Seconds from the start of a run in which no sandbox is made: most programs have ended by then.
FIRST_S = 0.1
#: Seconds after which a worker that is recorded as making a sandbox does not count any more.
_STALE_S = 30.0

_RECORD = struct.Struct("dd")  # when a run began, and since when a sandbox is being made; 0 for neither


class Host:
    """The shared memory of a number of workers, one slot for each. Times are of the monotonic clock, in seconds."""

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        self._memory = mmap.mmap(-1, workers * _RECORD.size)

    def slot(self, index: int) -> Slot:
        """The slot of the worker with that index, counted from 0."""
        return Slot(self, index)

    def quiet(self, now: float) -> bool:
        """True if a sandbox may be made: no run has just begun, and not too many sandboxes are being made."""
        records = [self.read(index) for index in range(self._workers)]
        making = sum(1 for _, since in records if since and now - since < _STALE_S)
        return making < AT_A_TIME and all(now - began > FIRST_S for began, _ in records)

    def read(self, index: int) -> tuple[float, float]:
        """When a run began and since when a sandbox is being made; 0 for neither."""
        began, since = _RECORD.unpack_from(self._memory, index * _RECORD.size)
        return began, since

    def write(self, index: int, began: float, since: float) -> None:
        """Replace what `read` returns."""
        _RECORD.pack_into(self._memory, index * _RECORD.size, began, since)


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one worker in its host's memory."""

    host: Host
    index: int

    def clear(self) -> None:
        """Forget what an earlier worker has left."""
        self.host.write(self.index, 0.0, 0.0)

    def run_begins(self, now: float) -> None:
        """Record that a program is about to start."""
        self.host.write(self.index, now, self.host.read(self.index)[1])

    def run_ended(self) -> None:
        """Record that the program has ended."""
        self.host.write(self.index, 0.0, self.host.read(self.index)[1])

    def quiet(self, now: float) -> bool:
        """As `Host.quiet`."""
        return self.host.quiet(now)

    @contextmanager
    def making(self, now: float) -> Iterator[None]:
        """Record, for the length of the block, that a sandbox is being made."""
        self.host.write(self.index, self.host.read(self.index)[0], now)
        try:
            yield
        finally:
            self.host.write(self.index, self.host.read(self.index)[0], 0.0)
