"""Watching: what people looked at lately is asked for again, and whatever waits for a revisit is revisited."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from gistrun.runs import Runs
from gistrun.store import UNREACHABLE, Store

log = logging.getLogger(__name__)

#: Seconds to wait for a revisit before looking whether to stop.
_WAIT_S = 1.0
#: Seconds to let Redis, or whatever broke, come back.
_PAUSE_S = 5.0


def revisit(runs: Runs, store: Store, stop: threading.Event) -> None:
    """Do the revisits that are asked for, one after the other as GitHub wants it, until `stop`."""

    def next_one() -> None:
        if gist_id := store.next_revisit(_WAIT_S):
            runs.revisit(gist_id)

    repeat(next_one, 0.0, stop)


def repeat(act: Callable[[], object], seconds: float, stop: threading.Event) -> None:
    """Act every so many seconds until `stop`; what goes wrong is logged, and tried again after a pause."""
    while not stop.wait(seconds):
        try:
            act()
        except UNREACHABLE as error:
            log.warning("Redis does not answer: %s", error)
            stop.wait(_PAUSE_S)
        except Exception:
            log.exception("Watching broke")
            stop.wait(_PAUSE_S)
