"""The services, rulers and programs that every part of the benchmark uses, and their end."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import docker

from gistrun.app import App
from gistrun.model import Limits, ReadyLanguage
from gistrun.sandbox.policy import ENVIRONMENT, Policy
from gistrun.settings import Settings
from tests.benchmarks.rulers import Bare, Timing, clear, docker_run, export, write
from tests.benchmarks.visitor import Visitor
from tests.github_server import GitHubServer
from tests.servers import Service

#: Seconds during which nothing is to change after a click before the next one comes. A sandbox is made in less.
_PAUSE_S = 0.5
#: Seconds that are waited for ready sandboxes at the most.
_REFILL_S = 10.0


@dataclass(frozen=True)
class Language:
    """How one language's program is written, and how somebody would run it by hand."""

    name: str
    file: str
    #: `{}` is what it prints.
    source: str
    bare: tuple[str, ...]
    in_docker: tuple[str, ...]
    #: On this machine's own file system, where that has the tool.
    on_host: tuple[str, ...]


_C = '#include <stdio.h>\n\nint main(void)\n{{\n    puts("{}");\n}}\n'
LANGUAGES = {
    language.name: language
    for language in (
        Language("python", "main.py", 'print("{}")\n', *(("python3", "main.py"),) * 2, ("/usr/bin/python3", "main.py")),
        Language(
            "c",
            "main.c",
            _C,
            ("sh", "-c", "cc main.c && ./a.out"),
            ("sh", "-c", "cc -o /sandbox/a.out main.c && /sandbox/a.out"),
            ("sh", "-c", "cc main.c && ./a.out"),
        ),
        Language("bash", "main.sh", "echo {}\n", *(("bash", "main.sh"),) * 3),
        Language("javascript", "main.js", 'console.log("{}");\n', *(("node", "main.js"),) * 3),
    )
}


class Bench:
    """Made by `opened`. Whatever it starts ends with it.

    Args:
        folder: of its own, on a disk.
    """

    def __init__(self, folder: Path, github: GitHubServer, exits: contextlib.ExitStack, *, quick: bool) -> None:
        self.quick = quick
        self.github = github
        self.draw = random.Random(1)
        self.label = f"gistrun.benchmark={uuid.uuid4().hex[:12]}"
        #: How many sandboxes are kept ready in truth, where it is fewer than should be.
        self._kept: dict[str, int] = {}
        self._folder = folder
        self._exits = exits
        self._bare: dict[str | None, Bare] = {}
        self.engine: Any = docker.from_env(timeout=60).api
        exits.callback(self.engine.close)
        exits.callback(_remove_containers, self.label)

    def rounds(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def each_round(self, doing: str, full: int, seconds: float) -> Iterator[None]:
        """Comes back so often, and less often where that takes longer; a quick run makes 3 in a fifth of the time."""
        count = self.rounds(full, 3)
        ends = time.monotonic() + (seconds / 5 if self.quick else seconds)
        for number in range(1, count + 1):
            if number > 2 and time.monotonic() > ends:
                return
            self.say(f"{doing}: round {number} of {count}")
            yield

    def say(self, text: str) -> None:
        """What is being done, on standard error, where that is a terminal."""
        if sys.stderr.isatty():
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    # Services

    @cached_property
    def service(self) -> Service:
        """One that keeps sandboxes ready, as it does by default."""
        service = self.made("ready")
        service.start()
        return service

    @cached_property
    def cold(self) -> Service:
        """One that keeps none. Nothing looks after it, so that it does nothing unless it is asked."""
        service = self.made("cold", GISTRUN_WARM="0")
        service.start_redis()
        for name in ("web", "pool"):
            service.start_process(name)
        service.wait_until_ready()
        return service

    def made(self, name: str, **settings: str) -> Service:
        """A service that is not started yet, and is stopped in the end."""
        data = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder))
        settings = {"GISTRUN_CHECK_INTERVAL": "3600", "GISTRUN_RATE": "1000000/minute", **settings}
        service = Service(self.github, data, GISTRUN_LANGUAGES=",".join(LANGUAGES), **settings)
        self._exits.callback(service.stop)
        return service

    def stop(self, *names: str) -> None:
        """`service` or `cold`, where it runs; it is started anew when it is asked for again."""
        for name in names:
            if service := self.__dict__.pop(name, None):
                service.stop()

    def processes(self, service: Service) -> list[int]:
        return [process.pid for process in service.processes.values()]

    def warm(self, service: Service) -> int:
        return int(service.environment.get("GISTRUN_WARM", "2"))

    def containers(self, service: Service) -> dict[str, str]:
        """The service's that run, by id: the language of a sandbox, or an empty text for what is none."""
        label = f"gistrun.instance={self._instance(service)}"
        found = self.engine.containers(filters={"label": label, "status": "running"})
        return {
            container["Id"]: container["Labels"].get("gistrun.language", "")
            if container["Labels"].get("gistrun.role") == "sandbox"
            else ""
            for container in found
        }

    def sandboxes(self, service: Service, language: str) -> list[str]:
        """The ids of those that run or wait."""
        return [name for name, whose in self.containers(service).items() if whose == language]

    def _instance(self, service: Service) -> str:
        command = ["redis-cli", "-s", f"{service.data}/redis.sock", "get", "gistrun:instance"]
        if str(service.data) not in self._instances:
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
            self._instances[str(service.data)] = told
        return self._instances[str(service.data)]

    @cached_property
    def _instances(self) -> dict[str, str]:
        return {}

    def settle(self, language: str = "python") -> None:
        """Until the service has its sandboxes ready again and nothing of the last click goes on."""
        deadline = time.monotonic() + _REFILL_S
        wanted = self._kept.get(language, self.warm(self.service))
        before, now = None, self.containers(self.service)
        # No other is being made either.
        while now != before or list(now.values()).count(language) < wanted:
            if time.monotonic() > deadline:
                self._kept[language] = list(now.values()).count(language)  # it will not be more the next time
                break
            time.sleep(_PAUSE_S)
            before, now = now, self.containers(self.service)

    def warm_up(self, service: Service, language: str) -> None:
        """Bring a language into use, two at a time."""
        if len(self.sandboxes(service, language)) >= self.warm(service) > 0:
            return
        visitor = self.visitor(service)
        for _ in range(3):
            for run in [visitor.start(self.fresh(language).id) for _ in range(2)]:
                visitor.ended(run)

    def notes(self) -> list[str]:
        """What should be known of the figures."""
        return [
            f"Only {kept} {language} sandboxes were ready after {_REFILL_S:.0f} s: some clicks may have found none."
            for language, kept in self._kept.items()
        ]

    def visitor(self, service: Service, number: int = 1) -> Visitor:
        """Number 1, 2, 3 … of 254."""
        return Visitor(service.port, f"192.0.2.{number}")

    # Programs

    def fresh(self, language: str = "python", more: dict[str, str | bytes] | None = None, source: str = "") -> Gist:
        """A gist that nobody has seen, nor its content.

        Args:
            more: further files.
            source: in place of the one that prints a word; `{}` is the word.
        """
        word = uuid.UUID(int=self.draw.getrandbits(128)).hex
        known = LANGUAGES[language]
        files = {known.file: (source or known.source).format(word), **(more or {})}
        gist = uuid.uuid4().hex
        self.github.put(gist, files)
        return Gist(gist, files, word)

    # Rulers

    @cached_property
    def policy(self) -> Policy:
        return Policy(Limits())

    @cached_property
    def app(self) -> App:
        return App(Settings.load({"GISTRUN_DATA": str(self._folder), "GISTRUN_LANGUAGES": ",".join(LANGUAGES)}))

    @cached_property
    def ready(self) -> dict[str, ReadyLanguage]:
        """The images in use.

        Raises:
            SystemExit: one is missing.
        """
        images = self.app.images(self.engine)
        found = {name: ready for name in LANGUAGES if (ready := images.ready(name))}
        if missing := set(LANGUAGES) - set(found):
            raise SystemExit(f"Build the images first: gistrun images build {' '.join(sorted(missing))}")
        return found

    def bare(self, language: str, argv: tuple[str, ...] = (), files: dict[str, Any] | None = None) -> Timing:
        """The program by itself, with the very toolchain of the image, in the image's root file system."""
        known = LANGUAGES[language]
        word = "0" * 32
        expected = "" if files or argv else word
        files = files or {known.file: known.source.format(word)}
        environment = {**ENVIRONMENT, **dict(self.app.languages[language].environment), "TMPDIR": "/sandbox/tmp"}
        return self._bare_in(language).run(list(argv or known.bare), files, environment, expected)

    def bare_on_host(self, language: str) -> Timing:
        """The same with what this machine has installed.

        Raises:
            RuntimeError: it has not.
        """
        known = LANGUAGES[language]
        word = "0" * 32
        return self._bare_in(None).run(
            list(known.on_host), {known.file: known.source.format(word)}, _HOST_ENVIRONMENT, word
        )

    def docker_run(self, language: str, argv: tuple[str, ...] = (), files: dict[str, Any] | None = None) -> Timing:
        """The program with `docker run --rm` in a container of the same image, hardened as ours are."""
        known = LANGUAGES[language]
        word = "0" * 32
        folder = self._folder / "docker" / "program"
        folder.parent.mkdir(exist_ok=True)
        clear(folder)
        write(folder, files or {known.file: known.source.format(word)})
        command = docker_run(self.policy, self.ready[language].image, list(argv or known.in_docker), folder, self.label)
        environment = {**_HOST_ENVIRONMENT, "DOCKER_HOST": os.environ.get("DOCKER_HOST", "")}
        return self._bare_in(None).time(command, "/", environment, "" if files or argv else word)

    def _bare_in(self, language: str | None) -> Bare:
        if language not in self._bare:
            root = None
            if language:
                root = self._folder / "roots" / language
                export(self.ready[language].image, root, self.label)
            self._bare[language] = bare = Bare(root, (root or self._folder) / "program")
            self._exits.callback(bare.close)
        return self._bare[language]


@dataclass(frozen=True)
class Gist:
    id: str
    files: dict[str, str | bytes]
    #: What it prints, and no other gist.
    word: str


_HOST_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def _remove_containers(label: str) -> None:
    found = ["docker", "ps", "-aq", "--filter", f"label={label}"]
    left = subprocess.run(found, capture_output=True, text=True, check=False).stdout.split()
    if left:
        subprocess.run(["docker", "rm", "-f", *left], capture_output=True, check=False)


@contextlib.contextmanager
def opened(*, quick: bool) -> Iterator[Bench]:
    """A bench; when it closes, everything it started has ended and everything it wrote is gone."""
    with _uninterrupted_end() as entered, contextlib.ExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="gistrun-benchmark-")))
        folder.chmod(0o755)  # the sandboxes' users read the program's folder under `docker run`
        github = exits.enter_context(GitHubServer())
        github.limit(100_000_000)
        try:
            yield Bench(folder, github, exits, quick=quick)
        finally:
            entered()


@contextlib.contextmanager
def _uninterrupted_end() -> Iterator[Callable[[], None]]:
    """From the call of what this gives until it is left, SIGINT and SIGTERM are ignored: what is half stopped would
    stay, and all of it takes a few seconds.
    """
    before: dict[int, Any] = {}

    def ignore() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, signal.SIG_IGN)

    try:
        yield ignore
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
