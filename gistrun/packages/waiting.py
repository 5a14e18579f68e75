"""Waits for what another thread does, so that the wait can be told, limited and given up."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from gistrun.errors import Interrupted, SandboxUnavailable

#: Seconds between two looks at whether it was given up.
_LOOK_S = 0.1

T = TypeVar("T")
Tell = Callable[[str], None]


class TookTooLong(SandboxUnavailable):
    """It was not done in time. It may still go on."""


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long somebody waits.

    Attributes:
        seconds: for all of it.
        first_s: until it tells something for the first time; None for no limit of its own.
        stopped: whether nobody waits any more.
    """

    seconds: float
    stopped: Callable[[], bool]
    first_s: float | None = None


def waited(work: Callable[[Tell], T], patience: Patience) -> Generator[str, None, T]:
    """What the work tells while it goes on; returns its result, or raises what it raises.

    Raises:
        TookTooLong: it is not done in time. Interrupted: nobody waits any more.
    """
    told: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    result: Future[T] = Future()

    def do() -> None:
        try:
            result.set_result(work(told.put))
        except BaseException as error:
            result.set_exception(error)
        told.put(None)

    threading.Thread(target=do, name="waited-for", daemon=True).start()
    began = time.monotonic()
    most = patience.seconds if patience.first_s is None else patience.first_s
    while True:
        with suppress(queue.Empty):
            text = told.get(timeout=_LOOK_S)
            if text is None:
                return result.result()
            most = patience.seconds
            yield text
        if patience.stopped():
            raise Interrupted("The installation was stopped.")
        if time.monotonic() - began > most:
            raise TookTooLong(f"It was not done within {most:g} s.")
