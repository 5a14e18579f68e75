"""What each image is made from: a folder, the image below, build arguments. Pure, except that it reads the folders."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gistrun import languages
from gistrun.errors import SetupError
from gistrun.languages import Language
from gistrun.model import digest, to_record
from gistrun.sandbox import protocol

#: The folder of what all images are based on. Its images are called base@<suite>, one for each Debian.
_BASE_FOLDER, _BASE = "_base", "base"
#: The folder with a folder for each ecosystem of packages. The images with their tools stand on the languages' images.
_PACKAGES_FOLDER, _PACKAGES = "_packages", "packages/"
#: Files of a language's folder that prove it or show it, and are no part of its image.
_NOT_OF_THE_IMAGE = ("checks", "hello.", "logo.svg")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one image is made from."""

    name: str
    folder: Path
    #: The suite of the Debian at the bottom.
    debian: str
    #: The image below, or None if that is Debian itself.
    below: str | None
    #: None for the images that all others are based on.
    language: Language | None
    dockerfile: str
    arguments: tuple[tuple[str, str], ...]
    #: Digest of all of these, of the folder's files, and of the recipe of the image below.
    source: str
    #: Digest of what a worker does in a sandbox of the image. An older image of the same commands can still be used.
    commands: str

    def context(self) -> bytes:
        """The folder as a tar archive: equal bytes for equal files.

        Raises:
            SetupError: one of its files cannot be read.
        """
        return _archive(self.folder)


def recipes(known: Mapping[str, Language], folder: Path) -> dict[str, Recipe]:
    """The recipe of every image that these languages need, by the image's name. What is below comes first.

    Args:
        folder: the folder of `_base` and of the languages' folders.

    Raises:
        SetupError: a folder is missing or cannot be read.
    """
    made: dict[str, Recipe] = {}
    for language in languages.by_image(known).values():
        _add(made, language, folder)
        for ecosystem, instead in ((language.packages, ""), (language.packages_instead, language.packages_instead)):
            if ecosystem:
                name = tools(language.image, instead or "")
                _add_tools(made, made[language.image], name, folder / _PACKAGES_FOLDER / ecosystem)
    return made


def tools(image: str, instead: str = "") -> str:
    """The name of the image with the tools that install packages for programs of that image.

    Args:
        instead: the ecosystem that serves where the registry of the language's own does not answer; empty for that.
    """
    return f"{_PACKAGES}{instead and f'{instead}/'}{image}"


def base(debian: str) -> str:
    """The name of the image that all others on that Debian are based on."""
    return f"{_BASE}@{debian}"


def _add(made: dict[str, Recipe], language: Language, folder: Path) -> Recipe:
    """Add the recipe of a language's image, and first those of what is below."""
    if language.image in made:
        return made[language.image]
    below = _below(made, language, folder)
    own = folder / language.name
    commands = [language.compile, language.run, language.ahead, language.environment]
    recipe = Recipe(
        language.image,
        own,
        below.debian,
        below.name,
        language,
        language.dockerfile,
        language.build,
        digest([below.source, _digest(own), language.dockerfile, language.build]),
        digest([to_record(command) for command in commands] + [protocol.VERSION.decode()]),
    )
    made[recipe.name] = recipe
    return recipe


def _add_tools(made: dict[str, Recipe], below: Recipe, name: str, own: Path) -> None:
    source = digest([below.source, _digest(own)])
    made[name] = Recipe(name, own, below.debian, below.name, None, "Dockerfile", (), source, "")


def _below(made: dict[str, Recipe], language: Language, folder: Path) -> Recipe:
    if language.base is not None:
        name, _, version = language.base.partition("@")
        below = languages.read(folder / name).at(version or None)
        if below is None:
            raise SetupError(f"{folder / language.name}: 'base' is {language.base!r}, but there is no such version.")
        return _add(made, below, folder)
    name = base(language.debian)
    if name not in made:
        own = folder / _BASE_FOLDER
        source = digest([_digest(own), language.debian])
        made[name] = Recipe(name, own, language.debian, None, None, "Dockerfile", (), source, "")
    return made[name]


def _digest(folder: Path) -> str:
    return hashlib.sha256(_archive(folder)).hexdigest()


def _archive(folder: Path) -> bytes:
    if not folder.is_dir():
        raise SetupError(f"There is no image folder {folder}.")
    result = io.BytesIO()
    with tarfile.open(fileobj=result, mode="w", format=tarfile.PAX_FORMAT) as archive:
        try:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                name = path.relative_to(folder).as_posix()
                if not name.startswith(_NOT_OF_THE_IMAGE):
                    content = path.read_bytes()
                    archive.addfile(_entry(name, content, executable=os.access(path, os.X_OK)), io.BytesIO(content))
        except OSError as error:
            raise SetupError(f"The image folder {folder} cannot be read: {error.strerror or error}.") from error
    return result.getvalue()


def with_file(archive: bytes, name: str, content: bytes) -> bytes:
    """The tar archive with one more file."""
    result = io.BytesIO(archive)
    with tarfile.open(fileobj=result, mode="a", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(_entry(name, content), io.BytesIO(content))
    return result.getvalue()


def _entry(name: str, content: bytes, *, executable: bool = False) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = 0o755 if executable else 0o644
    return entry
