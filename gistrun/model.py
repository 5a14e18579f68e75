"""The words of gistrun as values: gist, request, program, run, outcome, output.

Everything here is frozen and pure. Names follow GitHub's for gists and PRODUCT's for runs: the same word in
URL, class, key, template and test.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How a run stands."""

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
        """True once the run will not change any more."""
        return self not in (State.QUEUED, State.RUNNING)

    @property
    def repeatable(self) -> bool:
        """True for an end that the same program would reach again, so that it may be kept as truth."""
        return self in (State.PASSED, State.FAILED)


class Phase(StrEnum):
    COMPILE = "compile"
    RUN = "run"


class Network(StrEnum):
    """What a program can reach besides itself."""

    NONE = "none"
    EGRESS = "egress"  # the public internet


class Stream(StrEnum):
    STDOUT = "stdout"
    STDERR = "stderr"


@dataclass(frozen=True, slots=True)
class GistFile:
    """One file of a gist, whole."""

    name: str
    content: bytes
    #: GitHub's word for the language ("Python", "Shell"), or None where it has none.
    language: str | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Gist:
    """A gist at one revision."""

    id: str
    #: The commit of this state: GitHub's `history[0].version`.
    revision: str
    files: tuple[GistFile, ...]
    owner: str | None = None
    description: str | None = None
    public: bool = True
    #: Where GitHub shows it.
    html_url: str | None = None
    updated_at: str | None = None
    #: When GitHub last confirmed this to be so.
    checked_at: datetime | None = None
    #: Validator of GitHub's answer, for the next conditional request; None for a pinned revision.
    etag: str | None = None
    #: What GitHub left out, as a sentence ("GitHub lists only the first 300 files."), or None.
    notice: str | None = None
    #: Why GitHub could not be asked since `checked_at`, as a sentence, or None.
    trouble: str | None = None

    @property
    def edition(self) -> str:
        """Changes with anything that a page shows of the gist, but for when it was checked."""
        told = [self.revision, self.owner, self.description, self.public, self.html_url, self.notice]
        return shown_edition(_digest(told)[:16], self.trouble)

    def file(self, name: str) -> GistFile | None:
        """The file of that name, or None."""
        return next((file for file in self.files if file.name == name), None)


@dataclass(frozen=True, slots=True)
class ChangedGist:
    """A gist in GitHub's list of what an owner changed: that it changed, not what it is now."""

    id: str
    updated_at: datetime
    #: Lists show the public ones; with a token of the owner's the secret ones too.
    public: bool


@dataclass(frozen=True, slots=True)
class Request:
    """What a visitor asks to have run: a file (None: the one the rules choose), arguments, standard input."""

    file: str | None = None
    args: tuple[str, ...] = ()
    stdin: bytes = b""


@dataclass(frozen=True, slots=True)
class Program:
    """What a sandbox is handed: the files, the one to enter, its language, and the input."""

    language: str
    file: str
    files: tuple[GistFile, ...]
    args: tuple[str, ...] = ()
    stdin: bytes = b""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use. Every one of them is enforced by the sandbox and told when it stops a program."""

    timeout_s: float = 30.0
    compile_timeout_s: float = 60.0
    memory_bytes: int = 256 * 2**20
    cpus: float = 1.0
    pids: int = 64
    disk_bytes: int = 64 * 2**20
    output_bytes: int = 2**20
    network: Network = Network.NONE


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit that stopped a program, or killed a part of it."""

    name: str  # time, memory, processes, disk, output, files
    value: float
    unit: str  # s, bytes, count


@dataclass(frozen=True, slots=True)
class ReadyLanguage:
    """A language that can be run now."""

    name: str
    image: str  # the image's digest, "sha256:…"
    toolchain: str


@dataclass(frozen=True, slots=True)
class SandboxTaken:
    """A sandbox was taken for the run: from now on it is `running`."""

    image: str
    toolchain: str


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """A phase began in the sandbox."""

    phase: Phase


@dataclass(frozen=True, slots=True)
class Output:
    """A piece of what the program wrote, decoded as UTF-8 with U+FFFD for what is not."""

    t: float  # seconds since the phase's program started
    stream: Stream
    phase: Phase
    data: str

    def as_json(self) -> dict[str, Any]:
        return {"t": round(self.t, 3), "stream": self.stream, "phase": self.phase, "data": self.data}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended and what it used."""

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


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one gist at one revision, as the API tells it (without its output)."""

    id: str
    gist: str
    revision: str
    file: str
    language: str
    created_at: datetime
    toolchain: str | None = None
    image: str | None = None
    args: tuple[str, ...] = ()
    stdin_bytes: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: Outcome = field(default_factory=lambda: Outcome(State.QUEUED))

    @property
    def state(self) -> State:
        return self.outcome.state

    def ended(self, outcome: Outcome, at: datetime) -> Run:
        """This run with its end."""
        return replace(self, outcome=outcome, finished_at=at)

    def as_json(self) -> dict[str, Any]:
        """The fields of the public contract, but for `cached`, `stdout`, `stderr` and `artifacts`."""
        record = asdict(self)
        record.update(record.pop("outcome"))
        record["args"] = list(self.args)
        for name in ("created_at", "started_at", "finished_at"):
            record[name] = timestamp(record[name])
        return record

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Run:
        """The inverse of `as_json`; unknown fields are ignored, so that an older process can read a newer record."""
        limit = record["limit"]
        outcome = Outcome(
            state=State(record["state"]),
            exit_code=record["exit_code"],
            signal=record["signal"],
            phase=Phase(record["phase"]) if record["phase"] else None,
            duration_ms=record["duration_ms"],
            compile_ms=record["compile_ms"],
            cpu_ms=record["cpu_ms"],
            memory_peak_bytes=record["memory_peak_bytes"],
            output_bytes=record["output_bytes"],
            truncated=record["truncated"],
            limit=Limit(**limit) if limit else None,
            message=record["message"],
        )
        return cls(
            id=record["id"],
            gist=record["gist"],
            revision=record["revision"],
            file=record["file"],
            language=record["language"],
            toolchain=record["toolchain"],
            image=record["image"],
            args=tuple(record["args"]),
            stdin_bytes=record["stdin_bytes"],
            created_at=_moment(record["created_at"]),
            started_at=_moment(record["started_at"]) if record["started_at"] else None,
            finished_at=_moment(record["finished_at"]) if record["finished_at"] else None,
            outcome=outcome,
        )


def timestamp(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with milliseconds, as the API writes times."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def shown_edition(edition: str, trouble: str | None) -> str:
    """The edition of a gist that is shown together with the trouble there is with asking for it."""
    return f"{edition}-{_digest(trouble)[:8]}" if trouble else edition


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def request_key(gist: str, revision: str, request: Request) -> str:
    """Names one request for one revision, whatever the toolchain: equal requests share a run while it is under way."""
    return _digest([gist, revision, request.file, list(request.args), request.stdin.hex()])


def identity(program: Program, image: str, limits: Limits) -> str:
    """Names everything that decides how a program ends: content, entry, input, image and limits.

    An unchanged fork or an edited description has the same identity; a new toolchain has another, and so has a run
    with a network: what came over it is kept as the end of such a run, never as that of one without.
    """
    files = sorted((file.name, hashlib.sha256(file.content).hexdigest()) for file in program.files)
    stdin = hashlib.sha256(program.stdin).hexdigest()
    return _digest([files, program.language, program.file, list(program.args), stdin, image, asdict(limits)])


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:40]
