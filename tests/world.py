"""The rooms of gistrun wired together for a test: a real store, at a time that the test moves, with everything outside
played by hand.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gistrun import languages
from gistrun.execution import Execution
from gistrun.freshness.gists import Gists
from gistrun.languages import Language
from gistrun.model import Image, Limits, Opened, Visit
from gistrun.offer import Offer
from gistrun.recovery import Recovery
from gistrun.runs import Runs
from gistrun.store import Store
from tests.fakes import IMAGE, TOOLCHAIN, FakeGitHub, FakeQueue, ScriptedSandboxes, out, passed, taken

#: Seconds between two checks of one gist.
CHECK_INTERVAL = 60


class Clock:
    """The time, which stands still until it is moved."""

    def __init__(self, time: datetime = datetime(2026, 11, 22, 17, 34, tzinfo=UTC)) -> None:
        self.time = time

    def __call__(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def hello() -> ScriptedSandboxes:
    """Sandboxes in which `main.py` prints hello world."""
    return ScriptedSandboxes({"main.py": [taken(), out("hello world\n"), passed()]})


@dataclass
class World:
    """A service with Python ready."""

    store: Store
    github: Any = field(default_factory=FakeGitHub)
    queue: Any = field(default_factory=FakeQueue)
    clock: Clock = field(default_factory=Clock)
    sandboxes: ScriptedSandboxes = field(default_factory=hello)
    limits: Limits = field(default_factory=Limits)
    known: dict[str, Language] = field(default_factory=languages.load)

    def __post_init__(self) -> None:
        ids = (f"run{number}" for number in itertools.count(1))
        offer = Offer(self.known, self.limits)
        gists = Gists(self.github, self.store, CHECK_INTERVAL, self.clock)
        self.runs = Runs(gists, self.store, self.queue, offer, self.clock, lambda: next(ids))
        self.recovery = Recovery(self.store, self.queue, self.clock)
        self.execution = Execution(self.store, offer, self.recovery, self.clock)
        self.store.images.publish(Image("python", IMAGE, TOOLCHAIN))

    def open(self, gist_id: str, revision: str | None = None, **visit: Any) -> Opened:
        """A visitor opens the gist."""
        return self.runs.open(Visit(gist_id, revision, **visit))

    def work(self, worker: str = "worker") -> None:
        """A worker does what is queued."""
        while self.queue.executes:
            self.execution.execute(self.queue.executes.pop(0), worker, self.sandboxes)

    def revisit(self) -> list[str]:
        """Do every revisit that waits; the gists revisited, in order."""
        done = []
        while gist_id := self.store.revisits.next() or self.store.revisits.next_unknown():
            self.runs.revisit(gist_id)
            done.append(gist_id)
        return done
