"""Which file of a gist is run, and as which language. Pure. In order:

1. the file that the visitor names; else the one that `gist.toml` names;
2. the one that a package's description names; a file with a shebang; `main.*`; `index.*`; `app.*`; the one that the
   gist's description names;
3. one that begins a program of its language, where that shows; one with tests; one that imports others and is
   imported by none; one whose name without extension is in the gist's description;
4. any other, in GitHub's order;
5. files that only serve others: those of build tools, a Makefile, documents with examples;
6. files that a compiler would leave out on this system.

Among files with the same reason the next one decides: of two with a shebang `main.*` runs, else the one that imports.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Mapping
from enum import IntEnum, auto
from fnmatch import fnmatchcase

from gistrun.errors import BadInput, NothingToRun
from gistrun.languages import gisttoml
from gistrun.languages.content import text
from gistrun.languages.gisttoml import GistToml
from gistrun.languages.language import Language
from gistrun.languages.recognise import language_of, unknown_word
from gistrun.languages.shebang import first_line
from gistrun.model import Gist, GistFile, Request

_Runnable = list[tuple[GistFile, Language]]

#: Characters of a gist's description in which names of files are looked for.
_DESCRIPTION = 4096
#: So many of GitHub's words are told.
_TOLD = 3


class _Rank(IntEnum):
    """A reason to run a file, or not to. A lower one is preferred."""

    DECLARED = auto()
    SHEBANG = auto()
    MAIN = auto()
    INDEX = auto()
    APP = auto()
    DESCRIBED = auto()
    BEGINS = auto()
    TESTS = auto()
    IMPORTS = auto()
    MENTIONED = auto()
    OTHER = auto()
    SERVES = auto()
    LEFT_OUT = auto()


#: In which order they are looked at: that a file only serves others outweighs the reasons after it.
_AS_COMPARED = (_Rank.LEFT_OUT, *list(_Rank)[:6], _Rank.SERVES, *list(_Rank)[6:11])
_STEMS = {"main": _Rank.MAIN, "index": _Rank.INDEX, "app": _Rank.APP}


def entry_of(
    gist: Gist, request: Request, own: GistToml, languages: Mapping[str, Language]
) -> tuple[GistFile, Language]:
    """The file that runs, and its language.

    Raises:
        BadInput: the gist has no file of the name that was asked for.
        NothingToRun: no file, or not the named one, is in a known language, or `gist.toml` names one that is not known.
    """
    if own.language is not None and own.language not in languages:
        raise NothingToRun(f"{gisttoml.NAME}: there is no language {own.language[:60]!r} here.")
    name = request.file if request.file is not None else own.file
    if name is not None:
        return _named(name, gist, own, languages)
    runnable = _runnable(gist, own, languages)
    if not runnable:
        said = {file.language: file.name for file in gist.files if unknown_word(file, languages)}
        raise NothingToRun(f"This gist has no file in a language that can be run here.{_told(said)}")
    if len(runnable) == 1:
        return runnable[0]
    declared, importers = _declared(gist, runnable), _importers(runnable)

    def reasons(pair: tuple[GistFile, Language]) -> list[_Rank]:
        file, language = pair
        return _reasons(file, language, gist.description or "", file.name in declared, file.name in importers)

    # The best reason decides, among equals the next one. Of those with the same, min() keeps the first: GitHub's order.
    return min(runnable, key=reasons)


def _named(name: str, gist: Gist, own: GistToml, languages: Mapping[str, Language]) -> tuple[GistFile, Language]:
    named = gist.file(name)
    if named is None:
        asked = name if len(name) <= 80 else f"{name[:80]}…"
        raise BadInput(f"This gist has no file {asked!r}; it has {', '.join(repr(f.name) for f in gist.files)}.")
    language = language_of(named, languages)
    # gist.toml means its own file; where it names none, one that is in no other language.
    if own.language is not None and (own.file == named.name or (own.file is None and language is None)):
        language = languages[own.language]
    if language is None:
        said = {named.language: name} if unknown_word(named, languages) else {}
        raise NothingToRun(f"{name!r} is in no language that can be run here.{_told(said)}")
    return named, language


def _told(said: Mapping[str | None, str]) -> str:
    """What GitHub says of files, as a sentence: the words, and for each a file's name."""
    words = " and ".join(f"{name[:80]!r} is {word}" for word, name in list(said.items())[:_TOLD])
    return f" GitHub says that {words}." if words else ""


def _runnable(gist: Gist, own: GistToml, languages: Mapping[str, Language]) -> list[tuple[GistFile, Language]]:
    """The files that can run. Those in the language of `gist.toml` if there are any, else those in no language."""
    runnable = [(file, found) for file in gist.files if (found := language_of(file, languages))]
    if own.language is None:
        return runnable
    return [pair for pair in runnable if pair[1].name == own.language] or [
        (file, languages[own.language])
        for file in gist.files
        if file.name != gisttoml.NAME and not language_of(file, languages)
    ]


def _reasons(file: GistFile, language: Language, description: str, declared: bool, imports: bool) -> list[_Rank]:
    """All reasons to run the file, the best first. What speaks against it comes before what does not outweigh it."""
    stem, extension = os.path.splitext(file.name)
    begins = language.begins(file)
    holds = {
        _Rank.LEFT_OUT: language.conditions.leave_out(file.name, text(file)),
        _Rank.DECLARED: declared,
        _Rank.SHEBANG: bool(first_line(file)),
        _STEMS.get(stem.lower(), _Rank.OTHER): True,
        _Rank.DESCRIBED: _names(description, file.name),
        _Rank.SERVES: _only_serves(file, language, extension.lower()),
        _Rank.BEGINS: begins,
        # A file that does not begin a program is a library or holds its tests.
        _Rank.TESTS: not begins and language.is_tests(file),
        _Rank.IMPORTS: imports,
        _Rank.MENTIONED: len(stem) > 2 and _names(description.lower(), stem.lower()),
        _Rank.OTHER: True,
    }
    return [rank for rank in _AS_COMPARED if holds.get(rank)]


def _names(description: str, name: str) -> bool:
    return bool(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", description[:_DESCRIPTION]))


def _only_serves(file: GistFile, language: Language, extension: str) -> bool:
    by_extension = extension in language.extensions or not extension
    return (
        file.name in language.names or not by_extension or any(fnmatchcase(file.name, each) for each in language.last)
    )


def _declared(gist: Gist, runnable: _Runnable) -> set[str]:
    """The names of the files that the description of a package says are to be run."""
    found = set()
    for language in {language.name: language for _, language in runnable}.values():
        for source in language.declares:
            said = next((told for file in gist.files if file.name == source.file and (told := source.told(file))), None)
            if said:
                name = said.removeprefix("./")
                # Also without the extension, as Node has it.
                found |= {name, *(name + extension for extension in language.extensions)}
    return found


def _importers(runnable: _Runnable) -> set[str]:
    """The names of the files that import others of the gist, and are imported by none."""
    # Some languages do not mind the case of a name, and in others a module's begins with a capital.
    stems = {os.path.splitext(file.name)[0].lower(): file.name for file, _ in runnable}
    imports: dict[str, set[str]] = {}
    for file, language in runnable:
        if language.imports:
            found = re.findall(language.imports, text(file), re.MULTILINE)
            imports[file.name] = {stems[each] for names in found for each in _modules(names) if each in stems}
            imports[file.name].discard(file.name)
    imported = set().union(*imports.values())
    return {name for name, others in imports.items() if others} - imported


def _modules(names: str) -> list[str]:
    """`os, answer as a` is the modules os and answer; `./answer.js` and `answer.value` both mean the file answer."""
    words = [part.split()[0] for part in names.split(",") if part.strip()]
    return [word.rsplit("/", 1)[-1].split(".")[0].lower() for word in words]
