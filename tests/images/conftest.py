"""The real engine, and the folders of images/ as they are found there."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import docker
import pytest

from gistrun import languages
from gistrun.engine import Engine
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.installing import InstallingSandboxes
from gistrun.model import (
    Gist,
    GistFile,
    Installed,
    Limits,
    Lock,
    Outcome,
    Output,
    Packages,
    Phase,
    Program,
    Request,
    SandboxEvent,
    Stream,
)
from gistrun.offer import Offer
from gistrun.packages.environments import Environments
from gistrun.packages.means import Means
from gistrun.packages.memory import Forgetful
from gistrun.sandbox.maker import Maker
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy
from gistrun.sandbox.pool import Pool

KNOWN = languages.load()


@pytest.fixture(scope="session")
def engine() -> Any:
    """The SDK's client, by which tests see what the product has done."""
    return docker.from_env().api


class Noting(Pool):
    """A pool that notes in which environments it ran programs."""

    def __init__(self, maker: Maker) -> None:
        super().__init__(maker)
        self.environments: set[str] = set()

    def run(self, program: Program) -> Generator[SandboxEvent]:
        self.environments |= {program.environment} if program.environment else set()
        return super().run(program)


@dataclass
class Packaged:
    """Runs programs with the packages that they need, as `gistrun run` does without a service."""

    installing: InstallingSandboxes
    catalogue: Catalogue
    builder: Builder
    pool: Noting
    engine: Any

    def run_anew(self, files: dict[str, str], **fields: Any) -> Ran:
        """Run a program whose environment may be there from an earlier test: it is made again."""
        self.pool.environments.clear()
        self.run(files, **fields)
        self.installing.close()  # when it is made
        for name in self.pool.environments:
            self.engine.remove_image(self.catalogue.tag(name), force=True)  # a sandbox may wait in it
        return self.run(files, **fields)

    def run(self, files: dict[str, str], **fields: Any) -> Ran:
        """Run the first of the files, whatever language that is."""
        gist = Gist("local", "0" * 40, tuple(GistFile(name, content.encode()) for name, content in files.items()))
        program = replace(languages.choose(gist, Request(next(iter(files))), self.catalogue.languages), **fields)
        self.builder.build((KNOWN[program.language].at(program.version) or KNOWN[program.language]).image)
        *events, outcome = self.installing.run(program)
        assert isinstance(outcome, Outcome)
        output = [event for event in events if isinstance(event, Output)]
        lock = next((event.lock for event in events if isinstance(event, Installed)), None)
        return Ran(output, outcome, lock)


@dataclass
class Ran:
    """What a program printed, how it ended, and what it had."""

    output: list[Output]
    outcome: Outcome
    lock: Lock | None

    @property
    def stdout(self) -> str:
        return self._of(Phase.RUN, Stream.STDOUT)

    @property
    def stderr(self) -> str:
        return self._of(Phase.RUN, Stream.STDERR)

    @property
    def installing(self) -> str:
        """What was said while packages were installed."""
        return self._of(Phase.INSTALL, Stream.STDERR)

    @property
    def packages(self) -> dict[str, str]:
        """Why each package was there."""
        return {package.name: package.source for package in self.lock.packages} if self.lock else {}

    def _of(self, phase: Phase, stream: Stream) -> str:
        return "".join(piece.data for piece in self.output if piece.phase is phase and piece.stream is stream)


@pytest.fixture(scope="session")
def packaged(engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packaged]:
    """Made once for all tests. What it installs stays on the engine for the next time."""
    with packaging(engine, tmp_path_factory.mktemp("data"), {}) as made:
        yield made


@contextmanager
def packaging(engine: Any, data: Path, registries: Mapping[str, str], downloads: str = "") -> Iterator[Packaged]:
    """Installs from these registries.

    Args:
        downloads: whose downloads are kept together; empty for those of the service.
    """
    owner = Owner(f"packages-{os.getpid()}", "tests")
    own = Engine(engine)
    catalogue = Catalogue(own, KNOWN)
    builder = Builder(own, catalogue, owner)
    means = Means(own, builder, catalogue, owner, data, registries, None, 2**30, 10 * 2**30, downloads=downloads)
    with closing(Noting(Maker(own, catalogue, KNOWN, Policy(Limits()), owner))) as pool:
        offer = Offer(KNOWN, Limits())
        installing = InstallingSandboxes(pool, Environments(means, Forgetful()), offer.version_of, Packages.ON)
        with closing(installing):
            yield Packaged(installing, catalogue, builder, pool, engine)
