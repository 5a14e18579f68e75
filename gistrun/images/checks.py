"""The programs that prove a language: its hello, and those of its `checks` folder, with what must come out.

Each folder of `checks` holds the files of one program. `checks/checks.toml` has a table for each of them, named as the
folder is. All keys can be left out; the program then has to pass.

    file            the file to run, if the usual choice is not meant
    args, stdin     its arguments (a list) and its standard input
    state           how it ends: "passed", "failed", "timed_out", "out_of_memory"; "passed" if left out
    exit_code, signal, phase, limit    as in the API
    stdout          all that it must print on standard output, colours apart
    contains        texts that must be in its output or errors
    hint            the name of the hint that it must get
    versions        the versions of the language that it is for; all of them if left out

A table `without` says which of the kinds in `KINDS` the language has no program for: each with the reason.
"""

from __future__ import annotations

import re
import signal
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gistrun import languages
from gistrun.errors import Refused, SetupError
from gistrun.languages import Language
from gistrun.languages.keys import HINT_NAMES
from gistrun.model import Gist, GistFile, Outcome, Output, Phase, Program, Request, State, Stream
from gistrun.render.terminal import plain

#: What is proved of every language that knows it: a program of each name.
KINDS = ("compile_error", "status", "input", "arguments", "unicode", "signal", "two_files")
_KEYS = {
    "file": str,
    "args": list,
    "stdin": str,
    "state": str,
    "exit_code": int,
    "signal": str,
    "phase": str,
    "limit": str,
    "stdout": str,
    "contains": list,
    "hint": str,
    "versions": list,
}
#: What some of them may be.
_VALUES = {
    "state": tuple(State),
    "phase": tuple(Phase),
    "limit": ("time", "memory", "processes", "disk", "output", "files"),
    "signal": tuple(each.name for each in signal.Signals),
    "hint": ("needs-input", "printed-nothing", *HINT_NAMES),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One program, and what must come out."""

    name: str
    program: Program
    #: The table of `checks.toml`.
    expected: dict[str, Any]

    def trouble(self, outcome: Outcome, output: Iterable[Output]) -> str | None:
        """What is not as it must be, or None."""
        output = list(output)
        stdout, stderr = (plain("".join(piece.data for piece in output if piece.stream is stream)) for stream in Stream)
        everything = stdout + stderr + (outcome.message or "")
        found = {
            "state": outcome.state.value,
            "exit_code": outcome.exit_code,
            "signal": outcome.signal,
            "phase": outcome.phase.value if outcome.phase else None,
            "limit": outcome.limit.name if outcome.limit else None,
            "stdout": stdout,
            "hint": next((hint.name for hint in outcome.hints), None),
        }
        expected = {"state": State.PASSED.value, **self.expected}
        wrong = [
            f"{key} is {value!r}, but must be {expected[key]!r}"
            for key, value in found.items()
            if key in expected and value != expected[key]
        ]
        wrong += [f"{text!r} is not in the output" for text in expected.get("contains", []) if text not in everything]
        return f"{'; '.join(wrong)}.\n{outcome}\n{everything[:3000]}" if wrong else None


def hello(language: Language, folder: Path) -> Check:
    """The language's hello, which prints one line.

    Raises:
        SetupError: there is none, or more than one, or nothing that says what it prints, or it is in another language.
    """
    paths = [path for path in sorted(folder.glob("hello.*")) if path.suffix != ".out"]
    if len(paths) != 1:
        there = ", ".join(path.name for path in paths) or "nothing"
        raise SetupError(f"{folder} must have one hello.<extension>, a program that prints a line; there is {there}.")
    try:
        expected = {"stdout": (folder / "hello.out").read_text(encoding="utf-8")}
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(
            f"{folder}/hello.out must hold what {paths[0].name} prints, but cannot be read: {error}."
        ) from error
    return Check("hello", _program(language, paths, Request()), expected)


def checks(language: Language, images: Path) -> Iterator[Check]:
    """Everything that proves a language or version, hello first.

    Raises:
        SetupError: `checks.toml` cannot be read, or names a program that is not there, or has an unknown key.
    """
    folder = images / language.name
    yield hello(language, folder)
    for name, table in tables(folder).items():
        _check_versions(folder, name, table, languages.read(folder))
        if language.version not in table.get("versions", [language.version]):
            continue
        paths = sorted(path for path in (folder / "checks" / name).glob("*") if path.is_file())
        if not paths:
            raise SetupError(f"{folder}/checks/checks.toml names {name!r}, but there is no folder of that name.")
        stdin = table.get("stdin", "").encode()
        asked = Request(table.get("file"), tuple(table.get("args", ())), stdin)
        yield Check(name, _program(language, paths, asked), table)


def _check_versions(folder: Path, name: str, table: dict[str, Any], language: Language) -> None:
    there = [version.version for version in language.versions]
    for version in table.get("versions", []):
        if version not in there:
            known = ", ".join(each for each in there if each) or "one version only"
            raise SetupError(f"{folder}/checks/checks.toml: {name!r} is for version {version!r}; there are {known}.")


def _program(language: Language, paths: Sequence[Path], asked: Request) -> Program:
    files = tuple(GistFile(path.name, path.read_bytes()) for path in paths)
    try:
        # The version stands for the whole language here, since it is the one that is proved.
        return languages.choose(Gist("check", "0" * 40, files), asked, {language.name: language})
    except Refused as error:
        raise SetupError(f"{paths[0].parent}: what proves {language.title} cannot be run. {error}") from error


def tables(folder: Path) -> dict[str, dict[str, Any]]:
    """The tables of a language's `checks.toml`, by the name of the program.

    Raises:
        SetupError: it cannot be read, or has a key or a value that is not allowed.
    """
    path = folder / "checks" / "checks.toml"
    found = _read(path)
    found.pop("without", None)
    for name, table in found.items():
        if not re.fullmatch(r"\w+", name, re.ASCII):
            raise SetupError(f"{path} names {name!r}, but the name of a program is letters, digits and _.")
        if not isinstance(table, dict):
            raise SetupError(f"{path}: {name!r} must be a table.")
        for key, value in table.items():
            if key not in _KEYS:
                raise SetupError(f"{path}: {name!r} has an unknown key {key!r}; known are {', '.join(_KEYS)}.")
            if type(value) is not _KEYS[key]:
                raise SetupError(f"{path}: {key!r} of {name!r} is {value!r}, which is no {_KEYS[key].__name__}.")
            if value not in _VALUES.get(key, (value,)):
                raise SetupError(f"{path}: {key!r} of {name!r} is {value!r}; it may be {', '.join(_VALUES[key])}.")
            if isinstance(value, list) and not all(isinstance(each, str) for each in value):
                raise SetupError(f"{path}: {key!r} of {name!r} is {value!r}, but must be a list of texts.")
    return found


def without(folder: Path) -> dict[str, str]:
    """Which of `KINDS` the language has no program for, and why.

    Raises:
        SetupError: `checks.toml` cannot be read, or its table `without` names another kind or gives no reason.
    """
    path = folder / "checks" / "checks.toml"
    table: dict[str, str] = _read(path).get("without", {})
    if not isinstance(table, dict):
        raise SetupError(f"{path}: 'without' is {table!r}, which is no table.")
    for name, reason in table.items():
        if name not in KINDS:
            raise SetupError(f"{path}: 'without' names {name!r}; it may name {', '.join(KINDS)}.")
        if not isinstance(reason, str) or not reason.strip():
            raise SetupError(f"{path}: 'without' gives {reason!r} as the reason for {name!r}, which is no sentence.")
    return table


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}.") from error
