"""What packages cost in each language, beside the language's own tool: a table of a declared and an imported package.

The tool runs in a container of the image with its tools, with the machine's network, as root and without limits. Both
take turns, first with nothing kept and then again.
"""

from __future__ import annotations

import os
import shlex
import statistics
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import docker
import docker.errors

from gistrun import engine, languages
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.images.recipe import tools
from gistrun.installing import InstallingSandboxes
from gistrun.languages import Language
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
    PhaseStarted,
    Program,
    Request,
    SandboxTaken,
)
from gistrun.offer import Offer
from gistrun.packages.downloads import volume
from gistrun.packages.environments import Environments
from gistrun.packages.means import Means
from gistrun.packages.memory import Forgetful
from gistrun.sandbox.maker import Maker
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy
from gistrun.sandbox.pool import Pool

OWNER = Owner(f"table-{os.getpid()}", "bench")
_CERTIFICATES = "/usr/local/lib/gistrun/certificates.crt"
_NPM = "node /usr/local/lib/gistrun/packages/npm/bin/npm-cli.js"
_IVY = (
    "java -Djavax.net.ssl.trustStore=/usr/local/lib/ivy/trust.p12 -Djavax.net.ssl.trustStorePassword=changeit "
    "-jar /usr/local/lib/ivy/ivy-2.6.0.jar -warn -retrieve 'jars/[artifact](-[classifier]).[ext]' -dependency"
)
_JAVA = "javac -proc:none -cp 'jars/*' Main.java && java -cp 'jars/*:.' Main"
_UUID = 'package main\nimport "fmt"\nimport "github.com/google/uuid"\nfunc main() { fmt.Println(uuid.NewString()) }\n'
_GSON = (
    "import com.google.gson.Gson;\n"
    "public class Main { public static void main(String[] a) { System.out.println(new Gson().toJson(1)); } }\n"
)
_CARGO = '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n{}\n[[bin]]\nname = "x"\npath = "main.rs"\n'
_RAND = 'fn main() { println!("{}", rand::random::<u8>()) }\n'
_ITOA = 'fn main() { println!("{}", itoa::Buffer::new().format(7)) }\n'


@dataclass(frozen=True)
class Case:
    """A program, and how the language's own tool gets the same packages and runs it."""

    language: str
    asked: str
    files: dict[str, str]
    #: A command of the shell in a folder with the files.
    bare: str
    #: Files that only the tool needs.
    more: tuple[tuple[str, str], ...] = ()


CASES = (
    Case("python", "declared: requests", {"main.py": "import requests\nprint(1)\n", "requirements.txt": "requests\n"},
         "uv pip install -q --target target -r requirements.txt && PYTHONPATH=target python3 main.py"),
    Case("python", "imported: yaml", {"main.py": "import yaml\nprint(1)\n"},
         "uv pip install -q --target target pyyaml && PYTHONPATH=target python3 main.py"),
    Case("javascript", "declared: lodash",
         {"main.js": "console.log(require('lodash').VERSION)\n", "package.json": '{"dependencies": {"lodash": "4.17.21"}}'},
         f"{_NPM} install --silent && node main.js"),
    Case("javascript", "imported: express, axios", {"main.js": "require('express'); require('axios'); console.log(1)\n"},
         f"{_NPM} install --silent express axios && node main.js"),
    Case("go", "declared: google/uuid 1.6.0",
         {"main.go": _UUID, "go.mod": "module x\n\ngo 1.24\n\nrequire github.com/google/uuid v1.6.0\n"},
         "go mod tidy && go run ."),
    Case("go", "imported: google/uuid", {"main.go": _UUID},
         "{ [ -e go.mod ] || go mod init x; } && go mod tidy && go run ."),
    Case("rust", "declared: itoa", {"main.rs": _ITOA, "Cargo.toml": _CARGO.format('itoa = "1"')}, "cargo run -q"),
    Case("rust", "imported: rand", {"main.rs": _RAND}, "cargo run -q", (("Cargo.toml", _CARGO.format('rand = "*"')),)),
    Case("java", "declared: gson 2.11.0", {"Main.java": f"//DEPS com.google.code.gson:gson:2.11.0\n{_GSON}"},
         f"{_IVY} com.google.code.gson gson 2.11.0 && {_JAVA}"),
    Case("java", "imported: gson", {"Main.java": _GSON},
         f"{_IVY} com.google.code.gson gson latest.release && {_JAVA}"),
    Case("perl", "declared: Moo", {"main.pl": "use Moo;\nprint 1;\n", "cpanfile": "requires 'Moo';\n"},
         "apt-get update -qq -o Acquire::Check-Valid-Until=false && apt-get install -qq --no-install-recommends libmoo-perl && perl main.pl"),
    Case("lua", "imported: lfs", {"main.lua": "require 'lfs'\nprint(1)\n"},
         "apt-get update -qq -o Acquire::Check-Valid-Until=false && apt-get install -qq --no-install-recommends lua-filesystem && lua main.lua"),
)  # fmt: skip


class Noting(Pool):
    """A pool that notes in which environments it ran programs, and in which one last."""

    def __init__(self, maker: Maker) -> None:
        super().__init__(maker)
        self.environment = ""
        self.environments: set[str] = set()

    def run(self, program: Program) -> Generator[SandboxTaken | PhaseStarted | Output | Outcome]:
        self.environment = program.environment or self.environment
        self.environments |= {program.environment} if program.environment else set()
        return super().run(program)


@dataclass
class Table:
    """What takes turns."""

    client: Any
    catalogue: Catalogue
    builder: Builder
    pool: Noting
    known: dict[str, Language]

    def row(self, case: Case, rounds: int) -> str:
        """A row of the table: medians, in seconds to the first byte that the program prints."""
        taken: dict[str, list[float]] = {key: [] for key in ("first", "again", "without", "bare", "bare again")}
        program = self._program(case)
        image = self.builder.ensure(tools(self.known[case.language].image))
        for number in range(rounds):
            with self._installing(case, number) as installing:
                first, lock = self._ours(installing, program)
                taken["first"].append(first)
                with self._container(image, case) as bare:
                    taken["bare"].append(self._theirs(bare, case))
                    taken["again"].append(self._ours(installing, replace(program, lock=lock))[0])
                    taken["bare again"].append(self._theirs(bare, case))
                plain = self.known[case.language].image
                taken["without"].append(self._ours(installing, self._without(case, plain))[0])
            self._forget(case, number)
        figures = " | ".join(f"{statistics.median(each):.2f}" for each in taken.values())
        return f"| {case.language}, {case.asked} | {figures} |"

    def _program(self, case: Case) -> Program:
        files = tuple(GistFile(name, text.encode()) for name, text in case.files.items())
        return languages.choose(Gist("bench", "0" * 40, files), Request(files[0].name), self.known)

    def _without(self, case: Case, image: str) -> Program:
        """A program of the language that prints and needs nothing."""
        folder = languages.IMAGES / case.language
        hello = next(path for path in folder.glob("hello.*") if path.suffix != ".out")
        files = (GistFile(hello.name, hello.read_bytes()),)
        return languages.choose(Gist("bench", "0" * 40, files), Request(hello.name), self.known)

    def _ours(self, installing: InstallingSandboxes, program: Program) -> tuple[float, Lock | None]:
        began, first, lock = time.monotonic(), None, None
        for event in installing.run(program):
            if isinstance(event, Installed):
                lock = event.lock
            elif isinstance(event, Output) and event.phase is Phase.RUN and first is None:
                first = time.monotonic() - began
            elif isinstance(event, Outcome) and event.exit_code != 0:
                raise SystemExit(f"{program.language} did not run: {event.message}")
        installing.close()
        return first or time.monotonic() - began, lock

    def _theirs(self, container: str, case: Case) -> float:
        made = self.client.exec_create(container, ["sh", "-c", f"cd /bench && {case.bare}"])
        began = time.monotonic()
        said = self.client.exec_start(made)
        if self.client.exec_inspect(made)["ExitCode"]:
            raise SystemExit(f"{case.bare}: {said.decode(errors='replace')[-2000:]}")
        return time.monotonic() - began

    @contextmanager
    def _container(self, image: str, case: Case) -> Iterator[str]:
        variables = ("SSL_CERT_FILE", "CARGO_HTTP_CAINFO", "NODE_EXTRA_CA_CERTS")
        container = self.client.create_container(
            image,
            entrypoint=["sleep", "900"],
            user="root",
            labels={"gistrun.role": "test"},
            environment=dict.fromkeys(variables, _CERTIFICATES) | {"HOME": "/root", "TMPDIR": "/root"},
            host_config=self.client.create_host_config(network_mode="host"),
        )["Id"]
        try:
            self.client.start(container)
            files = {**case.files, **dict(case.more)}
            writing = [f"printf %s {shlex.quote(text)} >/bench/{name}" for name, text in files.items()]
            made = self.client.exec_create(
                container, ["sh", "-c", " && ".join(["mkdir -p /bench /sandbox/tmp", *writing])]
            )
            self.client.exec_start(made)
            yield container
        finally:
            self.client.remove_container(container, force=True)

    @contextmanager
    def _installing(self, case: Case, number: int) -> Iterator[InstallingSandboxes]:
        own = engine.connect(60)
        with tempfile.TemporaryDirectory() as name:
            whose = f"{OWNER.instance}-{number}"
            means = Means(own, self.builder, self.catalogue, OWNER, Path(name), {}, None, 2**30, 2**40, downloads=whose)
            offer = Offer(self.known, Limits())
            with closing(
                InstallingSandboxes(self.pool, Environments(means, Forgetful()), offer.version_of, Packages.ON)
            ) as installing:
                yield installing

    def _forget(self, case: Case, number: int) -> None:
        """Remove what was kept, so that the next round begins with nothing."""
        for name in list(self.pool.environments):
            for _ in range(100):
                try:
                    self.client.remove_image(self.catalogue.tag(name))
                except docker.errors.ImageNotFound:
                    break
                except docker.errors.APIError:
                    time.sleep(0.1)
                else:
                    break
            self.pool.environments.discard(name)
        with suppress(docker.errors.APIError):
            self.client.remove_volume(volume(self.known[case.language].packages or "", f"{OWNER.instance}-{number}"))


def main(names: list[str], rounds: int) -> None:
    """Print the rows of these languages; of all where none is named."""
    known, own = languages.load(), engine.connect(60)
    catalogue = Catalogue(own, known)
    builder = Builder(own, catalogue, OWNER)
    print(f"{rounds} rounds, load {os.getloadavg()[0]:.1f}. Seconds to the first byte.\n")
    print("| | first | again | without packages | the tool, first | the tool, again |\n|---|---|---|---|---|---|")
    with closing(Noting(Maker(own, catalogue, known, Policy(Limits()), OWNER))) as pool:
        table = Table(docker.from_env(timeout=600).api, catalogue, builder, pool, known)
        for case in CASES:
            if not names or case.language in names:
                builder.build(known[case.language].image)
                print(table.row(case, rounds), flush=True)
    print(f"\nLoad at the end: {os.getloadavg()[0]:.1f}")
