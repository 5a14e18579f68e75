"""What a program asks for. Pure.

From a gist only names, extras, versions and conditions are taken, never an address, a path or an option of a tool.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from gistrun.model import Package, Program, digest

#: A gist that asks for more than so many is refused; what these need in turn does not count.
MOST = 200
#: Bytes of a file that is looked through. What comes after is not read.
LOOKED_AT = 256 * 1024
#: What `Package.source` says of a package that only another package asked for.
DEPENDENCY = "dependency"


@dataclass(frozen=True, slots=True)
class Need:
    """One package that a program asks for."""

    #: In the form in which the registry compares names.
    name: str
    #: With extras, versions and conditions, as the ecosystem's tools write it.
    text: str
    #: Why: the name of a file, or the way in which it is asked for (`pep723`, `import`).
    source: str
    #: The place that asks for it, such as `line 3 of main.py`; empty where that is not known.
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that a program asks for of one ecosystem."""

    needs: tuple[Need, ...]

    @property
    def key(self) -> str:
        """Equal for programs that ask for the same, however they do."""
        return digest(sorted({need.text for need in self.needs}))

    def source(self, name: str) -> str:
        """Why a package is there."""
        return next((need.source for need in self.needs if need.name == name), DEPENDENCY)

    def placed(self, packages: Iterable[Package]) -> tuple[Package, ...]:
        """These packages, each with the place that asks for it where that is known."""
        places = {need.name: need.where for need in self.needs}
        return tuple(replace(package, where=places.get(package.name, "")) for package in packages)

    def without_imported(self, reason: str) -> Wanted | None:
        """The same without the imported packages that the reason names; None if it names none of them."""
        words = {word.rstrip(".:;") for word in re.split(r"[\s,`“”()]+", reason)}
        left = tuple(need for need in self.needs if need.source != "import" or need.name not in words)
        return replace(self, needs=left) if left != self.needs and left else None


class Ecosystem(Protocol):
    """The packages of one registry. `language.toml` names one by its module."""

    #: The hosts that its tools may reach, besides those that the deployment's own settings of these tools name.
    hosts: frozenset[str]
    #: The name of the file in which its tools look for a lock.
    lock_name: str

    def wanted(self, program: Program, declared_only: bool) -> tuple[Need, ...]:
        """What the program asks for: what it declares, else what it imports unless only declared packages are allowed.

        Raises:
            PackagesRefused: something that is asked for is not a package of the registry.
        """

    def request(self, wanted: Wanted) -> Mapping[str, bytes]:
        """The files that its tools read, by their names."""

    def packages(self, lock: bytes, wanted: Wanted) -> tuple[Package, ...]:
        """What a lock holds.

        Raises:
            ValueError, KeyError: it is not a lock of this ecosystem.
        """

    def reason(self, said: str) -> str | None:
        """Why its tools gave up, as a sentence, from what they said; None where that is not to be seen."""


def locked(lock: bytes, line: re.Pattern[str], wanted: Wanted) -> tuple[Package, ...]:
    """The packages of a lock that has a line for each, which begins with its name and its version.

    Args:
        line: what each line must be; its first groups are the name and the version.

    Raises:
        ValueError: there is another line.
    """
    found = []
    for text in lock.decode("ascii").splitlines():
        parts = line.fullmatch(text)
        if not parts:
            raise ValueError(f"no package: {text[:80]!r}")
        found.append(Package(parts[1], parts[2], wanted.source(parts[1])))
    return tuple(found)


def refused(said: str) -> str | None:
    """The sentence after `refused:`, by which an installer of ours tells why it gave up; None where there is none."""
    found = re.search(r"^refused: ([^\n]{1,400})$", said, re.MULTILINE)
    return found[1] if found else None
