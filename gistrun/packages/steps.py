"""What is told of an environment while it is made."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from gistrun.model import Image, Lock
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
class Soon:
    """An environment can soon be used, before it is an image."""

    #: The environment's name, and the id of the image with its tools.
    image: Image
    #: The folder of the engine's host that the packages are put into.
    folder: str


@dataclass(frozen=True, slots=True)
class Early:
    """An environment can be used in that folder, and is being made an image.

    Attributes:
        made: done when it is an image; has the error where it cannot become one.
        released: to be set when no program uses the folder any more.
    """

    made: Future[None]
    released: threading.Event


@dataclass(frozen=True, slots=True)
class Ready:
    """An environment is there."""

    #: The image's name.
    image: str
    lock: Lock
    #: Equal on all hosts for what is as good as the same environment.
    key: str = ""
    #: None where it is an image.
    early: Early | None = None


Step = Doing | Said | Soon | Ready


def listed(lock: Lock) -> str:
    """The packages of a lock by name and version, those that were asked for first."""
    packages = sorted(lock.packages, key=lambda package: package.source == DEPENDENCY)
    return few([f"{package.name} {package.version}" for package in packages])


def few(names: Sequence[str]) -> str:
    """The first of these names, and how many more there are."""
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return f"{', '.join(names[:_TOLD])}{more}"
