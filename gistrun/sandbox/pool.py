"""Runs programs, each in a sandbox of its own, and mostly in one that was made ahead of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping

from gistrun.errors import Interrupted, SandboxUnavailable
from gistrun.model import Image, Outcome, Output, PhaseStarted, Program, SandboxTaken
from gistrun.sandbox.ahead import Ahead
from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.demand import Plan
from gistrun.sandbox.host import Host, Slot
from gistrun.sandbox.keeper import SOON_S, Keeper
from gistrun.sandbox.maker import Maker

#: Seconds after which a program counts as a long one, beside which sandboxes may be made.
_GOES_ON_S = 0.25


class Pool:
    """The sandboxes of one worker.

    Args:
        plan: how many to keep waiting; without one, only `prepare` makes them wait.
        slot: the worker's slot among those of its host; None for a worker that is alone.
    """

    def __init__(
        self,
        maker: Maker,
        plan: Plan | None = None,
        slot: Slot | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slot = slot or Host().slot(0)
        self._clock = clock
        self._slot.clear()
        self._running: dict[Sandbox, float] = {}
        self._closed = False
        self._last_end = 0.0
        self._maker = maker
        self._keeper = Keeper(maker, plan or Plan(0, 0), self._slot, self._quiet, clock)
        self._ahead = Ahead(maker, self._keeper.give_back)

    def run(self, program: Program) -> Generator[SandboxTaken | PhaseStarted | Output | Outcome]:
        """Run a program in a sandbox of its own; yields what was taken, then its events, and the outcome last.

        Raises:
            SandboxUnavailable: no sandbox could be had, or it broke before it reported how the program ended.
            Interrupted: the pool was closed meanwhile.
        """
        self._slot.run_begins(self._clock())
        try:
            language = self._maker.version_of(program)
            sandbox = self._take(program.environment or language.image)
            try:
                events = sandbox.run(program, language)
                first = next(events)  # the program starts before anybody is told
                yield SandboxTaken(sandbox.image.digest, sandbox.image.toolchain)
                yield first
                yield from events
            except SandboxUnavailable:
                if self._closed:
                    raise Interrupted("The worker was stopped.") from None
                raise
            finally:
                self._running.pop(sandbox, None)
                sandbox.hang_up()
                self._keeper.give_back(sandbox)
        finally:
            self._last_end = self._clock()
            self._slot.run_ended()

    def warm(self) -> dict[str, int]:
        """How many sandboxes wait for each image."""
        return self._keeper.warm()

    def learn(self, images: Iterable[Image], ages: Mapping[str, float]) -> None:
        """As `Keeper.learn`."""
        self._keeper.learn(images, ages)

    def prepare(self, image: str) -> None:
        """As `Keeper.prepare`."""
        self._keeper.prepare(image)

    def ahead(self, image: Image, packages: str) -> None:
        """As `Ahead.begin`."""
        self._ahead.begin(image, packages)

    def is_ahead(self, name: str) -> bool:
        """As `Ahead.has`."""
        return self._ahead.has(name)

    def forget_ahead(self) -> None:
        """As `Ahead.drop`."""
        self._ahead.drop()

    def stop(self) -> None:
        """End the program that runs, with everything in its sandbox; its `run` raises. Thread-safe."""
        for sandbox in list(self._running):
            sandbox.hang_up()

    def interrupt(self) -> None:
        """Take no more programs; one that runs raises Interrupted. Safe in a signal handler."""
        self._closed = True
        self._keeper.stop()
        self.stop()

    def close(self) -> None:
        """Remove every sandbox, also one that runs. Returns when all are gone."""
        self.interrupt()
        self._ahead.close()
        self._keeper.close()

    def _take(self, image: str) -> Sandbox:
        sandbox = self._keeper.take(image, self._ahead.take(image))
        self._running[sandbox] = self._clock()
        if self._closed:
            self._running.pop(sandbox)
            self._keeper.remove(sandbox)
            raise Interrupted("The worker was stopped.")
        return sandbox

    def _quiet(self, now: float) -> bool:
        """True if no program is starting in this worker or on this host."""
        starting = any(now - began < _GOES_ON_S for began in list(self._running.values()))
        # Right after an end the next program may already be on its way.
        return not starting and now - self._last_end > SOON_S and self._slot.quiet(now)
