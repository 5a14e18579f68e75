"""One sandbox: a container that waits, runs one program, and is removed."""

from __future__ import annotations

import codecs
import contextlib
import logging
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gistrun.engine import Engine, unreachable
from gistrun.errors import EngineRefused, SandboxUnavailable
from gistrun.languages import Language
from gistrun.languages.commands import commands, prepared, variables
from gistrun.model import Image, Outcome, Output, Phase, PhaseStarted, Program, Stream
from gistrun.sandbox import protocol
from gistrun.sandbox.connection import Connection, Ended
from gistrun.sandbox.namespace import NetworkNamespace
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import BUILD_FOLDER, ENVIRONMENT, GIST_FOLDER, OWN_PROCESSES, Policy, container_options
from gistrun.sandbox.verdict import out_of_memory, verdict

log = logging.getLogger(__name__)

#: Seconds for the engine to make a container whose process 1 says hello. Ten times what a busy engine needs.
_START_S = 30.0
#: Seconds beyond a program's own limits after which process 1, which enforces these limits, counts as dead.
_GRACE_S = 10.0


class Sandbox:
    """A started container whose process 1 waits for its one job: a program in `language`.

    If the language has an interpreter that can be pre-started, it is started.

    Args:
        namespace: the network namespace to start in, which nothing else may use meanwhile; None for a new one.

    Raises:
        SandboxUnavailable: the engine could not make it, or process 1 did not say hello.
        EngineUnavailable: the engine does not answer.
    """

    def __init__(
        self,
        engine: Engine,
        image: Image,
        language: Language,
        policy: Policy,
        owner: Owner,
        namespace: NetworkNamespace | None = None,
    ) -> None:
        self.image = image
        self.namespace = namespace
        self._language = language
        self._reads_input = language.reads_input
        self._engine = engine
        #: The limits of each phase. gVisor cannot change the limits of a sandbox that runs.
        compiling = policy.for_compiling if language.compile_needs else policy
        running = compiling if policy.gvisor else policy
        self._lowers = running != compiling
        memory = str(policy.limits.memory_bytes // 2**20)
        self._places = {"build": BUILD_FOLDER, "gist": GIST_FOLDER, "memory": memory}
        self._limits = {Phase.COMPILE: compiling.limits, Phase.RUN: running.limits}
        self._connection: Connection | None = None
        self._id: str | None = None
        labels = owner.labels(language.name, policy.profile)
        in_namespace = namespace.id if namespace else None
        options = container_options(compiling, image.digest, labels, random.SystemRandom(), in_namespace)
        # gVisor does not let the command line of a process be replaced. An interpreter looks for packages when it
        # starts, and these may not be there yet.
        self._begin(options, () if policy.gvisor or policy.packages else language.ahead)

    def _begin(self, options: dict[str, Any], ahead: tuple[str, ...]) -> None:
        try:
            self._start(options)
            self._prepare(ahead)
        except OSError as error:
            self._give_up()
            raise unreachable(error) from error
        except EngineRefused as error:
            self._give_up()
            raise SandboxUnavailable(f"The Docker engine could not start a sandbox: {error.reason}") from error
        except SandboxUnavailable:
            self._give_up()
            raise

    def _start(self, options: dict[str, Any]) -> None:
        self._id = self._engine.create(options)
        # Attach before the start, or the first bytes are lost.
        self._connection = Connection(self._engine.attach(self._id))
        self._engine.start(self._id)

    def _prepare(self, ahead: tuple[str, ...]) -> None:
        """Wait for process 1, and send it the environment and the command to pre-start."""
        deadline = time.monotonic() + _START_S
        if not isinstance(self._connected().next(deadline), protocol.Hello):
            raise SandboxUnavailable("The sandbox did not say hello.")
        environment = {**ENVIRONMENT, **variables(self._language, self._places)}
        self._connected().send(protocol.encode_environment(environment, ahead), deadline)

    def _give_up(self) -> None:
        try:
            self.close()
        except SandboxUnavailable as error:
            log.warning("A sandbox that did not start cannot be removed now; the sweeper will remove it: %s", error)

    def is_waiting(self) -> bool:
        """True while it can take a job; False once the engine or process 1 is gone."""
        return self._connection is not None and self._connection.is_quiet()

    def run(self, program: Program, language: Language | None = None) -> Iterator[PhaseStarted | Output | Outcome]:
        """Run the one program; yields phases and output as they happen, and the outcome last.

        Args:
            language: the program's version of the language; None for the one that the sandbox was made for.

        Raises:
            SandboxUnavailable: it broke before it reported how the program ended.
        """
        language = language or self._language
        self._reads_input = language.reads_input
        limits = self._limits[Phase.RUN]
        if program.timeout_s is not None:
            limits = self._limits[Phase.RUN] = replace(limits, timeout_s=min(limits.timeout_s, program.timeout_s))
        compiler, argv = commands(language, program, self._places, ENVIRONMENT)
        lines = protocol.Commands(argv, compiler, pause=self._lowers)
        deadline = time.monotonic() + limits.timeout_s + _GRACE_S
        if lines.compile:
            deadline += limits.compile_timeout_s
        try:
            job = protocol.encode_job(prepared(language, program).files, lines, program.stdin, limits)
            for piece in protocol.gathered(job):
                self._connected().send(piece, deadline)
            yield from self._read(deadline)
        except OSError as error:
            raise SandboxUnavailable(f"The connection to the sandbox broke: {str(error).rstrip('.')}.") from error

    def _read(self, deadline: float) -> Iterator[PhaseStarted | Output | Outcome]:
        phase = Phase.RUN
        compiled: protocol.PhaseReport | None = None
        output_bytes = 0
        decoders = _decoders()
        connection = self._connected()
        while True:
            try:
                frame = connection.next(deadline)
            except Ended:
                if connection.cut or not self._ran_out_of_memory():
                    raise
                yield out_of_memory(phase, output_bytes, self._limits[phase])
                return
            match frame:
                case protocol.PhaseBegins(phase=phase):
                    yield PhaseStarted(phase)
                case protocol.Bytes() as piece:
                    pieces = [piece, *connection.pieces_that_follow()]
                    output_bytes += sum(len(piece.data) for piece in pieces)
                    texts = [(piece, decoders[piece.stream].decode(piece.data)) for piece in pieces]
                    outputs = [Output(piece.t, piece.stream, phase, text) for piece, text in texts if text]
                    yield from (replace(output, more=True) for output in outputs[:-1])
                    yield from outputs[-1:]
                case protocol.PhaseReport() as report:
                    for stream, decoder in decoders.items():
                        if rest := decoder.decode(b"", final=True):
                            yield Output(report.wall_us / 1e6, stream, phase, rest)
                    decoders = _decoders()
                    if report.phase is Phase.COMPILE:
                        compiled = report
                    if report.last:
                        report = replace(report, asked=report.asked and not self._reads_input)
                        yield verdict(report, compiled, output_bytes, self._limits[report.phase])
                        return
                    self._after_compiling(deadline)
                case _:
                    raise SandboxUnavailable("The sandbox sent something that is not its report.")

    def _after_compiling(self, deadline: float) -> None:
        """Lower the limits to those of the program, if the compiler had more, and let process 1 go on."""
        limits = self._limits[Phase.RUN]
        if self._id is not None and self._lowers:
            try:
                self._engine.limit(self._id, limits.memory_bytes, limits.pids + OWN_PROCESSES)
            except EngineRefused as error:
                raise SandboxUnavailable(f"The program's limits could not be set: {error.reason}") from error
            self._connected().send(protocol.GO_ON, deadline)

    def _ran_out_of_memory(self) -> bool:
        """Whether the engine's events show that the kernel killed something in this container for memory.

        Under gVisor every lack of memory ends the whole sandbox. On Linux process 1 should be killed last. But a
        program can make itself as unlikely a victim, and memory may belong to no process at all.
        """
        if self._id is None:  # closed meanwhile, by us
            return False
        status = None
        try:
            # The engine loses the event "oom" if it removes the container before it learns of it (3 in 100 cases). Then
            # a SIGKILL without an event "kill" came from the kernel: no program can send one to process 1.
            until = int(time.time()) + 5
            events = self._engine.events(self._id, ["oom", "kill", "die", "destroy"], until)
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
        except SandboxUnavailable as error:
            log.warning("The engine does not report how a sandbox ended: %s", error)
            return False
        return status == str(128 + signal.SIGKILL)

    def _connected(self) -> Connection:
        if self._connection is None:
            raise SandboxUnavailable("The sandbox is closed.")
        return self._connection

    def hang_up(self) -> None:
        """Cut the connection. Process 1 and everything in the sandbox end; a run in progress raises. Thread-safe."""
        if self._connection is not None:
            self._connection.hang_up()

    def close(self) -> None:
        """Remove the sandbox, whatever it is doing. Safe to call again."""
        if self._connection is not None:
            # First, since an attached reader that does not read blocks every other call to the engine.
            self._connection.close()
        if self._id is not None:
            self._engine.remove(self._id)
            self._id = None


def _decoders() -> dict[Stream, Any]:
    """A decoder for each stream, since a character may be split between two pieces."""
    return {stream: codecs.getincrementaldecoder("utf-8")("replace") for stream in Stream}
