"""Which file of a gist is run, as which language, with which input. Pure. docs/what-runs.md tells the rule to people.

The file, in order:

1. the one that the visitor names; else the one that `gist.toml` names;
2. a file with a shebang; `main.*`; `index.*`; `app.*`; the one that the gist's description names;
3. one that begins a program of its language, where that shows; one that imports others and is imported by none;
4. any other, in GitHub's order; last those known by their whole name, such as a Makefile.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Mapping

from gistrun.errors import BadInput, NothingToRun
from gistrun.languages import gisttoml
from gistrun.languages.content import text
from gistrun.languages.expected import cases, expected_output
from gistrun.languages.gisttoml import GistToml
from gistrun.languages.language import Language
from gistrun.languages.recognise import language_of, shebang
from gistrun.languages.requirement import version_for
from gistrun.languages.testing import runner_of
from gistrun.model import Gist, GistFile, Program, Request

#: The files that are the standard input where none is given, the first of these that is there.
_INPUTS = ("stdin.txt", "input.txt")
_STEMS = {"main": 1, "index": 2, "app": 3}
_NAMED, _BEGINS, _IMPORTS, _OTHER, _BY_NAME = 4, 5, 6, 7, 8


def choose(gist: Gist, request: Request, languages: Mapping[str, Language]) -> Program:
    """The program to run.

    Raises:
        BadInput: the gist has no file of the name that was asked for, the language no such version, or `gist.toml` is
            not well-formed.
        NothingToRun: no file, or not the named one, is in a known language.
    """
    own = gisttoml.read(gist)
    entry, language = _entry(gist, request, own, languages)
    # What gist.toml says about the program is meant for its own file.
    meant = own if request.file is None or request.file == own.file or own.file is None else GistToml()
    version = _version(gist, request, own, entry, language)
    tests = runner_of(entry, language.tests)
    # What a gist expects was written for a run with its own arguments and input.
    plain = not tests and not request.args and not request.stdin
    return Program(
        language.name,
        entry.name,
        gist.files,
        request.args or meant.args,
        request.stdin or _input(gist, meant),
        version.version,
        tests=tests,
        expected=(meant.expected or expected_output(gist)) if plain else None,
        cases=cases(gist) if plain else (),
        timeout_s=meant.timeout,
    )


def _entry(gist: Gist, request: Request, own: GistToml, languages: Mapping[str, Language]) -> tuple[GistFile, Language]:
    """The file that runs, and its language."""
    if own.language is not None and own.language not in languages:
        raise BadInput(f"{gisttoml.NAME}: there is no language {own.language[:60]!r} here.")
    name = request.file if request.file is not None else own.file
    if name is not None:
        named = gist.file(name)
        if named is None:
            raise BadInput(f"This gist has no file {name!r}; it has {', '.join(repr(f.name) for f in gist.files)}.")
        language = language_of(named, languages)
        # gist.toml means its own file; where it names none, one that is in no other language.
        if own.language is not None and (own.file == named.name or (own.file is None and language is None)):
            language = languages[own.language]
        if language is None:
            raise NothingToRun(f"{name!r} is in no language that can be run here.")
        return named, language
    runnable = [(file, found) for file in gist.files if (found := language_of(file, languages))]
    if own.language is not None:
        runnable = [pair for pair in runnable if pair[1].name == own.language] or [
            (file, languages[own.language])
            for file in gist.files
            if file.name != gisttoml.NAME and not language_of(file, languages)
        ]
    if not runnable:
        raise NothingToRun("This gist has no file in a language that can be run here.")
    if len(runnable) == 1:
        return runnable[0]
    importers = _importers(runnable)
    return min(runnable, key=lambda pair: _rank(gist, pair[0], pair[1], importers))


def _rank(gist: Gist, file: GistFile, language: Language, importers: set[str]) -> int:
    """A lower rank is preferred. Among equals min() keeps the first, so GitHub's order decides."""
    if shebang(file):
        return 0
    stem = os.path.splitext(file.name)[0]
    if stem.lower() in _STEMS:
        return _STEMS[stem.lower()]
    if gist.description and re.search(rf"(?<![\w.-]){re.escape(file.name)}(?![\w-])", gist.description[:4096]):
        return _NAMED
    if file.name in language.names:
        return _BY_NAME
    if language.entry_pattern and re.search(language.entry_pattern, text(file), re.MULTILINE):
        return _BEGINS
    return _IMPORTS if file.name in importers else _OTHER


def _importers(runnable: list[tuple[GistFile, Language]]) -> set[str]:
    """The names of the files that import others of the gist, and are imported by none."""
    stems = {os.path.splitext(file.name)[0]: file.name for file, _ in runnable}
    imports: dict[str, set[str]] = {}
    for file, language in runnable:
        if language.imports:
            found = re.findall(language.imports, text(file), re.MULTILINE)
            # `./answer.js` and `answer.value` both mean the file answer.
            modules = {name.rsplit("/", 1)[-1].split(".")[0] for name in found}
            imports[file.name] = {stems[module] for module in modules if module in stems} - {file.name}
    imported = set().union(*imports.values())
    return {name for name, others in imports.items() if others} - imported


def _version(gist: Gist, request: Request, own: GistToml, entry: GistFile, language: Language) -> Language:
    """The version of the language: asked for, in `gist.toml`, in the shebang, in the requirements; else the default."""
    asked = request.version or (own.version if own.language == language.name else None)
    name = asked or version_for(gist, entry, language)
    version = language.at(name)
    if version is None:
        names = ", ".join(each.version for each in language.versions if each.version) or "one version only"
        raise BadInput(f"{language.title} has no version {name!r} here; it has {names}.")
    return version


def _input(gist: Gist, own: GistToml) -> bytes:
    if own.stdin is not None:
        return own.stdin.encode()
    for name in (own.stdin_file, *_INPUTS):
        if name and (file := gist.file(name)):
            return file.content
    return b""
