"""A worker executes a run: every event is stored as it happens, and the end with all that it means for the caches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime

from gistrun.checking import CheckingSandboxes
from gistrun.errors import SandboxUnavailable, StoreUnavailable
from gistrun.explaining import ExplainingSandboxes
from gistrun.model import (
    Attempt,
    Gist,
    Installed,
    Outcome,
    Output,
    Program,
    Progress,
    Run,
    Sandboxes,
    SandboxEvent,
    SandboxTaken,
    State,
)
from gistrun.offer import Offer
from gistrun.recovery import Recovery
from gistrun.store import ActiveRun, End, Store


@dataclass
class _SoFar:
    """What is known of a run while it is executed."""

    run: Run
    program: Program | None = None


class Execution:
    """Executes runs, for a worker."""

    def __init__(self, store: Store, offer: Offer, recovery: Recovery, now: Callable[[], datetime]) -> None:
        self._runs = store.runs
        self._ends = store.ends
        self._packages = store.packages
        self._offer = offer
        self._recovery = recovery
        self._now = now

    def execute(self, attempt: Attempt, worker: str, sandboxes: Sandboxes) -> None:
        """Run it: every event goes into the store as it happens, the end with all that it means for the caches.

        Does nothing when the attempt does not count any more: a lost worker that comes back cannot write. Whatever goes
        wrong, the run ends or is queued again, unless the store does not answer.

        Raises:
            StoreUnavailable
        """
        begun = self._runs.begin(attempt, worker)
        if begun is None:
            return
        active, gist = begun
        so_far = _SoFar(active.run)
        with ExitStack() as until_stored:  # the sandbox is removed last, when every reader has the end
            try:
                outcome = self._follow(so_far, active, gist, sandboxes, until_stored)
            except StoreUnavailable:
                raise
            except Exception as error:
                outcome = self._recovery.failed(replace(active, run=so_far.run), error)
            if outcome:
                self._finish(so_far, active, gist, outcome)

    def _follow(
        self,
        so_far: _SoFar,
        active: ActiveRun,
        gist: Gist | None,
        sandboxes: Sandboxes,
        until_stored: ExitStack,
    ) -> Outcome | None:
        """Store what happens in the sandbox, up to the outcome; None when the attempt does not count any more."""
        program = so_far.program = self._program(active, gist)
        checking = CheckingSandboxes(sandboxes, self._offer.version_of, self._offer.limits)
        explaining = ExplainingSandboxes(checking, self._offer.version_of, self._offer.limits)
        for event in _gathered(until_stored.enter_context(closing(explaining.run(program)))):
            if isinstance(event, Outcome):
                return event
            if isinstance(event, Installed) and gist:
                self._packages.keep(gist, program, event.lock)
                so_far.program = replace(program, lock=event.lock)
            written = self._write(so_far.run, event, active.attempt)
            if written is None:
                return None
            so_far.run = written
        raise SandboxUnavailable("The sandbox ended without reporting how the program ended.")

    def _finish(self, so_far: _SoFar, active: ActiveRun, gist: Gist | None, outcome: Outcome) -> None:
        run, program = so_far.run, so_far.program
        identity = self._offer.identity(program, run.image) if program and run.image else None
        ended = run.ended(outcome, self._now())
        self._ends.finish(End(ended, active.key, active.attempt, identity, gist.owner if gist else None))

    def _program(self, active: ActiveRun, gist: Gist | None) -> Program:
        if gist is None:
            raise SandboxUnavailable("The gist was no longer stored when its turn came. Run it again.")
        program = self._offer.choose(gist, replace(active.request, file=active.run.file))
        return replace(program, lock=self._packages.lock_of(gist, program))

    def _write(self, run: Run, event: SandboxEvent | list[Output], number: int) -> Run | None:
        """The run after that event or output, which is stored; None when the attempt does not count any more."""
        counts = True
        match event:
            case SandboxTaken(image=image, toolchain=toolchain):
                running = Outcome(State.RUNNING)
                run = replace(run, image=image, toolchain=toolchain, started_at=self._now(), outcome=running)
                counts = self._runs.changed(run, number)
            case Progress(text=text):
                run = replace(run, outcome=replace(run.outcome, message=text or None))
                counts = self._runs.changed(run, number)
            case Installed(lock=lock):
                run = replace(run, packages=lock.packages)
                counts = self._runs.changed(run, number)
            case list():
                counts = self._runs.append(run.id, number, *event)
        return run if counts else None


def _gathered(events: Iterable[SandboxEvent]) -> Iterator[SandboxEvent | list[Output]]:
    """The same events; pieces of output that are here at the same time come together."""
    pieces: list[Output] = []
    for event in events:
        if isinstance(event, Output):
            pieces.append(event)
            if event.more:
                continue
        if pieces:
            yield pieces
            pieces = []
        if not isinstance(event, Output):
            yield event
