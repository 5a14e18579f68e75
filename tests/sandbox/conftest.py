"""Real sandboxes on the real engine, with limits small enough to reach in a second."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import docker
import pytest

from gistrun import languages
from gistrun.engine import Engine
from gistrun.images.catalogue import Catalogue
from gistrun.model import GistFile, Limits, Outcome, Output, Program, State, Stream
from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.demand import Plan
from gistrun.sandbox.maker import Maker
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import USER_IDS, Policy
from gistrun.sandbox.pool import Pool
from tests.sandbox.runtimes import CHOSEN, Runtime

LIMITS = Limits(
    timeout_s=8,
    compile_timeout_s=20,
    memory_bytes=64 * 2**20,
    cpus=1,
    pids=64,
    disk_bytes=16 * 2**20,
    output_bytes=2**18,
)


#: The owner of the tests' containers: this process alone, since others may test on the same engine.
OWNER = Owner(f"tests-{os.getpid()}", "tests")
#: The owner of the sandboxes beside them.
NEIGHBOURS = Owner(f"tests-{os.getpid()}-neighbours", "tests")


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
    """The SDK's client, by which tests see what the product has done."""
    return docker.from_env().api


@pytest.fixture(scope="session")
def known() -> dict[str, languages.Language]:
    return languages.load()


@pytest.fixture(scope="session")
def images(engine: Any, known: dict[str, languages.Language]) -> Catalogue:
    return Catalogue(Engine(engine), known)


class Changed(Engine):
    """The engine, but a function changes the options of every container before it is created.

    The ids of the containers are added to `made`.
    """

    def __init__(self, client: Any, change: Callable[[dict[str, Any]], None], made: set[str] | None = None) -> None:
        super().__init__(client)
        self._change = change
        self._made = set() if made is None else made

    def create(self, options: dict[str, Any]) -> str:
        self._change(options)
        container = super().create(options)
        self._made.add(container)
        return container


Run = Callable[..., Ended]


@pytest.fixture(scope="session", params=CHOSEN, ids=lambda runtime: runtime.name)
def runtime(request: pytest.FixtureRequest, engine: Any) -> Runtime:
    """The runtime to test with. Tests that use it, or `run`, run once with each."""
    known = engine.info()["Runtimes"]
    if request.param.name not in known:
        pytest.skip(f"the engine has no runtime {request.param.name}, only {', '.join(sorted(known))}")
    return cast(Runtime, request.param)


@pytest.fixture
def made() -> set[str]:
    """The ids of the containers that `run` has made in this test."""
    return set()


@pytest.fixture
def run(
    engine: Any, images: Catalogue, known: dict[str, languages.Language], runtime: Runtime, made: set[str]
) -> Iterator[Run]:
    """Runs a program in a sandbox of its own: run("python", "print(1)", timeout_s=2, ...).

    `change` is done to the container's options before it is made; `image` is used in place of the language's own.
    Unless `ahead`, an interpreter is started as any other program is. `changed` are other values for the language.
    """
    sandboxes: list[Sandbox] = []

    def run(
        name: str,
        source: str | dict[str, str | bytes],
        *,
        file: str | None = None,
        args: tuple[str, ...] = (),
        stdin: bytes = b"",
        dns: tuple[str, ...] = (),
        change: Callable[[dict[str, Any]], None] = lambda options: None,
        image: str | None = None,
        ahead: bool = True,
        changed: dict[str, Any] | None = None,
        **limits: Any,
    ) -> Ended:
        files = source if isinstance(source, dict) else {f"main{known[name].extensions[0]}": source}
        contents = [GistFile(file, body.encode() if isinstance(body, str) else body) for file, body in files.items()]
        ready = images.ready(name)
        assert ready, f"the image of {name} is not built"
        ready = replace(ready, digest=image or ready.digest)
        policy = Policy(replace(LIMITS, **limits), runtime.name, dns)
        language = replace(known[name], **(changed or {}))
        language = language if ahead else replace(language, ahead=())
        sandbox = Sandbox(Changed(engine, change, made), ready, language, policy, OWNER)
        sandboxes.append(sandbox)
        program = Program(name, file or contents[0].name, tuple(contents), args, stdin)
        events = list(sandbox.run(program))
        assert isinstance(events[-1], Outcome)
        return Ended(events[-1], tuple(event for event in events if isinstance(event, Output)))

    yield run
    for sandbox in sandboxes:
        sandbox.close()


# After an attack

#: Marks the report of a test as that of an attack, with the runtime as value.
_ATTACK = "attack"
#: Bytes that other processes of the machine may write meanwhile.
_DISK_TOLERANCE = 2**30
#: A neighbour computes, writes, sleeps and starts a process, for so many times 50 ms.
_NEIGHBOUR = """
import hashlib, pathlib, subprocess, sys, time
for n in range(int(sys.argv[1])):
    pathlib.Path(f"part{n}").write_bytes(bytes(100_000))
    time.sleep(0.05)
child = subprocess.run(["cat", "part3"], capture_output=True).stdout
print(hashlib.sha256(child).hexdigest()[:8])
"""
_NEIGHBOUR_SAYS = "9192c25b\n"


class Neighbours(threading.Thread):
    """Well-behaved runs in sandboxes of their own, one after another, from its start until it is `left`."""

    def __init__(self, pool: Pool, rounds: int) -> None:
        super().__init__()
        file = GistFile("main.py", _NEIGHBOUR.encode())
        self._program = Program("python", file.name, (file,), (str(rounds),))
        self._pool = pool
        self._leaving = threading.Event()
        #: How each of them ended: its state, and what it printed.
        self.ended: list[tuple[State, str]] = []

    def run(self) -> None:
        while not self.ended or not self._leaving.is_set():
            events = list(self._pool.run(self._program))
            assert isinstance(events[-1], Outcome)
            printed = "".join(event.data for event in events if isinstance(event, Output))
            self.ended.append((events[-1].state, printed))

    def left(self) -> None:
        """Wait for the last run, and check that all ended well."""
        self._leaving.set()
        self.join(90)
        assert not self.is_alive(), "a neighbour never ended"
        assert set(self.ended) == {(State.PASSED, _NEIGHBOUR_SAYS)}, self.ended


def _neighbours(engine: Any, images: Catalogue, known: dict[str, languages.Language], runtime: Runtime) -> Pool:
    return Pool(Maker(Engine(engine), images, known, Policy(LIMITS, runtime.name), NEIGHBOURS), Plan(1, 1))


@pytest.fixture(scope="session")
def pool(engine: Any, images: Catalogue, known: dict[str, languages.Language], runtime: Runtime) -> Iterator[Pool]:
    """Sandboxes of neighbours. One always waits."""
    with closing(_neighbours(engine, images, known, runtime)) as pool:
        yield pool
    deadline = time.monotonic() + 15
    while left := _of(engine, NEIGHBOURS):  # the engine takes its time over the last
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


@pytest.fixture(scope="module")
def beside_the_group(pool: Pool, runtime: Runtime) -> Iterator[None]:
    """Neighbours beside all attacks of a file, for runtimes where one beside each attack takes too long."""
    if not runtime.neighbour_for_each:
        neighbours = Neighbours(pool, rounds=40)
        neighbours.start()
        yield
        neighbours.left()
    else:
        yield


@pytest.fixture
def beside(
    request: pytest.FixtureRequest,
    run: Run,
    engine: Any,
    made: set[str],
    pool: Pool,
    root: Path,
    beside_the_group: None,
    runtime: Runtime,
) -> Iterator[None]:
    """Checks that the host and the neighbours have not noticed. Every attack uses it."""
    request.node.user_properties.append((_ATTACK, runtime.name))
    free = shutil.disk_usage(root).free if root.is_dir() else None
    neighbours = Neighbours(pool, rounds=4)
    if runtime.neighbour_for_each:
        neighbours.start()
    yield
    if runtime.neighbour_for_each:
        neighbours.left()
    assert made
    deadline = time.monotonic() + 15
    while left := _left(engine, made, root):
        assert time.monotonic() < deadline, left
        time.sleep(0.02)
    assert free is None or abs(shutil.disk_usage(root).free - free) < _DISK_TOLERANCE


@pytest.fixture(scope="session")
def root(engine: Any) -> Path:
    """The folder where the engine keeps its data, on its machine."""
    return Path(engine.info()["DockerRootDir"])


def own_containers(engine: Any) -> list[str]:
    """The ids of these tests' containers that are still there."""
    return _of(engine, OWNER)


def _of(engine: Any, owner: Owner) -> list[str]:
    label = f"gistrun.instance={owner.instance}"
    return [container["Id"] for container in engine.containers(all=True, filters={"label": label})]


_GROUPS = ("*/docker/{}", "docker/{}", "*/system.slice/docker-{}.scope", "system.slice/docker-{}.scope")


def _left(engine: Any, made: set[str], root: Path) -> list[str]:
    """What is left on this machine of these containers, or of processes that escaped from one."""
    left = [f"container {name}" for name in own_containers(engine)]
    for name in made:
        left += [
            f"control group {path}" for group in _GROUPS for path in Path("/sys/fs/cgroup").glob(group.format(name))
        ]
        left += [f"folder {path}" for path in (root / "containers").glob(name)]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            group = (process / "cgroup").read_text()
            user = process.stat().st_uid
        except OSError:
            continue  # it has just ended
        if any(name in group for name in made) or (user in USER_IDS and "docker" not in group):
            left.append(f"process {process.name} of user {user} in {group.splitlines()[:1]}")
    return left


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each runtime: how many attacks were tried, and how many contained."""
    tried: dict[str, set[str]] = defaultdict(set)
    escaped = set()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == _ATTACK:
                    tried[value].add(report.nodeid)
                    escaped |= {report.nodeid} if report.failed else set()
    for runtime, attacks in tried.items():
        terminalreporter.write_line(
            f"attacks under {runtime}: {len(attacks - escaped)} contained of {len(attacks)} tried"
        )
