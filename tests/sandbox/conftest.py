"""Real sandboxes on the real engine, with limits small enough to reach in a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import docker
import pytest

from gistrun import languages
from gistrun.model import GistFile, Limits, Outcome, Output, Program, State, Stream
from gistrun.sandbox.container import Owner, Sandbox
from gistrun.sandbox.images import Images
from gistrun.sandbox.policy import Policy

LIMITS = Limits(
    timeout_s=8,
    compile_timeout_s=20,
    memory_bytes=64 * 2**20,
    cpus=1,
    pids=64,
    disk_bytes=16 * 2**20,
    output_bytes=2**18,
)


@dataclass(frozen=True)
class Ended:
    """What one program printed and how it ended."""

    outcome: Outcome
    outputs: tuple[Output, ...]

    @property
    def stdout(self) -> str:
        return "".join(output.data for output in self.outputs if output.stream is Stream.STDOUT)

    @property
    def text(self) -> str:
        return "".join(output.data for output in self.outputs)

    @property
    def state(self) -> State:
        return self.outcome.state


@pytest.fixture(scope="session")
def engine() -> Any:
    return docker.from_env().api


@pytest.fixture(scope="session")
def known() -> dict[str, languages.Language]:
    return languages.load()


@pytest.fixture(scope="session")
def images(engine: Any, known: dict[str, languages.Language]) -> Images:
    return Images(engine, known)


Run = Callable[..., Ended]


@pytest.fixture
def run(engine: Any, images: Images, known: dict[str, languages.Language]) -> Iterator[Run]:
    """Runs a program in a sandbox of its own: run("python", "print(1)", timeout_s=2, ...)."""
    sandboxes: list[Sandbox] = []

    def run(
        language: str,
        source: str | dict[str, str | bytes],
        *,
        file: str | None = None,
        args: tuple[str, ...] = (),
        stdin: bytes = b"",
        dns: tuple[str, ...] = (),
        **limits: Any,
    ) -> Ended:
        files = source if isinstance(source, dict) else {f"main{known[language].extensions[0]}": source}
        contents = [GistFile(name, body.encode() if isinstance(body, str) else body) for name, body in files.items()]
        ready = images.ready(language)
        assert ready, f"the image of {language} is not built"
        policy = Policy(replace(LIMITS, **limits), dns=dns)
        sandbox = Sandbox(engine, ready, policy, Owner("tests", "tests"))
        sandboxes.append(sandbox)
        program = Program(language, file or contents[0].name, tuple(contents), args, stdin)
        events = list(sandbox.run(program, known[language]))
        assert isinstance(events[-1], Outcome)
        return Ended(events[-1], tuple(event for event in events if isinstance(event, Output)))

    yield run
    for sandbox in sandboxes:
        sandbox.close()
