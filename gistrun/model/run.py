"""A run: its state, what happens in its sandbox, and its outcome."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, cast

from gistrun.model.gist import Gist
from gistrun.model.program import Lock, Package, Program
from gistrun.model.records import from_record, timestamp, to_record


class State(StrEnum):
    """The state of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    OUTPUT_LIMIT = "output_limit"
    ERROR = "error"

    @property
    def finished(self) -> bool:
        """True if the run has ended."""
        return self not in (State.QUEUED, State.RUNNING)

    @property
    def repeatable(self) -> bool:
        """True if the same program would end like this again, so that the result may be kept."""
        return self in (State.PASSED, State.FAILED)


class Phase(StrEnum):
    INSTALL = "install"
    COMPILE = "compile"
    RUN = "run"


class Stream(StrEnum):
    STDOUT = "stdout"
    STDERR = "stderr"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to execute a run. These are the arguments of a worker's job."""

    run: str
    number: int
    gist: str
    revision: str


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit that stopped a program, or because of which a part of it was killed."""

    name: str  # time, memory, processes, disk, output, files
    value: float
    unit: str  # s, bytes, count


@dataclass(frozen=True, slots=True)
class Image:
    """An existing image on which programs of a language run."""

    #: The language's name, or "language@version"; with packages "language@version+lock".
    name: str
    digest: str  # "sha256:…"
    toolchain: str

    @property
    def language(self) -> str:
        """The language's name."""
        return self.name.partition("+")[0].partition("@")[0]

    @property
    def has_packages(self) -> bool:
        """Whether it is a language's image with packages."""
        return "+" in self.name


@dataclass(frozen=True, slots=True)
class SandboxTaken:
    """A sandbox was taken for the run. The run is `running` from now on."""

    image: str
    toolchain: str


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """A phase began in the sandbox."""

    phase: Phase


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done for the program now, as a sentence; an empty one where there is nothing to tell any more."""

    text: str


@dataclass(frozen=True, slots=True)
class Output:
    """A piece of what the program wrote, decoded as UTF-8; bytes that are not UTF-8 become U+FFFD."""

    t: float  # seconds since the phase's program started
    stream: Stream
    phase: Phase
    data: str
    #: The next piece is here already, so both can be stored in one step.
    more: bool = field(default=False, compare=False)

    def as_json(self) -> dict[str, Any]:
        return {"t": round(self.t, 3), "stream": self.stream, "phase": self.phase, "data": self.data}


@dataclass(frozen=True, slots=True)
class Installed:
    """The packages that the program needs are there."""

    lock: Lock


@dataclass(frozen=True, slots=True)
class Checks:
    """What a gist checks about itself: tests, or output that was expected."""

    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Hint:
    """What was probably amiss, for the person who looks at the run. It never changes the state."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended, and what it used."""

    state: State
    exit_code: int | None = None
    signal: str | None = None  # a name such as SIGSEGV
    phase: Phase | None = None
    duration_ms: int | None = None
    compile_ms: int | None = None
    cpu_ms: int | None = None
    memory_peak_bytes: int | None = None
    output_bytes: int = 0
    truncated: bool = False
    limit: Limit | None = None
    message: str | None = None
    #: None unless the gist checks itself.
    checks: Checks | None = None
    hints: tuple[Hint, ...] = ()
    #: For installing packages.
    install_ms: int | None = None


#: What a sandbox yields: SandboxTaken first, then phases and output, an Outcome last.
SandboxEvent = SandboxTaken | PhaseStarted | Progress | Installed | Output | Outcome


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one gist at one revision, as the API shows it (without its output)."""

    id: str
    gist: str
    revision: str
    file: str
    language: str
    created_at: datetime
    toolchain: str | None = None
    image: str | None = None
    version: str | None = None
    args: tuple[str, ...] = ()
    stdin_bytes: int = 0
    packages: tuple[Package, ...] = ()
    started_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: Outcome = field(default_factory=lambda: Outcome(State.QUEUED))

    @classmethod
    def of(cls, program: Program, gist: Gist, run_id: str, created_at: datetime, outcome: Outcome) -> Run:
        """A new run of a program of that gist."""
        return cls(
            run_id,
            gist.id,
            gist.revision,
            program.file,
            program.language,
            created_at,
            version=program.version,
            args=program.args,
            stdin_bytes=len(program.stdin),
            outcome=outcome,
        )

    @property
    def state(self) -> State:
        return self.outcome.state

    @property
    def repeatable(self) -> bool:
        """True if the same program would end like this again. A registry of packages may have them tomorrow."""
        return self.state.repeatable and self.outcome.phase is not Phase.INSTALL

    def ended(self, outcome: Outcome, at: datetime) -> Run:
        """This run with its end."""
        return replace(self, outcome=outcome, finished_at=at)

    def as_json(self) -> dict[str, Any]:
        """The fields of the public contract, without `cached`, `stdout`, `stderr` and `artifacts`."""
        record = to_record(self)
        record |= record.pop("outcome")
        record["packages"] = [package.as_json() for package in self.packages]
        for name in ("created_at", "started_at", "finished_at"):
            record[name] = timestamp(getattr(self, name))
        return cast(dict[str, Any], record)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Run:
        """The inverse of `as_json`. It also reads what an older or a newer version wrote."""
        packages = [{**package, "source": package["from"]} for package in record.get("packages") or ()]
        return from_record(cls, record | {"outcome": record, "packages": packages})


class Sandboxes(Protocol):
    """Where programs run; `sandbox.pool` is one."""

    def run(self, program: Program) -> Generator[SandboxEvent]:
        """One program in a sandbox of its own: SandboxTaken, then phases and output, an Outcome last.

        Closing the generator removes the sandbox.

        Raises:
            SandboxUnavailable: no sandbox could be had, or it broke before it reported how the program ended.
            EngineUnavailable: the same, because the engine can run nothing now.
            Interrupted: the same, because the worker is to stop.
        """
