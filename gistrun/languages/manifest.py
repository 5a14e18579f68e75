"""From the folders of `images/` to languages: what a `language.toml` may say, and the commands it leads to."""

from __future__ import annotations

import os.path
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from gistrun.errors import SetupError
from gistrun.model import GistFile, Limits, Program

IMAGES = Path(__file__).resolve().parents[2] / "images"


@dataclass(frozen=True, slots=True)
class Language:
    """One language, as its `language.toml` describes it.

    In `compile` and `run`, the argument `{file}` stands for the entry file's name, `{stem}` for its name without
    extension, and `{sources}` for one argument for every source file of the program.
    """

    #: The folder's name, as in URLs and labels.
    name: str
    #: The name as people write it.
    title: str
    #: The toolchain's name without its version, such as "GCC".
    toolchain: str
    #: The command that prints the toolchain's version.
    version: tuple[str, ...]
    #: A pattern for what it prints; the first group is the version.
    version_pattern: str
    run: tuple[str, ...]
    compile: tuple[str, ...] = ()
    #: The command that pre-starts an interpreter in a waiting sandbox. It then becomes what `run` would have started.
    ahead: tuple[str, ...] = ()
    #: With the dot, in lower case.
    extensions: tuple[str, ...] = ()
    #: Whole file names, such as Makefile.
    names: tuple[str, ...] = ()
    #: Base names of interpreters in a shebang, without a version number.
    interpreters: tuple[str, ...] = ()
    #: GitHub's names of the language.
    github: tuple[str, ...] = ()
    #: A file that matches this pattern is a program of its own, and so not a source file of another program.
    entry_pattern: str | None = None
    #: Further environment variables of the program.
    environment: tuple[tuple[str, str], ...] = ()
    #: Limits lower than the deployment's, by the names of `Limits`; higher ones have no effect.
    limits: tuple[tuple[str, float], ...] = ()
    #: Languages with an order are built first, and wait first before anybody has asked for a run; the lowest leads.
    order: int | None = None
    #: True for a shell that can run the script by which `gistrun doctor` checks the policy from inside a sandbox.
    probe: bool = False

    def lowered(self, limits: Limits) -> Limits:
        """The limits of a program in this language, given those of the deployment."""
        return replace(limits, **{name: min(value, getattr(limits, name)) for name, value in self.limits})

    def argv(self, template: tuple[str, ...], program: Program) -> tuple[str, ...]:
        """`compile` or `run` with the program's file names filled in. A name is never taken for an option."""
        entry = _as_argument(program.file)
        values = {"{file}": entry, "{stem}": os.path.splitext(entry)[0]}
        result: list[str] = []
        for part in template:
            if part == "{sources}":
                result += [_as_argument(name) for name in self.sources(program)]
            else:
                # In one pass, because a file name may contain these words itself.
                result.append(re.sub(r"\{(file|stem)\}", lambda found: values[found[0]], part))
        return tuple(result)

    def sources(self, program: Program) -> list[str]:
        """The entry file, then every other file of the language that is not a program of its own."""
        others = [
            file.name
            for file in program.files
            if file.name != program.file
            and os.path.splitext(file.name)[1].lower() in self.extensions
            and not (self.entry_pattern and re.search(self.entry_pattern, _text(file), re.MULTILINE))
        ]
        return [program.file, *others]


_KEYS = {
    "title": str,
    "toolchain": str,
    "extensions": list,
    "names": list,
    "interpreters": list,
    "github": list,
    "compile": list,
    "run": list,
    "ahead": list,
    "version": list,
    "version_pattern": str,
    "entry_pattern": str,
    "environment": dict,
    "limits": dict,
    "order": int,
    "probe": bool,
}
_TYPE_NAMES = {str: "a text", list: "a list of texts", dict: "a table", int: "a whole number", bool: "true or false"}
_REQUIRED = ("title", "toolchain", "version", "version_pattern", "run")


def read(folder: Path) -> Language:
    """The language of one folder of `images/`.

    Raises:
        SetupError: `language.toml` is missing, has an unknown key or a value of the wrong type, or lacks a key.
    """
    path = folder / "language.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}.") from error
    for key, value in table.items():
        if key not in _KEYS:
            raise SetupError(f"{path} has an unknown key {key!r}; known are {', '.join(sorted(_KEYS))}.")
        if type(value) is not _KEYS[key] or (isinstance(value, list) and not _all_text(value)):
            raise SetupError(f"{path}: {key!r} must be {_TYPE_NAMES[_KEYS[key]]}.")
    for key in _REQUIRED:
        if not table.get(key):
            raise SetupError(f"{path} lacks {key!r}.")
    limits = table.pop("limits", {})
    _check_limits(path, limits)
    environment = table.pop("environment", {})
    if not _all_text(environment.values()):
        raise SetupError(f"{path}: 'environment' must hold texts.")
    rest: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Language(folder.name, environment=tuple(environment.items()), limits=tuple(limits.items()), **rest)


def _check_limits(path: Path, limits: dict[str, Any]) -> None:
    known = [field.name for field in fields(Limits) if isinstance(field.default, int | float)]
    for name, value in limits.items():
        if name not in known:
            raise SetupError(f"{path}: there is no limit {name!r}; there are {', '.join(known)}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise SetupError(f"{path}: the limit {name!r} must be a number above 0.")


def _all_text(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def load(names: tuple[str, ...] | None = None, images: Path = IMAGES) -> dict[str, Language]:
    """Every language of `images/`, or only those named, by name.

    Raises:
        SetupError: a named language has no folder, or a `language.toml` is not well-formed.
    """
    known = sorted(path.parent.name for path in images.glob("*/language.toml"))
    for name in names or ():
        if name not in known:
            raise SetupError(f"GISTRUN_LANGUAGES names {name!r}, but there are only {', '.join(known)}.")
    return {name: read(images / name) for name in known if names is None or name in names}


def first(languages: Mapping[str, Language]) -> list[str]:
    """The names of the languages that have an `order`, the lowest first."""
    ordered = [language for language in languages.values() if language.order is not None]
    return [language.name for language in sorted(ordered, key=lambda language: (language.order, language.name))]


def probe(languages: Mapping[str, Language]) -> Language | None:
    """The shell that can check the policy from inside a sandbox, or None if it is not among the languages."""
    return next((language for language in languages.values() if language.probe), None)


def _as_argument(name: str) -> str:
    # A leading @ makes GCC read options from that file.
    return f"./{name}" if name.startswith(("-", "@")) else name


def _text(file: GistFile) -> str:
    return file.content.decode("utf-8", "replace")
