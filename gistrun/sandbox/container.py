"""One sandbox: a container that waits, runs one program, and is gone."""

from __future__ import annotations

import codecs
import contextlib
import logging
import random
import select
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import docker
import requests

from gistrun.errors import EngineUnavailable, SandboxUnavailable
from gistrun.languages import Language
from gistrun.model import Outcome, Output, Phase, PhaseStarted, Program, ReadyLanguage, Stream
from gistrun.sandbox import protocol
from gistrun.sandbox.policy import ENVIRONMENT, Policy, container_options
from gistrun.sandbox.verdict import out_of_memory, verdict

log = logging.getLogger(__name__)

#: Seconds for the engine to make a container that says hello. Ten times what a busy engine needs.
_START_S = 30.0
#: Seconds beyond a program's own limits after which process 1 is taken for dead. It enforces the limits itself.
_GRACE_S = 10.0
#: Seconds for the engine to finish removing a container. Hundreds of times what it needs.
_REMOVED_S = 10

#: What the engine's client raises when the engine refuses, is gone, or hangs.
ENGINE_ERRORS = (docker.errors.DockerException, requests.RequestException, OSError)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for a container: the sweeper removes what nobody alive answers for."""

    instance: str
    worker: str

    def labels(self, language: str) -> dict[str, str]:
        return {
            "gistrun.role": "sandbox",
            "gistrun.language": language,
            "gistrun.instance": self.instance,
            "gistrun.worker": self.worker,
        }

    def holder_labels(self) -> dict[str, str]:
        """Of a container that runs no program."""
        return {"gistrun.role": "holder", "gistrun.instance": self.instance, "gistrun.worker": self.worker}


class Sandbox:
    """A started container whose process 1 waits for its one job, a program in `language`.

    Where the language has an interpreter that can be started ahead, it is.

    Args:
        holder: the container whose network namespace it is made in, with nobody else; None for one of its own.

    Raises:
        SandboxUnavailable: the engine could not make it, or it did not say hello.
        EngineUnavailable: the engine does not answer.
    """

    def __init__(
        self,
        engine: Any,
        ready: ReadyLanguage,
        language: Language,
        policy: Policy,
        owner: Owner,
        holder: str | None = None,
    ) -> None:
        self.ready = ready
        self._language = language
        self._engine = engine
        self._limits = policy.limits
        self._decoder = protocol.Decoder()
        self._frames: list[protocol.Frame] = []
        self._socket: socket.socket | None = None
        self._id: str | None = None
        options = container_options(policy, ready.image, owner.labels(ready.name), random.SystemRandom(), holder)
        try:
            self._id = engine.create_container_from_config(options)["Id"]
            # Attached before it starts, or the first bytes would be lost.
            self._socket = attach(engine, self._id)
            engine.start(self._id)
            deadline = time.monotonic() + _START_S
            self._expect_hello(deadline)
            # gVisor does not let the command line of a process be replaced.
            ahead = () if policy.gvisor else language.ahead
            self._send(protocol.encode_environment({**ENVIRONMENT, **dict(language.environment)}, ahead), deadline)
        except (*ENGINE_ERRORS, SandboxUnavailable) as error:
            try:
                self.close()
            except ENGINE_ERRORS as also:
                log.warning("A sandbox that did not start could not be removed, the sweeper will: %s", also)
            if isinstance(error, SandboxUnavailable):
                raise
            if not isinstance(error, docker.errors.DockerException):  # those the engine answers with
                raise EngineUnavailable(f"The Docker engine does not answer: {_reason(error)}") from error
            raise SandboxUnavailable(f"The Docker engine could not start a sandbox: {_reason(error)}") from error

    def _expect_hello(self, deadline: float) -> None:
        frame = self._next(deadline)
        if not isinstance(frame, protocol.Hello):
            raise SandboxUnavailable("The sandbox did not say hello.")

    def is_waiting(self) -> bool:
        """True while it can take a job; False once its engine or its process 1 is gone."""
        if self._socket is None:
            return False
        readable, _, _ = select.select([self._socket], [], [], 0)
        return not readable

    def run(self, program: Program) -> Iterator[PhaseStarted | Output | Outcome]:
        """Run the one program: phases and output as they happen, the outcome last.

        Raises:
            SandboxUnavailable: it broke before it told how the program ended.
        """
        limits, language = self._limits, self._language
        compile_argv = language.argv(language.compile, program)
        argv = (*language.argv(language.run, program), *program.args)
        deadline = time.monotonic() + limits.timeout_s + _GRACE_S
        if compile_argv:
            deadline += limits.compile_timeout_s
        try:
            job = protocol.encode_job(program.files, argv, compile_argv, program.stdin, limits)
            for piece in protocol.gathered(job):
                self._send(piece, deadline)
            yield from self._read(deadline)
        except OSError as error:
            raise SandboxUnavailable(f"The connection to the sandbox broke: {_reason(error)}") from error

    def _read(self, deadline: float) -> Iterator[PhaseStarted | Output | Outcome]:
        phase = Phase.RUN
        compiled: protocol.PhaseReport | None = None
        output_bytes = 0
        decoders = _decoders()
        while True:
            try:
                frame = self._next(deadline)
            except _Ended:
                if not self._ran_out_of_memory():
                    raise
                yield out_of_memory(phase, output_bytes, self._limits)
                return
            match frame:
                case protocol.PhaseBegins(phase=phase):
                    yield PhaseStarted(phase)
                case protocol.Bytes(t=t, stream=stream, data=data):
                    output_bytes += len(data)
                    if text := decoders[stream].decode(data):
                        yield Output(t, stream, phase, text)
                case protocol.PhaseReport() as report:
                    t = report.wall_us / 1e6
                    for stream, decoder in decoders.items():
                        if rest := decoder.decode(b"", final=True):
                            yield Output(t, stream, phase, rest)
                    decoders = _decoders()
                    if report.phase is Phase.COMPILE:
                        compiled = report
                    if report.last:
                        yield verdict(report, compiled, output_bytes, self._limits)
                        return
                case _:
                    raise SandboxUnavailable("The sandbox sent something that is not its report.")

    def _send(self, data: bytes, deadline: float) -> None:
        connection = self._connected()
        connection.settimeout(max(0.1, deadline - time.monotonic()))
        # Where it refused the job and ended, what it has to say about that is there to be read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)

    def _next(self, deadline: float) -> protocol.Frame:
        """The next frame; `deadline` is a moment of the monotonic clock."""
        connection = self._connected()
        while not self._frames:
            left = deadline - time.monotonic()
            if left <= 0:
                raise SandboxUnavailable("The sandbox stopped answering.")
            connection.settimeout(left)
            try:
                data = connection.recv(256 * 1024)
            except TimeoutError:
                continue
            if not data:
                raise _Ended("The sandbox ended without telling how the program did.")
            self._frames.extend(self._decoder.feed(data))
        return self._frames.pop(0)

    def _ran_out_of_memory(self) -> bool:
        """Whether the kernel killed something in this container for memory before it ended, as the engine saw it.

        Under gVisor every lack of memory ends so. On Linux process 1 is to be the last that is taken, but a program may
        claim as little for itself: what uses the memory can belong to no process.
        """
        wanted = {"container": self._id, "event": ["oom", "kill", "die", "destroy"]}
        status = None
        try:
            # The past first. "oom" is lost where the engine has removed the container before it hears of it (3 in 100).
            # Then a SIGKILL that nobody asked the engine for is the kernel's: no program can send one to process 1.
            events = self._engine.events(since=1, until=int(time.time()) + 5, filters=wanted, decode=True)
            with contextlib.closing(events):
                for event in events:
                    match event.get("Action"):
                        case "oom":
                            return True
                        case "kill":
                            return False
                        case "die":
                            status = event["Actor"]["Attributes"].get("exitCode")
                        case "destroy":
                            break
        except ENGINE_ERRORS as error:
            log.warning("The engine does not tell how a sandbox ended: %s", error)
            return False
        return status == str(128 + signal.SIGKILL)

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise SandboxUnavailable("The sandbox is closed.")
        return self._socket

    def hang_up(self) -> None:
        """Cut the connection, from any thread: process 1 ends and all with it; a run in progress raises."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Remove it, whatever it is doing. Safe to call again."""
        if self._socket is not None:
            # First the socket: a reader that is attached but does not read wedges every other call to the engine.
            self.hang_up()
            self._socket.close()
            self._socket = None
        if self._id is not None:
            remove(self._engine, self._id)
            self._id = None


class _Ended(SandboxUnavailable):
    """The connection ended before the report."""


def remove(engine: Any, container_id: str) -> None:
    """Remove a container, running or not. Returns when it is gone."""
    try:
        engine.remove_container(container_id, force=True, v=True)
    except docker.errors.APIError as error:
        if error.status_code == 409:  # the engine is at it already, since process 1 has ended
            with contextlib.suppress(docker.errors.APIError):
                engine.wait(container_id, condition="removed", timeout=_REMOVED_S)
        elif error.status_code != 404:
            raise


def attach(engine: Any, container_id: str) -> socket.socket:
    """The raw connection to a container's standard streams."""
    wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
    attached: Any = engine.attach_socket(container_id, params=wanted)
    return cast(socket.socket, getattr(attached, "_sock", attached))


def _decoders() -> dict[Stream, Any]:
    """A character that is split over two pieces is one character."""
    return {stream: codecs.getincrementaldecoder("utf-8")("replace") for stream in Stream}


def _reason(error: Exception) -> str:
    explanation = getattr(error, "explanation", None) or str(error) or type(error).__name__
    return str(explanation).strip().rstrip(".") + "."
