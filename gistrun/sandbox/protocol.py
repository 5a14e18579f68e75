"""The language spoken with process 1 of a sandbox, as pure functions: a job to bytes, bytes to frames.

The frames are described where they are served, in `images/_base/supervisor.c`.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gistrun.errors import SandboxUnavailable
from gistrun.model import GistFile, Limits, Phase, Stream

VERSION = b"2"
_MAX_FRAME = 1 << 20
_PHASES = {b"c": Phase.COMPILE, b"r": Phase.RUN}


@dataclass(frozen=True, slots=True)
class Hello:
    """The sandbox is ready for a job."""


@dataclass(frozen=True, slots=True)
class PhaseBegins:
    phase: Phase


@dataclass(frozen=True, slots=True)
class Bytes:
    """What the program wrote, `t` seconds after its phase began."""

    t: float
    stream: Stream
    data: bytes


@dataclass(frozen=True, slots=True)
class PhaseReport:
    """How a phase ended, as process 1 saw it."""

    phase: Phase
    last: bool  # no further phase follows
    stop: str  # none, time, output: what ended it before it ended itself
    exit: int  # -1 where a signal ended it
    signal: int  # 0 where none did
    exec: int  # errno where it could not be started
    wall_us: int
    cpu_us: int  # -1 unknown
    memory: int  # peak, bytes; -1 unknown
    memory_kills: int  # processes the kernel killed for memory
    refused: int  # processes the kernel refused to start
    disk: int  # what was full: 1 the writable space, 2 shared memory, 3 both
    files: int  # what held as many files as it may, in the same way
    truncated: bool  # there was more output than is kept


Frame = Hello | PhaseBegins | Bytes | PhaseReport


def encode_environment(environment: Mapping[str, str], ahead: Sequence[str]) -> bytes:
    """The frames that come first: the environment of whatever is run, and what is started before the job is known."""
    frames = _frame(b"E", _words(f"{name}={value}" for name, value in environment.items()))
    return frames + _frame(b"A", _words(ahead)) if ahead else frames


def encode_job(
    files: Sequence[GistFile], argv: Sequence[str], compile_argv: Sequence[str], stdin: bytes, limits: Limits
) -> Iterator[bytes]:
    """The frames that hand a job to process 1, in pieces to be sent one after the other."""
    milliseconds = (limits.timeout_s * 1000, limits.compile_timeout_s * 1000)
    yield _frame(b"L", b"%d %d %d" % (*milliseconds, limits.output_bytes))
    if compile_argv:
        yield _frame(b"C", _words(compile_argv))
    yield _frame(b"R", _words(argv))
    yield from _frames(b"T", archive(files))
    yield from _frames(b"I", stdin)
    yield _frame(b"G", b"")


def gathered(pieces: Iterator[bytes], size: int = 64 * 1024) -> Iterator[bytes]:
    """The same bytes in as few pieces of at least that size as there can be: each is a step through the engine."""
    gathering: list[bytes] = []
    for piece in pieces:
        gathering.append(piece)
        if sum(map(len, gathering)) >= size:
            yield b"".join(gathering)
            gathering = []
    yield b"".join(gathering)


def archive(files: Sequence[GistFile]) -> bytes:
    """A tar archive of the files, flat, none of them executable: as a clone of the gist has them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8") as tar:
        for file in files:
            entry = tarfile.TarInfo(file.name)
            entry.size = file.size
            tar.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()


def _words(words: Sequence[str] | Iterator[str]) -> bytes:
    return b"".join(word.encode("utf-8", "surrogateescape") + b"\0" for word in words)


def _frames(kind: bytes, data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _MAX_FRAME):
        yield _frame(kind, data[start : start + _MAX_FRAME])


def _frame(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(4, "big") + payload


class Decoder:
    """Turns what arrives on an attached, non-TTY stream of the engine into frames.

    The engine wraps what process 1 writes once more: a byte naming the stream, three zeros, four bytes of length
    (Docker Engine API, "Attach to a container", stream format).
    """

    def __init__(self) -> None:
        self._engine = bytearray()
        self._inner = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete now.

        Raises:
            SandboxUnavailable: process 1 says that it could not do the job, or what came is not its language.
        """
        self._engine += data
        while len(self._engine) >= 8:
            size = int.from_bytes(self._engine[4:8], "big")
            if len(self._engine) < 8 + size:
                break
            if self._engine[0] == 1:  # standard output; nothing of ours writes to the other
                self._inner += self._engine[8 : 8 + size]
            del self._engine[: 8 + size]
        while len(self._inner) >= 5:
            size = int.from_bytes(self._inner[1:5], "big")
            if size > _MAX_FRAME:
                raise SandboxUnavailable("The sandbox sent something that is not its report.")
            if len(self._inner) < 5 + size:
                break
            kind, payload = bytes(self._inner[:1]), bytes(self._inner[5 : 5 + size])
            del self._inner[: 5 + size]
            yield _decode(kind, payload)


def _decode(kind: bytes, payload: bytes) -> Frame:
    try:
        match kind:
            case b"o" | b"e":
                stream = Stream.STDOUT if kind == b"o" else Stream.STDERR
                return Bytes(int.from_bytes(payload[:8], "big") / 1e6, stream, payload[8:])
            case b"p":
                return PhaseBegins(_PHASES[payload])
            case b"x":
                return _report(payload)
            case b"h" if payload == VERSION:
                return Hello()
            case b"f":
                raise SandboxUnavailable(f"The sandbox could not run this: {payload.decode('utf-8', 'replace')}.")
    except (KeyError, ValueError) as error:
        raise SandboxUnavailable("The sandbox sent something that is not its report.") from error
    raise SandboxUnavailable("The sandbox speaks another language: build the images again (gistrun images build).")


def _report(payload: bytes) -> PhaseReport:
    fields = dict(pair.split("=", 1) for pair in payload.decode("ascii").split(" "))
    numbers: dict[str, Any] = {name: int(fields[name]) for name in fields if name not in ("phase", "stop")}
    flags = {name: bool(numbers.pop(name)) for name in ("last", "truncated")}
    try:
        return PhaseReport(phase=_PHASES[fields["phase"].encode()], stop=fields["stop"], **numbers, **flags)
    except TypeError as error:
        raise ValueError(payload) from error
