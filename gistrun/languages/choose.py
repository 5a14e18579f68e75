"""Which file of a gist is run, and as which language. Pure.

The rule, in order:

1. the file that the visitor names;
2. a runnable file called `main.*`, else one called `index.*`;
3. the only runnable file;
4. the first runnable file in GitHub's order.

A file is runnable if its first line is a shebang with an interpreter of a language; else if its name or extension
belongs to a language; else, if it has no extension, by GitHub's name of its language.
"""

from __future__ import annotations

import os.path
import re

from gistrun.errors import BadInput, NothingToRun
from gistrun.languages.expected import cases, expected_output
from gistrun.languages.language import Language
from gistrun.languages.testing import runner_of
from gistrun.model import Gist, GistFile, Program, Request


def choose(gist: Gist, request: Request, languages: dict[str, Language]) -> Program:
    """The program to run.

    Raises:
        BadInput: the gist has no file of the name that was asked for, or the language no such version.
        NothingToRun: no file, or not the named one, is in a known language.
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
    version = language.at(request.version)
    if version is None:
        names = ", ".join(each.version for each in language.versions if each.version) or "one version only"
        raise BadInput(f"{language.title} has no version {request.version!r} here; it has {names}.")
    tests = runner_of(entry, language.tests)
    # What a gist expects was written for a run without arguments and with its own input.
    plain = not tests and not request.args and not request.stdin
    return Program(
        language.name,
        entry.name,
        gist.files,
        request.args,
        request.stdin,
        version.version,
        tests=tests,
        expected=expected_output(gist) if plain else None,
        cases=cases(gist) if plain else (),
    )


def language_of(file: GistFile, languages: dict[str, Language]) -> Language | None:
    """The language that a file would be run as, or None."""
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
    """A lower rank is preferred. Among equals min() keeps the first, so GitHub's order decides."""
    stem = os.path.splitext(file.name)[0].lower()
    return {"main": 0, "index": 1}.get(stem, 2)


def _shebang(file: GistFile) -> str | None:
    """The interpreter's base name without version: `#!/usr/bin/env -S python3.11 -u` gives `python`. Else None."""
    first = file.content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0][:256]
    if not first.startswith(b"#!"):
        return None
    words = first[2:].decode("utf-8", "replace").split()
    if words and os.path.basename(words[0]) == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    if not words:
        return None
    return re.sub(r"[\d.]+$", "", os.path.basename(words[0])) or None
