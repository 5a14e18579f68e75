"""What is told of an environment while it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gistrun.model import Lock
from gistrun.packages.wanted import DEPENDENCY

#: So many packages are told by their names.
_TOLD = 20


@dataclass(frozen=True, slots=True)
class Said:
    """What an installer wrote for the person who waits, seconds after it started."""

    t: float
    text: str


@dataclass(frozen=True, slots=True)
class Doing:
    """What is being done now, as a sentence."""

    text: str
    #: Whether it is a part of installing, and not of what is done once on a host.
    installing: bool = True


@dataclass(frozen=True, slots=True)
class Ready:
    """An environment is there."""

    #: The image's name.
    image: str
    lock: Lock
    #: Equal on all hosts for what is as good as the same environment.
    key: str = ""


Step = Doing | Said | Ready


def listed(lock: Lock) -> str:
    """The packages of a lock by name and version, those that were asked for first."""
    packages = sorted(lock.packages, key=lambda package: package.source == DEPENDENCY)
    return few([f"{package.name} {package.version}" for package in packages])


def few(names: Sequence[str]) -> str:
    """The first of these names, and how many more there are."""
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return f"{', '.join(names[:_TOLD])}{more}"
