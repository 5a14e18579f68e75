"""What happens to a run whose attempt failed, or whose worker, engine or job was lost.

All of these can be lost at any moment. The run is then queued again as its next attempt, and the store refuses
everything that the lost attempt still writes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from gistrun.errors import EngineUnavailable, ImageMissing, Interrupted, Refused, SandboxUnavailable, Stopped
from gistrun.model import Attempt, Outcome, State
from gistrun.store import ActiveRun, End, Store

log = logging.getLogger(__name__)

#: A run has this many attempts if its worker or engine is lost while it runs.
ATTEMPTS = 3
#: A run waits this many seconds for the engine, over all its attempts, and then ends in an error.
ENGINE_AWAITED_S = 60


class Queue(Protocol):
    """Where runs wait for a worker."""

    def execute(self, attempt: Attempt, visitor: str = "") -> None:
        """Have a worker execute the attempt in its visitor's turn. A second call for the attempt changes nothing."""

    def promote(self, attempt: Attempt, visitor: str) -> None:
        """Move an attempt that nobody waited for into the turn of a visitor who waits for it now."""

    def drop(self, attempt: Attempt) -> None:
        """Forget an attempt whose worker was lost; nothing else removes its job."""

    def give_up(self, attempt: Attempt, worker: str) -> None:
        """See `stopping.Queue`."""

    def waiting(self) -> list[str]:
        """See `line.Queue`."""

    def lost(self, attempt: Attempt) -> bool:
        """True if no worker will ever execute that attempt."""


class Recovery:
    """Recovers runs that no worker executes any more."""

    def __init__(self, store: Store, queue: Queue, now: Callable[[], datetime]) -> None:
        self._runs = store.runs
        self._ends = store.ends
        self._images = store.images
        self._workers = store.workers
        self._queue = queue
        self._now = now

    def failed(self, active: ActiveRun, error: Exception) -> Outcome | None:
        """Handle the error of an attempt; returns the run's outcome, or None if it was queued again or has ended."""
        match error:
            case Stopped():
                return None
            case Interrupted():
                self._again(active)
                return None
            case EngineUnavailable():
                self._wait_for_engine(active)
                return None
            case ImageMissing() if active.lost + 1 < ATTEMPTS:
                # It was removed after the run was queued. `recover` has a language's made, and then adds the job; one
                # with packages is made by the run itself.
                if error.image == active.image:
                    self._images.forget(active.image)
                self._requeue(active, f"The image for {error.image} was removed and is made again.", active.lost + 1)
                return None
            case SandboxUnavailable() | Refused():
                return Outcome(State.ERROR, message=str(error))
        log.error("Run %s broke", active.run.id, exc_info=error)
        message = "Something in gistrun broke while running this; its log says what. Run it again in a while."
        return Outcome(State.ERROR, message=message)

    def recover(self) -> None:
        """Handle every run that no worker executes or will execute, and every run that waits for an engine or an image.

        One process calls this about once a second.
        """
        engine_answers: bool | None = None
        for active in self._runs.active():
            if active.worker:
                if not self._workers.is_alive(active.worker):
                    self._again(active)
            elif not self._images.ready(active.image):
                self._await_image(active)
            elif active.waiting is not None:
                if engine_answers is None:
                    engine_answers = self._workers.engine_answers()
                self._await_engine(active, active.waiting, engine_answers)
            elif self._queue.lost(active.job):
                self._queue.execute(active.job, active.visitor)

    def _await_image(self, active: ActiveRun) -> None:
        """The image is being made: pass on how far it is. End the run if it cannot be made."""
        reason = self._images.broken(active.image)
        if reason:
            self._end(active, reason)
            return
        self._images.want(active.image)
        progress = self._images.progress(active.image)
        if progress and progress != active.run.outcome.message:
            told = replace(active.run, outcome=replace(active.run.outcome, message=progress))
            self._runs.changed(told, active.attempt)

    def _again(self, active: ActiveRun) -> None:
        self._queue.drop(active.job)
        if active.lost + 1 >= ATTEMPTS:
            self._give_up(active, f"The worker was lost while running this, {ATTEMPTS} times.")
        elif self._requeue(active, "The worker was lost while running this; it starts over.", active.lost + 1):
            following = replace(active, attempt=active.attempt + 1)
            self._queue.execute(following.job, active.visitor)

    def _wait_for_engine(self, active: ActiveRun) -> None:
        """Queue the run without a job. `recover` adds the job when the engine answers."""
        lost = active.lost + (active.run.state is State.RUNNING)
        if lost >= ATTEMPTS:
            self._give_up(active, f"The Docker engine was lost while running this, {ATTEMPTS} times.")
        else:
            message = "The Docker engine does not answer; waiting for it."
            self._requeue(active, message, lost, waiting=self._now().timestamp())

    def _await_engine(self, active: ActiveRun, since: float, engine_answers: bool) -> None:
        waited = active.waited + self._now().timestamp() - since
        if waited >= ENGINE_AWAITED_S:
            self._give_up(active, f"The Docker engine did not answer for {ENGINE_AWAITED_S} s.")
        elif engine_answers and self._runs.waited(active.run.id, active.attempt, waited):
            self._queue.execute(active.job, active.visitor)

    def _requeue(self, active: ActiveRun, message: str, lost: int, waiting: float | None = None) -> bool:
        queued = replace(active.run, started_at=None, outcome=Outcome(State.QUEUED, message=message))
        return self._runs.restart(queued, active.attempt, lost, waiting)

    def _give_up(self, active: ActiveRun, reason: str) -> None:
        self._end(active, f"{reason} Run it again in a while.")

    def _end(self, active: ActiveRun, reason: str) -> None:
        ended = active.run.ended(Outcome(State.ERROR, message=reason), self._now())
        self._ends.finish(End(ended, active.key, active.attempt))
