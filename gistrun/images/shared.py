"""Images with packages in a registry of images, by which hosts of one deployment give them to each other.

All names are below the one that the deployment sets. What is pulled is named by its digest, so it is what was pushed,
bit by bit, whoever else may write there.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Generator, Iterable
from typing import Any

from gistrun.engine import Engine
from gistrun.errors import EngineRefused, SandboxUnavailable
from gistrun.images.catalogue import Catalogue

#: Seconds that a push may take.
PUSH_SECONDS = 600


class SharedImages:
    """The images of a catalogue in a registry.

    Args:
        below: the registry's host and a path, such as registry.example.com:5000/gistrun.
    """

    def __init__(self, engine: Engine, catalogue: Catalogue, below: str) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._below = below

    def push(self, name: str, stopped: Callable[[], bool]) -> str:
        """Put an image with packages into the registry; returns its digest there.

        Raises:
            SandboxUnavailable: the registry or the engine does not answer, or refuses, or takes too long, or it was
                stopped.
        """
        local = self._catalogue.tag(name)
        repository, tag = self._repository(name), local.rpartition(":")[2]
        deadline = time.monotonic() + PUSH_SECONDS
        self._engine.tag(local, repository, tag)
        try:
            digest = None
            with contextlib.closing(_checked(self._engine.push(repository, tag))) as lines:
                for line in lines:
                    digest = line.get("aux", {}).get("Digest", digest)
                    if time.monotonic() > deadline or stopped():
                        raise SandboxUnavailable(f"{name} was not taken within {PUSH_SECONDS} s, or this worker stops.")
        finally:
            self._forget(f"{repository}:{tag}")
        if digest is None or not is_digest(digest):
            raise SandboxUnavailable(f"The registry did not say what it has taken of {name}.")
        return str(digest)

    def pull(self, name: str, digest: str, tell: Callable[[str], None]) -> None:
        """Have the image of that digest as the one of that name.

        Raises:
            NotShared: the registry does not have it, or it is no such image.
            SandboxUnavailable: the registry or the engine does not answer, or refuses.
        """
        if not is_digest(digest):
            raise NotShared(f"{digest!r} is no digest.")
        repository = self._repository(name)
        reference = f"{repository}@{digest}"
        with contextlib.closing(_checked(self._engine.pull(repository, digest))) as lines:
            for line in lines:
                tell(line.get("status") or "")
        try:
            found = self._engine.image(reference)
            if found is None:
                raise NotShared(f"{reference} is not there after it was pulled.")
            if not self._catalogue.fits(name, found):
                raise NotShared(f"{reference} is not an environment of {name}.")
            self._engine.tag(found["Id"], *self._catalogue.tag(name).rsplit(":", 1))
        finally:
            self._forget(reference)

    def _repository(self, name: str) -> str:
        return f"{self._below}/{name.partition('+')[0].partition('@')[0]}"

    def _forget(self, reference: str) -> None:
        """The image is known by its own name only, so that it goes when that is removed."""
        with contextlib.suppress(EngineRefused):
            self._engine.remove_image(reference)


class NotShared(SandboxUnavailable):
    """The registry does not have what it was said to have."""


def is_digest(text: str) -> bool:
    """Whether that is the digest of an image."""
    return re.fullmatch(r"sha256:[0-9a-f]{64}", text) is not None


def _checked(lines: Iterable[dict[str, Any]]) -> Generator[dict[str, Any]]:
    """The lines of a push or a pull. The engine says at their beginning or in their middle that it failed."""
    try:
        for line in lines:
            if error := line.get("error"):
                raise EngineRefused(error)
            yield line
    except EngineRefused as refusal:
        missing = re.search(r"manifest unknown|not found", refusal.reason)
        raise (NotShared if missing else SandboxUnavailable)(f"The registry says: {refusal.reason}") from refusal
