"""What one worker process holds and does: it executes runs, and says every few seconds that it is alive."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from gistrun.errors import EngineUnavailable, Interrupted, RegistryUnavailable, SandboxUnavailable, Stopped
from gistrun.execution import Execution
from gistrun.github import Budget
from gistrun.installing import InstallingSandboxes
from gistrun.model import Attempt, Image, Program, SandboxEvent
from gistrun.sandbox.demand import IN_USE_S
from gistrun.sandbox.pool import Pool
from gistrun.store import Store

log = logging.getLogger(__name__)

#: Seconds between two looks at which images the engine has.
EVERY_S = 10.0


class Heartbeat:
    """Tells the store that a worker is alive, and whether it could run something.

    Args:
        check_engine: why the engine can run nothing now, as a sentence, or None.
        images: the engine's images of all languages and of these names.
        budget: what is left of GitHub's budget, or None where that is not known.
    """

    def __init__(
        self,
        name: str,
        store: Store,
        pool: Pool,
        check_engine: Callable[[], str | None],
        images: Callable[[Iterable[str]], list[Image]],
        budget: Callable[[], Budget | None],
    ) -> None:
        self._name = name
        self._store = store
        self._pool = pool
        self.check_engine = check_engine
        self._images = images
        self._ready: list[Image] = []
        self._next = 0.0
        self._budget = budget

    def beat(self) -> None:
        """Give a heartbeat, and have the pool learn which images are in demand."""
        trouble = self.check_engine()
        if not trouble:
            now = datetime.now(UTC)
            ages = {name: (now - at).total_seconds() for name, at in self._store.images.last_asked_for().items()}
            if time.monotonic() >= self._next:
                self._look(name for name, age in ages.items() if age < IN_USE_S)
            self._pool.learn(self._ready, ages)
        self.report(trouble, [] if trouble else self._ready)

    def _look(self, asked: Iterable[str]) -> None:
        """Ask the engine for its images, among them those that were asked for."""
        self._next = time.monotonic() + EVERY_S
        try:
            self._ready = self._images(asked)
        except SandboxUnavailable as error:
            log.warning("The engine does not say which images it has: %s", error)
            return
        for image in self._ready:
            # They may have been built while no service was running.
            if not image.has_packages and self._store.images.ready(image.name) is None:
                self._store.images.publish(image)

    def report(self, trouble: str | None, ready: list[Image]) -> None:
        """Record what is wrong with the engine, if anything, and which images there are."""
        budget = self._budget()
        facts: dict[str, Any] = {
            "pid": os.getpid(),
            "engine": trouble or True,
            "images": [image.name for image in ready if not image.has_packages],
            "warm": self._pool.warm(),
            "github": budget.as_json() if budget else None,
        }
        self._store.workers.heartbeat(self._name, facts)


class EngineSandboxes:
    """The sandboxes of a worker. When one breaks, they find out whether the engine is the reason."""

    def __init__(self, sandboxes: Pool | InstallingSandboxes, heartbeat: Heartbeat) -> None:
        self._sandboxes = sandboxes
        self._heartbeat = heartbeat
        self._stopped = False

    def begin(self) -> None:
        """An attempt begins, of which nobody has asked to stop it."""
        self._stopped = False

    def stop(self) -> None:
        """Raise Stopped from the program that runs, and from all others until the next attempt begins."""
        self._stopped = True
        self._sandboxes.stop()

    def give_up(self) -> None:
        """End what is under way, for another worker to take up. Safe in a signal handler."""
        self._sandboxes.stop()

    def close(self) -> None:
        """Give up what is being prepared for later programs."""
        if isinstance(self._sandboxes, InstallingSandboxes):
            self._sandboxes.close(patience_s=0)

    def run(self, program: Program) -> Generator[SandboxEvent]:
        """One program in a sandbox of its own; see `runs.Sandboxes`.

        Raises:
            EngineUnavailable: it broke, and the engine can run nothing now. The store knows that.
            SandboxUnavailable: it broke although the engine could run something.
            Interrupted: the worker is to stop.
            Stopped: the attempt is to stop.
        """
        try:
            with closing(self._sandboxes.run(program)) as events:
                first = next(events)  # `stop` finds a sandbox from now on
                self._refuse_stopped()
                yield first
                yield from events
        except SandboxUnavailable as error:
            self._refuse_stopped()
            if isinstance(error, Interrupted | RegistryUnavailable):
                raise
            # The engine may answer now and not have answered then.
            trouble = str(error) if isinstance(error, EngineUnavailable) else self._heartbeat.check_engine()
            if trouble is None:
                raise
            self._heartbeat.report(trouble, [])
            raise EngineUnavailable(trouble) from error

    def _refuse_stopped(self) -> None:
        if self._stopped:
            raise Stopped("A visitor has stopped the run.")


class Worker:
    """Executes runs in sandboxes of its own."""

    def __init__(
        self,
        name: str,
        execution: Execution,
        pool: Pool,
        sandboxes: EngineSandboxes,
        heartbeat: Heartbeat,
        store: Store,
    ) -> None:
        self._name = name
        self._execution = execution
        self._pool = pool
        self._heartbeat = heartbeat
        self._store = store
        self._sandboxes = sandboxes
        self._lock = threading.Lock()
        self._attempt: Attempt | None = None
        # Before any job: a worker without a heartbeat loses its run.
        self.beat()

    def execute(self, attempt: Attempt) -> None:
        """Run a gist; every end is written to the store."""
        with self._lock:
            self._attempt = attempt
            self._sandboxes.begin()
        try:
            self._execution.execute(attempt, self._name, self._sandboxes)
        finally:
            with self._lock:
                self._attempt = None

    def stop(self, run_id: str, number: int) -> None:
        """End that attempt at once, with everything in its sandbox, if this worker executes it."""
        with self._lock:
            attempt = self._attempt
            if attempt and (attempt.run, attempt.number) == (run_id, number):
                self._sandboxes.stop()

    def beat(self) -> None:
        """Give a heartbeat. Also notice that the attempt does not count any more, if the command to stop was lost."""
        self._heartbeat.beat()
        attempt = self._attempt
        if attempt and not self._store.runs.counts(attempt):
            self.stop(attempt.run, attempt.number)

    def interrupt(self) -> None:
        """Give up the program in progress, for another worker to take up."""
        self._pool.interrupt()
        self._sandboxes.give_up()

    def close(self) -> None:
        """Remove every sandbox of this worker, and tell the store that it has stopped."""
        self._sandboxes.close()
        self._pool.close()
        self._store.workers.gone(self._name)
