"""`python -m tests.benchmarks.packages [ROUNDS]`: what packages cost, beside uv on the bare machine.

With `all`, or with names of languages, it prints instead a table of these: see `package_table`.

Each round installs the same set twice with gistrun and twice with uv, first with nothing kept and then with the
downloads kept, and then a set with another package beside, in turns; the environment is removed each time. uv does it
in its own usual way, which makes links to what it keeps. Then `print(1)` runs in a sandbox that waits, with the set and
without packages. The figures are medians. Needs the images, and the real registry.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import docker

from gistrun import engine, languages
from gistrun.engine import Engine
from gistrun.errors import EngineRefused
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.images.recipe import tools
from gistrun.installing import InstallingSandboxes
from gistrun.model import (
    GistFile,
    Installed,
    Limits,
    Outcome,
    Output,
    Packages,
    Phase,
    PhaseStarted,
    Program,
)
from gistrun.offer import Offer
from gistrun.packages.environments import Environments
from gistrun.packages.means import Means
from gistrun.packages.memory import Forgetful
from gistrun.sandbox.maker import Maker
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy
from tests.benchmarks import package_table
from tests.benchmarks.package_table import Noting

SET = ("numpy", "pandas", "matplotlib", "requests")
#: What is asked for by the name of what is kept meanwhile.
SETS = {"nothing kept": SET, "downloads kept": SET, "another set": (*SET, "seaborn")}
LANGUAGE = "python"
OWNER = Owner(f"bench-{os.getpid()}", "bench")
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


@dataclass
class Bench:
    """What takes turns, and the seconds that each took."""

    engine: Engine
    catalogue: Catalogue
    pool: Noting
    folder: Path
    installing: InstallingSandboxes | None = None
    environment: str = ""
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def ours(self, kept: str) -> None:
        """Install the set, in a program that prints at once, and remove the environment."""
        self.forget()
        assert self.installing
        began = time.monotonic()
        for event in self.installing.run(_program("print(1)\n", SETS[kept])):
            if isinstance(event, Installed):
                self.seconds[f"ours, {kept}"].append(time.monotonic() - began)
            elif isinstance(event, PhaseStarted) and event.phase is Phase.RUN:
                self.seconds[f"ours, {kept}: started"].append(time.monotonic() - began)
            elif isinstance(event, Outcome) and event.exit_code != 0:
                raise SystemExit(f"It did not run: {event.message}")
        self.environment = self.pool.environment

    def theirs(self, kept: str) -> None:
        """Install the set with uv as it is."""
        target = self.folder / "target"
        shutil.rmtree(target, ignore_errors=True)
        if kept == "nothing kept":
            shutil.rmtree(self.folder / "cache", ignore_errors=True)
        command = [self.folder / "uv", "pip", "install", "-q", "--only-binary", ":all:", "--python-version", "3.14"]
        variables = {"UV_CACHE_DIR": str(self.folder / "cache"), "SSL_CERT_FILE": _CERTIFICATES, **os.environ}
        began = time.monotonic()
        subprocess.run([*command, "--target", target, *SETS[kept]], check=True, env=variables)
        self.seconds[f"uv, {kept}"].append(time.monotonic() - began)

    def waiting(self) -> None:
        """A program that prints at once, in a sandbox that waits."""
        # In this order, since the network namespace that both use would keep the environment from being removed.
        for label, image in (("without packages", LANGUAGE), ("with the set", self.environment)):
            self.pool.prepare(image)
            program = _program("print(1)\n", (), self.environment if image == self.environment else None)
            began = time.monotonic()
            first = next(time.monotonic() - began for event in self.pool.run(program) if isinstance(event, Output))
            self.seconds[f"first byte, {label}"].append(first)

    def forget(self) -> None:
        """Remove the environment, as soon as the sandbox that ran in it is gone."""
        reason = ""
        for _ in range(600):
            if not self.environment or self.catalogue.inspect(self.environment) is None:
                return
            try:
                self.engine.remove_image(self.catalogue.tag(self.environment))
            except EngineRefused as error:
                reason = error.reason
                time.sleep(0.1)
        raise SystemExit(f"{self.environment} stays: {reason}")


def _program(source: str, packages: tuple[str, ...], environment: str | None = None) -> Program:
    file = GistFile("main.py", source.encode())
    return Program(LANGUAGE, file.name, (file,), packages=packages, environment=environment)


def _copy_uv(client: docker.APIClient, image: str, folder: Path) -> None:
    container = client.create_container(image, labels={"gistrun.role": "test"})["Id"]
    try:
        archive, _ = client.get_archive(container, "/usr/local/bin/uv")
        (folder / "uv.tar").write_bytes(b"".join(archive))
    finally:
        client.remove_container(container)
    shutil.unpack_archive(folder / "uv.tar", folder, filter="data")


def main(rounds: int) -> None:
    """Measure, and print the medians."""
    known, docker_engine, client = languages.load(), engine.connect(60), docker.from_env().api
    catalogue = Catalogue(docker_engine, known)
    builder = Builder(docker_engine, catalogue, OWNER)
    whose = f"bench-{os.getpid()}"
    with (
        tempfile.TemporaryDirectory() as name,
        closing(Noting(Maker(docker_engine, catalogue, known, Policy(Limits()), OWNER))) as pool,
    ):
        folder = Path(name)
        bench = Bench(docker_engine, catalogue, pool, folder)
        _copy_uv(client, builder.ensure(tools(LANGUAGE)), folder)
        for number in range(rounds):
            means = Means(
                docker_engine, builder, catalogue, OWNER, folder, {}, None, 2**30, 2**40, downloads=f"{whose}-{number}"
            )
            offer = Offer(known, Limits())
            installing = InstallingSandboxes(pool, Environments(means, Forgetful()), offer.version_of, Packages.ON)
            bench.installing = installing
            for kept in SETS:
                bench.ours(kept)
                installing.close()
                bench.theirs(kept)
            bench.waiting()
        bench.forget()
    for label, taken in bench.seconds.items():
        print(f"{label:36} {statistics.median(taken) * 1000:9.1f} ms  of {len(taken)}")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    names = [word for word in sys.argv[1:] if not word.isdigit()]
    if names:
        package_table.main([name for name in names if name != "all"], numbers[0] if numbers else 1)
    else:
        main(numbers[0] if numbers else 3)
