"""Hand-written stand-ins for what is outside: GitHub, the queue, sandboxes. They keep what they were asked."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gistrun.errors import GistrunError, Gone, NotFound, SandboxUnavailable
from gistrun.execution import Execution
from gistrun.model import (
    Attempt,
    ChangedGist,
    Gist,
    Outcome,
    Output,
    OwnersGist,
    OwnersGists,
    Phase,
    Program,
    SandboxEvent,
    SandboxTaken,
    State,
    Stream,
)

IMAGE = "sha256:" + "1" * 64
TOOLCHAIN = "Python 3.13.5"


@dataclass
class FakeGitHub:
    """GitHub with these gists: the latest revision of each under its id, others under (id, revision)."""

    gists: dict[str, Gist] = field(default_factory=dict)
    revisions: dict[tuple[str, str], Gist] = field(default_factory=dict)
    #: Raised instead of answering, when set.
    error: GistrunError | None = None
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)

    def add(self, gist: Gist) -> Gist:
        self.gists[gist.id] = gist
        self.revisions[gist.id, gist.revision] = gist
        return gist

    def fetch(
        self, gist_id: str, revision: str | None = None, etag: str | None = None, *, background: bool = False
    ) -> Gist | None:
        self.asked.append((gist_id, revision, etag))
        if self.error:
            raise self.error
        gist = self.revisions.get((gist_id, revision)) if revision else self.gists.get(gist_id)
        if gist is None and etag and revision is None:
            raise Gone(f"GitHub no longer has gist {gist_id}: it was deleted or made private.")
        if gist is None:
            raise NotFound(f"GitHub has no gist {gist_id}, or it is private.")
        return None if etag and etag == gist.etag else gist

    def changed_gists(self, owner: str, since: datetime) -> list[ChangedGist]:
        if self.error:
            raise self.error
        found = [(gist, datetime.fromisoformat(gist.updated_at)) for gist in self.gists.values() if gist.updated_at]
        return [ChangedGist(gist.id, at, gist.public) for gist, at in found if gist.owner == owner and at >= since]

    def public_gists(self, owner: str) -> OwnersGists:
        if self.error:
            raise self.error
        found = [gist for gist in self.gists.values() if gist.owner == owner and gist.public]
        if not found:
            raise NotFound(f"GitHub has no user {owner}.")
        at = datetime(2026, 11, 20, tzinfo=UTC)
        listed = tuple(
            OwnersGist(gist.id, at, gist.description, tuple(file.name for file in gist.files)) for gist in found
        )
        return OwnersGists(listed, at)


@dataclass
class FakeQueue:
    """A queue that only keeps what it was asked to do."""

    executes: list[Attempt] = field(default_factory=list)
    #: The visitor of each run.
    visitors: dict[str, str] = field(default_factory=dict)
    #: Attempts that were to end, each with the worker that was told.
    given_up: list[tuple[Attempt, str]] = field(default_factory=list)

    def execute(self, attempt: Attempt, visitor: str = "") -> None:
        self.executes.append(attempt)
        self.visitors[attempt.run] = visitor

    def promote(self, attempt: Attempt, visitor: str) -> None:
        self.visitors[attempt.run] = visitor

    def drop(self, attempt: Attempt) -> None:
        self.executes = [other for other in self.executes if other != attempt]

    def give_up(self, attempt: Attempt, worker: str) -> None:
        self.drop(attempt)
        self.given_up.append((attempt, worker))

    def waiting(self) -> list[str]:
        return [attempt.run for attempt in self.executes]

    def lost(self, attempt: Attempt) -> bool:
        return attempt not in self.executes


class ThreadQueue(FakeQueue):
    """A queue whose one worker is a thread for each run; bind it to the execution and the sandboxes before use."""

    def bind(self, execution: Execution, sandboxes: ScriptedSandboxes) -> None:
        self._execution, self._sandboxes = execution, sandboxes
        self._threads: list[threading.Thread] = []

    def execute(self, attempt: Attempt, visitor: str = "") -> None:
        super().execute(attempt, visitor)
        work = threading.Thread(target=self._execution.execute, args=(attempt, "thread", self._sandboxes))
        self._threads.append(work)
        work.start()

    def join(self) -> None:
        """Wait for every run."""
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()


class Tap:
    """Events that a test lets out one by one; `close` ends the sandbox without an outcome."""

    def __init__(self) -> None:
        self._events: queue.Queue[SandboxEvent | None] = queue.Queue()

    def put(self, *events: SandboxEvent) -> None:
        for event in events:
            self._events.put(event)

    def close(self) -> None:
        self._events.put(None)

    def __iter__(self) -> Iterator[SandboxEvent]:
        while (event := self._events.get(timeout=30)) is not None:
            yield event
            if isinstance(event, Outcome):
                return


Script = Iterable[SandboxEvent] | Callable[[Program], Iterable[SandboxEvent]]


@dataclass
class ScriptedSandboxes:
    """Sandboxes in which a file's program does what the script of that name says."""

    scripts: dict[str, Script] = field(default_factory=dict)
    programs: list[Program] = field(default_factory=list)

    def run(self, program: Program) -> Generator[SandboxEvent]:
        self.programs.append(program)
        script = self.scripts.get(program.file)
        if script is None:
            raise SandboxUnavailable("No sandbox could be had: the engine does not answer.")
        yield from script(program) if callable(script) else script


def taken() -> SandboxTaken:
    return SandboxTaken(IMAGE, TOOLCHAIN)


def out(data: str, t: float = 0.01, *, stream: Stream = Stream.STDOUT, phase: Phase = Phase.RUN) -> Output:
    return Output(t, stream, phase, data)


def err(data: str, t: float = 0.01, *, phase: Phase = Phase.RUN) -> Output:
    return Output(t, Stream.STDERR, phase, data)


def passed(output_bytes: int = 12) -> Outcome:
    return Outcome(
        State.PASSED,
        exit_code=0,
        phase=Phase.RUN,
        duration_ms=41,
        cpu_ms=17,
        memory_peak_bytes=9437184,
        output_bytes=output_bytes,
    )


def failed(exit_code: int = 1) -> Outcome:
    return Outcome(
        State.FAILED,
        exit_code=exit_code,
        phase=Phase.RUN,
        duration_ms=38,
        cpu_ms=15,
        memory_peak_bytes=8_912_896,
        output_bytes=120,
    )
