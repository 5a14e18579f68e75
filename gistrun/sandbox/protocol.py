"""The protocol between a worker and process 1 of a sandbox, as pure functions: a job to bytes, bytes to frames.

The frames are described where process 1 implements them, in `images/_base`.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gistrun.errors import SandboxUnavailable
from gistrun.model import GistFile, Limits, Phase, Stream

VERSION = b"4"
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
    """A piece of output, written `t` seconds after its phase began."""

    t: float
    stream: Stream
    data: bytes


@dataclass(frozen=True, slots=True)
class PhaseReport:
    """How a phase ended, as process 1 observed it."""

    phase: Phase
    last: bool  # no further phase follows
    stop: str  # the limit that stopped it: none, time, output
    exit: int  # exit status; -1 if a signal ended it
    signal: int  # 0 if no signal ended it
    exec: int  # errno if it could not be started, else 0
    wall_us: int
    cpu_us: int  # -1 unknown
    memory: int  # peak, bytes; -1 unknown
    memory_kills: int  # processes that the kernel killed for memory
    refused: int  # processes that the kernel refused to start
    disk: int  # what was full: 1 the writable folder, 2 shared memory, 3 both
    files: int  # where the number of files reached its limit, with the same numbers
    truncated: bool  # there was more output than is kept
    asked: bool = False  # it read its standard input, and had been given none


Frame = Hello | PhaseBegins | Bytes | PhaseReport


def encode_environment(environment: Mapping[str, str], ahead: Sequence[str]) -> bytes:
    """The first frames: the environment of all that is run, and the command to pre-start before the job is known."""
    frames = _frame(b"E", _words(f"{name}={value}" for name, value in environment.items()))
    return frames + _frame(b"A", _words(ahead)) if ahead else frames


@dataclass(frozen=True, slots=True)
class Commands:
    """What a job runs."""

    run: tuple[str, ...]
    #: Empty if there is no compile phase.
    compile: tuple[str, ...] = ()
    #: After the compile phase process 1 waits for `GO_ON`.
    pause: bool = False


def encode_job(files: Sequence[GistFile], commands: Commands, stdin: bytes, limits: Limits) -> Iterator[bytes]:
    """The frames of a job for process 1, in pieces to send one after the other."""
    milliseconds = (limits.timeout_s * 1000, limits.compile_timeout_s * 1000)
    yield _frame(b"L", b"%d %d %d %d" % (*milliseconds, limits.output_bytes, commands.pause))
    if commands.compile:
        yield _frame(b"C", _words(commands.compile))
    yield _frame(b"R", _words(commands.run))
    yield from _frames(b"T", archive(files))
    yield from _frames(b"I", stdin)
    yield _frame(b"G", b"")


def gathered(pieces: Iterator[bytes], size: int = 64 * 1024) -> Iterator[bytes]:
    """The same bytes in few pieces, of at least `size` bytes: each piece costs one step through the engine."""
    gathering: list[bytes] = []
    for piece in pieces:
        gathering.append(piece)
        if sum(map(len, gathering)) >= size:
            yield b"".join(gathering)
            gathering = []
    yield b"".join(gathering)


def archive(files: Sequence[GistFile]) -> bytes:
    """A flat tar archive of the files. None is executable, as in a clone of the gist."""
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


#: Ends the pause after the compile phase.
GO_ON = _frame(b"G", b"")


class Decoder:
    """Turns the bytes of an attached stream (without TTY) into frames.

    The engine puts a header before each piece that process 1 writes: one byte that names the stream, three zeros, four
    bytes of length (Docker Engine API, "Attach to a container", stream format).
    """

    def __init__(self) -> None:
        self._engine = bytearray()
        self._inner = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take in more bytes; yields the frames that are complete now.

        Raises:
            SandboxUnavailable: process 1 reports that it could not do the job, or the bytes are not of this protocol.
        """
        self._engine += data
        while len(self._engine) >= 8:
            size = int.from_bytes(self._engine[4:8], "big")
            if len(self._engine) < 8 + size:
                break
            if self._engine[0] == 1:  # standard output; process 1 writes nothing to standard error
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
    raise SandboxUnavailable(
        "The sandbox speaks another version of the protocol: build the images again (gistrun images build)."
    )


def _report(payload: bytes) -> PhaseReport:
    fields = dict(pair.split("=", 1) for pair in payload.decode("ascii").split(" "))
    numbers: dict[str, Any] = {name: int(fields[name]) for name in fields if name not in ("phase", "stop")}
    flags = {name: bool(numbers.pop(name)) for name in ("last", "truncated", "asked")}
    try:
        return PhaseReport(phase=_PHASES[fields["phase"].encode()], stop=fields["stop"], **numbers, **flags)
    except TypeError as error:
        raise ValueError(payload) from error
