"""How files that hold tests are told apart from programs, and how their results are counted. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gistrun.languages.content import text
from gistrun.languages.shebang import readings
from gistrun.model import Checks, GistFile

#: Characters at the end of the output in which results are looked for: a runner prints them last.
_COUNTED = 256 * 1024


@dataclass(frozen=True, slots=True)
class Runner:
    """One way to run the tests of a language, as `[[tests]]` in its `language.toml` describes it."""

    #: Its name, such as "pytest".
    name: str
    #: Patterns for the names of files with tests.
    files: tuple[str, ...]
    #: A pattern that is found in a file with tests.
    content: str
    #: How they are run; the same placeholders as in the language's own commands.
    run: tuple[str, ...]
    compile: tuple[str, ...] = ()
    #: What a shebang may name to have the file run by it.
    interpreters: tuple[str, ...] = ()
    #: A pattern that is not found in them: a program of its own that has tests in it too.
    unless: str | None = None
    #: True where the file is a program all the same, such as one with examples, and does not run because of its tests.
    program: bool = False
    #: Patterns for the lines that tell the results. With a group they give a number, without one each line counts.
    passed: str | None = None
    failed: str | None = None
    #: All that were run, for runners that do not tell how many passed.
    total: str | None = None

    def takes(self, file: GistFile) -> bool:
        """Whether this file holds tests for it."""
        if self.interpreters and any(said.is_one_of(self.interpreters) for said in readings(file)):
            return True
        if not any(fnmatchcase(file.name, pattern) for pattern in self.files):
            return False
        found = text(file)
        if not re.search(self.content, found, re.MULTILINE):
            return False
        return not (self.unless and re.search(self.unless, found, re.MULTILINE))

    def count(self, output: str) -> Checks:
        """The results that the runner printed."""
        failed = _number(self.failed, output)
        if self.total is not None:
            return Checks(max(0, _number(self.total, output) - failed), failed)
        return Checks(_number(self.passed, output), failed)


def runner_of(file: GistFile, known: Iterable[Runner]) -> str | None:
    """The name of the first way to run tests that this file is for, or None."""
    return next((runner.name for runner in known if runner.takes(file)), None)


def _number(pattern: str | None, output: str) -> int:
    if pattern is None:
        return 0
    found = re.finditer(pattern, output[-_COUNTED:], re.MULTILINE)
    return sum(int(each[1][:9]) if each.re.groups else 1 for each in found)
