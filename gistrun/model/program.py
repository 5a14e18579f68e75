"""What a visitor asks to run, the program that a sandbox gets for it, and what it may use."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from gistrun.model.gist import GistFile


class Network(StrEnum):
    """What a program can reach besides itself."""

    NONE = "none"
    EGRESS = "egress"  # the public internet


class Packages(StrEnum):
    """Which packages are installed for programs."""

    ON = "on"  # declared or imported
    DECLARED = "declared"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Request:
    """What a visitor asks to run: a file (None: `languages.choose` selects it), arguments and standard input, and a
    version of the language (None: what the gist asks for, else the default).
    """

    file: str | None = None
    args: tuple[str, ...] = ()
    stdin: bytes = b""
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Names of two files: an input, and the standard output that it must lead to."""

    stdin: str
    expected: str


@dataclass(frozen=True, slots=True)
class Package:
    """A package that the program had."""

    name: str
    version: str
    #: Why: the file or the way that asked for it (`requirements.txt`, `import`), or `dependency` of another package.
    source: str
    #: The place that asks for it, such as `line 3 of main.py`; empty where that is not known.
    where: str = ""

    def as_json(self) -> dict[str, str]:
        told = {"name": self.name, "version": self.version, "from": self.source}
        return told | {"where": self.where} if self.where else told


@dataclass(frozen=True, slots=True)
class Lock:
    """Exact versions and hashes of all packages for what a program wants."""

    #: Digest of what was wanted, and of which language and version.
    wanted: str
    #: As the ecosystem's tools write it.
    text: bytes
    packages: tuple[Package, ...] = ()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Program:
    """What a sandbox gets: the files, the entry file, its language and version, and the input."""

    language: str
    file: str
    files: tuple[GistFile, ...]
    args: tuple[str, ...] = ()
    stdin: bytes = b""
    #: None where the language has one version only.
    version: str | None = None
    #: The way in which its tests are run; None for a program that is no tests.
    tests: str | None = None
    #: The name of the file that its standard output must equal.
    expected: str | None = None
    #: Inputs, each with the output that it must lead to. The program runs once for each.
    cases: tuple[Case, ...] = ()
    #: Seconds for the run phase, if the gist asks for fewer than the limit.
    timeout_s: float | None = None
    #: Packages that `gist.toml` names.
    packages: tuple[str, ...] = ()
    #: The packages that it had before; None: what it wants is resolved.
    lock: Lock | None = None
    #: The image with its packages; None where it runs on the language's own.
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use. The sandbox enforces each limit, and the outcome names the one that stopped a program."""

    timeout_s: float = 30.0
    compile_timeout_s: float = 60.0
    memory_bytes: int = 256 * 2**20
    cpus: float = 1.0
    pids: int = 64
    disk_bytes: int = 64 * 2**20
    output_bytes: int = 2**20
    #: For the compile phase, which may need more than a program gets.
    compile_memory_bytes: int = 2**30
    compile_pids: int = 256
    network: Network = Network.NONE
