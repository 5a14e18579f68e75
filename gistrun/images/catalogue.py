"""Which images there are on an engine, and what each of them is."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gistrun.engine import Engine
from gistrun.errors import SetupError
from gistrun.languages import IMAGES, Language
from gistrun.model import Image

#: The folder of what all images are based on, and its image's name.
BASE_FOLDER, BASE = "_base", "base"


class Catalogue:
    """The images of the known languages on one engine.

    Args:
        folder: the folder of `_base` and of the languages' folders.
        repository: the first part of the images' names.

    Raises:
        SetupError: a folder is missing or cannot be read.
    """

    def __init__(
        self, engine: Engine, known: Mapping[str, Language], folder: Path = IMAGES, repository: str = "gistrun"
    ) -> None:
        self.languages = known
        self._engine = engine
        self._folder = folder
        self._repository = repository
        base = self.context(BASE)
        #: Digest of what each image is made from, by the image's name.
        self.sources = {name: hashlib.sha256(base + self.context(name)).hexdigest() for name in known}
        self.sources[BASE] = hashlib.sha256(base).hexdigest()

    def ready(self, name: str) -> Image | None:
        """The image of that name, or None if there is none that was made from its folder as it is now.

        Raises:
            SandboxUnavailable: the engine does not answer.
        """
        found = self.inspect(name)
        return self.described(name, found) if found else None

    def all_ready(self) -> list[Image]:
        """All images that are ready, found by one call to the engine.

        Raises:
            SandboxUnavailable: the engine does not answer.
        """
        tagged = {tag: found for found in self._engine.images("gistrun.language") for tag in found["RepoTags"] or ()}
        images = []
        for name in self.languages:
            found = tagged.get(self.tag(name))
            if found and (image := self.described(name, {"Id": found["Id"], "Config": found})):
                images.append(image)
        return images

    def described(self, name: str, found: dict[str, Any]) -> Image | None:
        """What the engine's description of an image says, or None if it was made from another state of its folder."""
        known = labels(found)
        if known.get("gistrun.source") != self.sources[name]:
            return None
        return Image(name, found["Id"], known["gistrun.language"], known["gistrun.toolchain"])

    def inspect(self, name: str) -> dict[str, Any] | None:
        """The engine's own description of the image of that name, whatever it was made from."""
        return self._engine.image(self.tag(name))

    def context(self, name: str) -> bytes:
        """The folder that an image is built from, as a tar archive: equal bytes for equal files.

        Raises:
            SetupError: there is no such folder, or one of its files cannot be read.
        """
        return _archive(self._folder / (BASE_FOLDER if name == BASE else name))

    def tag(self, name: str) -> str:
        """The engine's name of the image."""
        return f"{self._repository}/{name}:latest"


def labels(found: dict[str, Any]) -> dict[str, str]:
    """The labels in the engine's description of an image."""
    return found["Config"].get("Labels") or {}


def _archive(folder: Path) -> bytes:
    if not folder.is_dir():
        raise SetupError(f"There is no image folder {folder}.")
    result = io.BytesIO()
    with tarfile.open(fileobj=result, mode="w", format=tarfile.PAX_FORMAT) as archive:
        try:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                content = path.read_bytes()
                entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
                entry.size = len(content)
                entry.mode = 0o755 if os.access(path, os.X_OK) else 0o644
                archive.addfile(entry, io.BytesIO(content))
        except OSError as error:
            raise SetupError(f"The image folder {folder} cannot be read: {error.strerror or error}.") from error
    return result.getvalue()
