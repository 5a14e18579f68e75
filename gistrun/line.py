"""How many runs wait before a run: where everybody's runs stand in the queue."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

#: Seconds for which an answer counts, so that the queue is read once however many ask.
_TRUE_S = 1.0


class Queue(Protocol):
    """Where runs wait for a worker."""

    def waiting(self) -> list[str]:
        """The ids of the runs that wait, in the order in which workers take them."""


class Line:
    """The queue as it stood a moment ago."""

    def __init__(self, queue: Queue, clock: Callable[[], float] = time.monotonic) -> None:
        self._queue = queue
        self._clock = clock
        self._lock = threading.Lock()
        self._places: Mapping[str, int] = {}
        self._read_at = -_TRUE_S

    def places(self) -> Mapping[str, int]:
        """How many runs wait before each one that waits, by its id; a second old at most.

        Raises:
            StoreUnavailable
        """
        with self._lock:
            if self._clock() >= self._read_at + _TRUE_S:
                self._places = {run: before for before, run in enumerate(self._queue.waiting())}
                self._read_at = self._clock()
            return self._places

    def before(self, run_id: str) -> int | None:
        """How many runs wait before that one; None when it does not wait for a worker. Raises as `places`."""
        return self.places().get(run_id)
