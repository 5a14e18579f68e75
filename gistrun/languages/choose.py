"""What of a gist is run, as which version of a language, with which input. Pure.

docs/what-runs.md tells the rules to people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gistrun.errors import BadInput, NothingToRun
from gistrun.languages import gisttoml
from gistrun.languages.content import beginnings
from gistrun.languages.entry import entry_of
from gistrun.languages.expected import CASES, cases, expected_output
from gistrun.languages.gisttoml import GistToml
from gistrun.languages.language import Language
from gistrun.languages.requirement import version_for
from gistrun.languages.testing import runner_of
from gistrun.model import Gist, GistFile, Program, Request

#: The files that are the standard input where none is given, the first of these that is there.
_INPUTS = ("stdin.txt", "input.txt")


def choose(gist: Gist, request: Request, languages: Mapping[str, Language]) -> Program:
    """The program to run.

    Raises:
        BadInput: the gist has no file of the name that was asked for, or the language no such version.
        NothingToRun: no file, or not the named one, is in a known language, or `gist.toml` is not well-formed or names
            what is not there.
    """
    own = gisttoml.read(gist)
    looked_at = replace(gist, files=beginnings(gist.files))
    entry, language = entry_of(looked_at, request, own, languages)
    # What gist.toml says about the program is meant for its own file.
    meant = own if request.file is None or request.file == own.file or own.file is None else GistToml()
    version = _version(looked_at, request, own, entry, language)
    tests = runner_of(entry, version.tests)
    # What a gist expects was written for a run with its own arguments and input.
    plain = not tests and not request.args and not request.stdin
    pairs = cases(gist.files)[:CASES] if plain else ()
    return Program(
        language.name,
        entry.name,
        gist.files,
        request.args or meant.args,
        request.stdin or _input(gist, meant),
        version.version,
        tests=tests,
        # With pairs there is no run that gets the gist's own input.
        expected=(meant.expected or expected_output(gist)) if plain and not pairs else None,
        cases=pairs,
        timeout_s=meant.timeout,
        packages=own.packages,
    )


def _version(gist: Gist, request: Request, own: GistToml, entry: GistFile, language: Language) -> Language:
    """The version of the language: asked for, in `gist.toml`, in the shebang, in the requirements; else the default."""
    asked = request.version or (own.version if own.language == language.name else None)
    name = asked or version_for(gist, entry, language)
    version = language.at(name)
    if version is None:
        names = ", ".join(each.version for each in language.versions if each.version) or "one version only"
        sentence = f"{language.title} has no version {name!r} here; it has {names}."
        raise BadInput(sentence) if request.version else NothingToRun(f"{gisttoml.NAME}: {sentence}")
    return version


def _input(gist: Gist, own: GistToml) -> bytes:
    if own.stdin is not None:
        return own.stdin.encode()
    for name in (own.stdin_file, *_INPUTS):
        if name and (file := gist.file(name)):
            return file.content
    return b""
