"""Real sandboxes on the real engine, with limits small enough to reach in a second."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import docker
import pytest

from gistrun import languages
from gistrun.model import GistFile, Limits, Outcome, Output, Program, State, Stream
from gistrun.sandbox.container import Owner, Sandbox
from gistrun.sandbox.images import Images
from gistrun.sandbox.policy import USER_IDS, Policy
from tests.sandbox.runtimes import ALWAYS, CHOSEN, Runtime

LIMITS = Limits(
    timeout_s=8,
    compile_timeout_s=20,
    memory_bytes=64 * 2**20,
    cpus=1,
    pids=64,
    disk_bytes=16 * 2**20,
    output_bytes=2**18,
)


#: Whose containers these are: of this process alone, since others may test on the same engine.
OWNER = Owner(f"tests-{os.getpid()}", "tests")


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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where no runtime is named, the others than the first are tested with a part of the files."""
    left = [item for item in items if len(CHOSEN) > 1 and _only_for_a_named_runtime(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


def _only_for_a_named_runtime(item: pytest.Item) -> bool:
    runtime = getattr(item, "callspec", None) and item.callspec.params.get("runtime")  # type: ignore[attr-defined]
    return runtime in CHOSEN[1:] and item.path.name not in ALWAYS


@pytest.fixture(scope="session")
def engine() -> Any:
    return docker.from_env().api


@pytest.fixture(scope="session")
def known() -> dict[str, languages.Language]:
    return languages.load()


@pytest.fixture(scope="session")
def images(engine: Any, known: dict[str, languages.Language]) -> Images:
    return Images(engine, known)


class Changed:
    """The engine, but every container that is made has its options changed by a function first."""

    def __init__(self, engine: Any, change: Callable[[dict[str, Any]], None]) -> None:
        self._engine = engine
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def create_container_from_config(self, options: dict[str, Any]) -> Any:
        self._change(options)
        return self._engine.create_container_from_config(options)


Run = Callable[..., Ended]


@pytest.fixture(scope="session", params=CHOSEN, ids=lambda runtime: runtime.name)
def runtime(request: pytest.FixtureRequest, engine: Any) -> Runtime:
    """The runtime to test with: every test that asks for it, or for `run`, is done with each."""
    known = engine.info()["Runtimes"]
    if request.param.name not in known:
        pytest.skip(f"the engine has no runtime {request.param.name}, only {', '.join(sorted(known))}")
    return cast(Runtime, request.param)


@pytest.fixture
def run(engine: Any, images: Images, known: dict[str, languages.Language], runtime: Runtime) -> Iterator[Run]:
    """Runs a program in a sandbox of its own: run("python", "print(1)", timeout_s=2, ...).

    `change` is done to the container's options before it is made; `image` is used in place of the language's own.
    Unless `ahead`, an interpreter is started as any other program is.
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
        **limits: Any,
    ) -> Ended:
        files = source if isinstance(source, dict) else {f"main{known[name].extensions[0]}": source}
        contents = [GistFile(file, body.encode() if isinstance(body, str) else body) for file, body in files.items()]
        ready = images.ready(name)
        assert ready, f"the image of {name} is not built"
        ready = replace(ready, image=image or ready.image)
        policy = Policy(replace(LIMITS, **limits), runtime.name, dns)
        language = known[name] if ahead else replace(known[name], ahead=())
        sandbox = Sandbox(Changed(engine, change), ready, language, policy, OWNER)
        sandboxes.append(sandbox)
        program = Program(name, file or contents[0].name, tuple(contents), args, stdin)
        events = list(sandbox.run(program))
        assert isinstance(events[-1], Outcome)
        return Ended(events[-1], tuple(event for event in events if isinstance(event, Output)))

    yield run
    for sandbox in sandboxes:
        sandbox.close()


# After an attack

#: Bytes that other processes of the machine may write meanwhile.
_DISK_TOLERANCE = 2**30
#: What a neighbour does: computes, writes, sleeps, for more than a second.
_NEIGHBOUR = """
import hashlib, pathlib, subprocess, time
for n in range(10):
    pathlib.Path(f"part{n}").write_bytes(bytes(100_000))
    time.sleep(0.1)
child = subprocess.run(["cat", "part3"], capture_output=True).stdout
print(hashlib.sha256(child).hexdigest()[:8])
"""
_NEIGHBOUR_SAYS = "9192c25b\n"


class Neighbour(threading.Thread):
    """A well-behaved run in a sandbox of its own, beside an attack."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run_it = run
        self.ended: Ended | None = None

    def run(self) -> None:
        self.ended = self._run_it("python", _NEIGHBOUR, timeout_s=60)


@pytest.fixture
def beside(run: Run, engine: Any) -> Iterator[None]:
    """Checks that the host and a neighbour have not noticed: asked for by every attack."""
    root = Path(engine.info()["DockerRootDir"])
    free = shutil.disk_usage(root).free if root.is_dir() else None
    made: set[str] = set()
    watching = threading.Event()
    watcher = threading.Thread(target=_note_containers, args=(engine, made, watching))
    watcher.start()
    neighbour = Neighbour(run)
    neighbour.start()
    yield
    neighbour.join(90)
    watching.set()
    watcher.join()
    assert neighbour.ended is not None, "the neighbour never ended"
    assert (neighbour.ended.state, neighbour.ended.stdout) == (State.PASSED, _NEIGHBOUR_SAYS), neighbour.ended
    assert made
    deadline = time.monotonic() + 15
    while left := _left(engine, made, root):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    assert free is None or abs(shutil.disk_usage(root).free - free) < _DISK_TOLERANCE


def own_containers(engine: Any) -> list[str]:
    """The ids of the containers that these tests have made and that are still there."""
    label = f"gistrun.instance={OWNER.instance}"
    return [container["Id"] for container in engine.containers(all=True, filters={"label": label})]


def _note_containers(engine: Any, made: set[str], until: threading.Event) -> None:
    while not until.wait(0.1):
        made.update(own_containers(engine))


_GROUPS = ("*/docker/{}", "docker/{}", "*/system.slice/docker-{}.scope", "system.slice/docker-{}.scope")


def _left(engine: Any, made: set[str], root: Path) -> list[str]:
    """What is left of these containers on this machine, or has come out of one."""
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
