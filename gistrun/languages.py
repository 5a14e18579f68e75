"""Languages are folders of data: `images/<name>/language.toml`. Which file of a gist to run is decided here.

The rule, in order:

1. the file the visitor names;
2. a file called `main.*`, then one called `index.*`, in a language that can be run;
3. the only runnable file;
4. the first runnable file in GitHub's order.

A file is runnable when its first line is a shebang naming an interpreter of a language, else when its name or
extension belongs to one, else when GitHub's own word for its language does.
"""

from __future__ import annotations

import os.path
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from gistrun.errors import BadInput, NothingToRun, SetupError
from gistrun.model import Gist, GistFile, Limits, Program, Request

IMAGES = Path(__file__).resolve().parent.parent / "images"


@dataclass(frozen=True, slots=True)
class Language:
    """One language, as its `language.toml` describes it.

    In `compile` and `run`, an argument `{file}` becomes the entry file's name, `{stem}` its name without extension,
    and `{sources}` one argument for every source that belongs to the program.
    """

    #: The folder's name, as in URLs and labels.
    name: str
    #: As people write it.
    title: str
    #: What runs it, without its version: "GCC". The argv that prints the version; the pattern whose first group it is.
    toolchain: str
    version: tuple[str, ...]
    version_pattern: str
    run: tuple[str, ...]
    compile: tuple[str, ...] = ()
    #: Starts an interpreter in a sandbox that has no program yet; it then becomes what `run` would have started.
    ahead: tuple[str, ...] = ()
    #: With the dot, lower case.
    extensions: tuple[str, ...] = ()
    #: Whole file names, such as Makefile.
    names: tuple[str, ...] = ()
    #: Base names of interpreters in a shebang, without a version number.
    interpreters: tuple[str, ...] = ()
    #: GitHub's words for the language.
    github: tuple[str, ...] = ()
    #: A file in which this pattern is found is a program of its own: it is no source of another one.
    entry_pattern: str | None = None
    #: Further variables of the program's environment.
    environment: tuple[tuple[str, str], ...] = ()
    #: Limits lower than the deployment's, by the names of `Limits`; higher ones have no effect.
    limits: tuple[tuple[str, float], ...] = ()

    def lowered(self, limits: Limits) -> Limits:
        """The limits of a program in this language, where the deployment's are `limits`."""
        return replace(limits, **{name: min(value, getattr(limits, name)) for name, value in self.limits})

    def argv(self, template: tuple[str, ...], program: Program) -> tuple[str, ...]:
        """`compile` or `run` with the program's file names put in; a name is never taken for an option."""
        entry = _as_argument(program.file)
        values = {"{file}": entry, "{stem}": os.path.splitext(entry)[0]}
        result: list[str] = []
        for part in template:
            if part == "{sources}":
                result += [_as_argument(name) for name in self.sources(program)]
            else:
                # In one pass: a name may hold these words itself.
                result.append(re.sub(r"\{(file|stem)\}", lambda found: values[found[0]], part))
        return tuple(result)

    def sources(self, program: Program) -> list[str]:
        """The entry file, then every other source file of the language that is not a program of its own."""
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
}
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
        if not isinstance(value, _KEYS[key]) or (isinstance(value, list) and not _all_text(value)):
            raise SetupError(
                f"{path}: {key!r} must be a {'list of texts' if _KEYS[key] is list else _KEYS[key].__name__}."
            )
    for key in _REQUIRED:
        if not table.get(key):
            raise SetupError(f"{path} lacks {key!r}.")
    limits = table.pop("limits", {})
    for name, value in limits.items():
        known = [field.name for field in fields(Limits) if isinstance(field.default, int | float)]
        if name not in known:
            raise SetupError(f"{path}: there is no limit {name!r}; there are {', '.join(known)}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise SetupError(f"{path}: the limit {name!r} must be a number above 0.")
    environment = table.pop("environment", {})
    if not _all_text(environment.values()):
        raise SetupError(f"{path}: 'environment' must hold texts.")
    rest: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Language(folder.name, environment=tuple(environment.items()), limits=tuple(limits.items()), **rest)


def _all_text(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def load(names: tuple[str, ...] | None = None, images: Path = IMAGES) -> dict[str, Language]:
    """Every language of `images/`, or those named, by name.

    Raises:
        SetupError: a named language has no folder, or a folder is not well-formed.
    """
    known = sorted(path.parent.name for path in images.glob("*/language.toml"))
    for name in names or ():
        if name not in known:
            raise SetupError(f"GISTRUN_LANGUAGES names {name!r}, but there are only {', '.join(known)}.")
    return {name: read(images / name) for name in known if names is None or name in names}


def choose(gist: Gist, request: Request, languages: dict[str, Language]) -> Program:
    """What to run of a gist.

    Raises:
        BadInput: the named file is not in the gist.
        NothingToRun: with the reason.
    """
    if request.file is not None:
        named = gist.file(request.file)
        if named is None:
            raise BadInput(
                f"This gist has no file {request.file!r}; it has {', '.join(repr(f.name) for f in gist.files)}."
            )
        language = language_of(named, languages)
        if language is None:
            raise NothingToRun(f"{request.file!r} is in no language that can be run here.")
        entry = named
    else:
        runnable = [(file, found) for file in gist.files if (found := language_of(file, languages))]
        if not runnable:
            raise NothingToRun("This gist has no file in a language that can be run here.")
        entry, language = min(runnable, key=lambda pair: _rank(pair[0]))
    return Program(language.name, entry.name, gist.files, request.args, request.stdin)


def language_of(file: GistFile, languages: dict[str, Language]) -> Language | None:
    """The language a file would run as, or None."""
    interpreter = _shebang(file)
    if interpreter:
        for language in languages.values():
            if interpreter in language.interpreters:
                return language
    extension = os.path.splitext(file.name)[1].lower()
    for language in languages.values():
        if file.name in language.names or (extension and extension in language.extensions):
            return language
    if not extension:
        for language in languages.values():
            if file.language in language.github:
                return language
    return None


def _rank(file: GistFile) -> int:
    """min() keeps the first of equals, so that GitHub's order decides among those."""
    stem = os.path.splitext(file.name)[0].lower()
    return {"main": 0, "index": 1}.get(stem, 2)


def _shebang(file: GistFile) -> str | None:
    """The base name of the interpreter without its version: `#!/usr/bin/env -S python3.11 -u` gives `python`."""
    first = file.content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0][:256]
    if not first.startswith(b"#!"):
        return None
    words = first[2:].decode("utf-8", "replace").split()
    if words and os.path.basename(words[0]) == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    if not words:
        return None
    return re.sub(r"[\d.]+$", "", os.path.basename(words[0])) or None


def _as_argument(name: str) -> str:
    # GCC reads options from a file named behind @.
    return f"./{name}" if name.startswith(("-", "@")) else name


def _text(file: GistFile) -> str:
    return file.content.decode("utf-8", "replace")
