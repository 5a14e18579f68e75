"""What the values of one language must be to each other: a key without effect is a mistake of its author. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from gistrun.languages.language import Language
from gistrun.languages.testing import Runner

#: What stands for something inside an argument, and what stands for arguments and so has to be one alone.
_INSIDE, _ALONE = ("build", "file", "interpreter", "memory", "stem"), ("options", "sources")
#: What names the program's own files.
_OWN_FILES = ("{file}", "{stem}", "{sources}")
#: Also what has blanks in it or is in upper case, which an author took for a placeholder.
_PLACEHOLDER = re.compile(r"\{\s*(\w+)\s*\}")


def troubles(language: Language) -> Iterator[str]:
    """What is amiss in the language, as sentences. Its versions and its tests are looked at too."""
    for version in language.versions:
        where = f"version {version.version!r}: " if version is not language else ""
        for trouble in _of_version(version):
            yield where + trouble
    yield from _without_effect(language)
    names = ("extensions", "names", "interpreters", "launchers", "github")
    if not any(getattr(language, name) for name in names):
        yield f"there is none of {_all(names)}, and so no file is in this language."
    if language.needs_extension and not language.extensions:
        yield "'needs_extension' is True, but there is no 'extensions' from which one could be taken."
    for key, sources in (("requires", language.requires), ("declares", language.declares)):
        for source in sources:
            if (source.pattern is None) == (source.key is None):
                yield f"{key} for {source.file!r}: there must be 'pattern' or 'key', and not both."
    for hint in language.hints:
        if hint.output is None and hint.source is None:
            yield f"the hint {hint.name!r} needs 'output' or 'source', or every program that fails gets it."


def _of_version(language: Language) -> Iterator[str]:
    yield from _commands("", language.compile, language.run)
    for key, words in (("ahead", language.ahead), ("version_command", language.version_command)):
        yield from _placeholders(key, words, (), ())
    if language.ahead and language.ahead[0] != language.run[0]:
        yield f"'ahead' starts {language.ahead[0]!r}, but must start what 'run' starts, {language.run[0]!r}."
    yield from _placeholders("environment", [value for _, value in language.environment], ("memory",), ())
    names = [runner.name for runner in language.tests]
    for runner in language.tests:
        if names.count(runner.name) > 1:
            yield f"'name' of two 'tests' is {runner.name!r}, but each must have its own."
        yield from _runner(runner)


def _runner(runner: Runner) -> Iterator[str]:
    where = f"tests {runner.name!r}: "
    yield from _commands(where, runner.compile, runner.run, names_files=False)
    if (runner.passed is None) == (runner.total is None):
        yield f"{where}there must be 'passed' or 'total', and not both, so that what passed can be counted."


def _commands(where: str, compile: Sequence[str], run: Sequence[str], *, names_files: bool = True) -> Iterator[str]:
    for key, words in (("compile", compile), ("run", run)):
        for trouble in _placeholders(key, words, _INSIDE, _ALONE):
            yield where + trouble
    if names_files and not any(part in word for word in (*compile, *run) for part in _OWN_FILES):
        yield f"{where}'compile' and 'run' are {[*compile, *run]!r}, but one must have {' or '.join(_OWN_FILES)}."
    if not compile and any("{build}" in word for word in run):
        yield f"{where}'run' is {list(run)!r}, but without 'compile' nothing is in {{build}}."


def _placeholders(key: str, words: Iterable[str], inside: Sequence[str], alone: Sequence[str]) -> Iterator[str]:
    for word in words:
        for found in _PLACEHOLDER.finditer(word):
            if found[1] in alone and word != f"{{{found[1]}}}":
                yield f"{key!r} has {word!r}, but {{{found[1]}}} must be an argument of its own."
            elif found[0] not in {f"{{{name}}}" for name in (*inside, *alone)}:
                known = ", ".join(f"{{{name}}}" for name in sorted({*inside, *alone})) or "none"
                yield f"{key!r} has {word!r}, in which {found[0]} is no placeholder; known are {known}."


def _without_effect(language: Language) -> Iterator[str]:
    """Keys that serve nothing, since what they are for is not there."""
    runners: list[Language | Runner] = list(language.versions)
    runners += [runner for version in language.versions for runner in version.tests]
    takes_options = any("{options}" in (*runner.compile, *runner.run) for runner in runners)
    compiles = any(runner.compile for runner in runners)
    for key, serves, missing in (
        ("options", takes_options, "no command has {options}"),
        ("file_options", takes_options, "no command has {options}"),
        ("compile_needs", compiles, "there is no 'compile'"),
        ("requires", bool(language.others), "there are no 'versions' to choose from"),
    ):
        if getattr(language, key) and not serves:
            yield f"{key!r} has no effect, because {missing}."


def _all(names: Iterable[str]) -> str:
    *most, last = (repr(name) for name in names)
    return f"{', '.join(most)} and {last}"
