"""Which images there are on an engine, and what each of them is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gistrun.engine import Engine
from gistrun.images.recipe import Recipe, recipes, tools
from gistrun.languages import IMAGES, Language, by_image
from gistrun.model import Image

#: The label of an image with packages; its value is the image's name.
ENVIRONMENT = "gistrun.environment"


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
        #: The language or version that each image is for, by the image's name.
        self.versions = by_image(known)
        #: What each image is made from, by the image's name, and what those below are made from.
        self.recipes = recipes(known, folder)
        self._engine = engine
        self._repository = repository

    def ready(self, name: str) -> Image | None:
        """The image of that name, or None if there is none on which programs run as its folder says now.

        Raises:
            SandboxUnavailable: the engine does not answer.
        """
        language = name.partition("+")[0]
        found = self.inspect(name) if language in self.versions else None
        return self._described(self.recipes[language], found, name) if found else None

    def all_ready(self, others: Iterable[str] = ()) -> list[Image]:
        """All images of languages that are ready, and those of these names.

        Each is asked for by its name: an engine takes long to list its images, and goes on when nobody waits any more.

        Raises:
            SandboxUnavailable: the engine does not answer.
        """
        return [image for name in dict.fromkeys([*self.versions, *others]) if (image := self.ready(name))]

    def is_current(self, recipe: Recipe, found: dict[str, Any]) -> bool:
        """Whether that image was made from its folder, and from what is below, as they are now."""
        return labels(found).get("gistrun.source") == recipe.source

    def fits(self, name: str, found: dict[str, Any]) -> bool:
        """Whether that image, which may come from another host, can be the one with packages of that name."""
        language = name.partition("+")[0]
        known = labels(found)
        if language not in self.versions or ENVIRONMENT not in known:
            return False
        instead = self.versions[language].packages_instead or ""
        if known.get("gistrun.image") not in (tools(language), tools(language, instead)):
            return False
        return self._described(self.recipes[language], found, name) is not None

    def _described(self, recipe: Recipe, found: dict[str, Any], name: str) -> Image | None:
        known = labels(found)
        if known.get("gistrun.commands") != recipe.commands:
            return None
        return Image(name, found["Id"], known["gistrun.toolchain"])

    def inspect(self, name: str) -> dict[str, Any] | None:
        """The engine's own description of the image of that name, whatever it was made from."""
        return self._engine.image(self.tag(name))

    def tag(self, name: str) -> str:
        """The engine's name of the image."""
        language, _, lock = name.partition("+")
        first, _, version = language.partition("@")
        return f"{self._repository}/{first}:{version or 'latest'}{lock and '-'}{lock}"

    def environment(self, tag: str) -> str | None:
        """The name of the image with packages that the engine knows as that; None if it is none of this catalogue."""
        found = re.fullmatch(rf"{re.escape(self._repository)}/([^/:]+):(.+)-([0-9a-z]+)", tag)
        if found is None:
            return None
        return f"{found[1]}{'' if found[2] == 'latest' else f'@{found[2]}'}+{found[3]}"


def labels(found: dict[str, Any]) -> dict[str, str]:
    """The labels in the engine's description of an image."""
    return found["Config"].get("Labels") or {}
