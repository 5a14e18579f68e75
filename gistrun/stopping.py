"""A visitor stops a run: it ends at once for everybody, and then its worker is told.

    stop ─ is it this visitor's? ─ store: the end ─ queue.give_up ~~~ worker ─ pool.stop: the sandbox is gone

The end comes first, so it holds whatever becomes of the worker: the attempt does not count any more, so the store
refuses what its worker still writes, and no worker begins it. A command that is lost is made up for by the worker's
next heartbeat.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from gistrun.errors import NotYours, StoreUnavailable
from gistrun.model import Attempt, Outcome, Phase, Run, State
from gistrun.store import ActiveRun, End, Store

log = logging.getLogger(__name__)

#: The message of a run that was stopped.
STOPPED = "stopped by a visitor"


class Queue(Protocol):
    """Where runs wait for a worker."""

    def give_up(self, attempt: Attempt, worker: str) -> None:
        """Take the attempt out of the queue, and have that worker ("": none has it) end what it executes of it."""


class Stopping:
    """Stops runs."""

    def __init__(self, store: Store, queue: Queue, now: Callable[[], datetime]) -> None:
        self._runs = store.runs
        self._ends = store.ends
        self._gists = store.gists
        self._streams = store.streams
        self._queue = queue
        self._now = now

    def may_stop(self, run_id: str, visitor: str) -> bool:
        """Whether that visitor has started the run, and it has not ended."""
        return bool(visitor) and self._runs.started_by(run_id) == visitor

    def stop(self, run_id: str, visitor: str) -> None:
        """End the run. One that has ended stays as it is.

        Raises:
            NotYours: the visitor has not started it.
        """
        while active := self._runs.active_run(run_id):
            if not visitor or active.starter != visitor:
                raise NotYours("Only the visitor who started this run may stop it.")
            if self._end(active):
                with suppress(StoreUnavailable):  # the worker's next heartbeat finds out
                    self._queue.give_up(active.job, self._runs.taken_by(run_id))
                return
            # It was queued again meanwhile, as its next attempt.

    def _end(self, active: ActiveRun) -> bool:
        """Keep the end. False when that attempt does not count any more."""
        run = active.run
        latest = self._gists.latest_of([run.gist]).get(run.gist)
        ended = run.ended(self._outcome(run), self._now())
        owner = latest.owner if latest else None
        return self._ends.finish(End(ended, active.key, active.attempt, owner=owner, is_result=False))

    def _outcome(self, run: Run) -> Outcome:
        """What is known of a program of which nobody will report anything."""
        written = [event.data for event in self._streams.current_events(run.id) if event.name == "output"]
        began = run.started_at
        return Outcome(
            State.FAILED,
            phase=Phase(written[-1]["phase"]) if written else None,
            duration_ms=int((self._now() - began).total_seconds() * 1000) if began else None,
            output_bytes=sum(len(piece["data"].encode()) for piece in written),
            message=STOPPED,
        )
