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

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gistrun import languages
from gistrun.errors import SetupError
from gistrun.languages import Language
from gistrun.model import Gist, GistFile, Outcome, Output, Program, Request, State, Stream
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


def hello(language: Language, folder: Path) -> Check | None:
    """The language's hello, which prints one line; None if its folder has none."""
    paths = [path for path in sorted(folder.glob("hello.*")) if path.suffix != ".out"]
    if not paths:
        return None
    expected = {"stdout": (folder / "hello.out").read_text(encoding="utf-8")}
    files = tuple(GistFile(path.name, path.read_bytes()) for path in paths)
    return Check("hello", _program(language, files, Request()), expected)


def checks(language: Language, images: Path) -> Iterator[Check]:
    """Everything that proves a language or version, hello first.

    Raises:
        SetupError: `checks.toml` cannot be read, or names a program that is not there, or has an unknown key.
    """
    folder = images / language.name
    if first := hello(language, folder):
        yield first
    for name, table in tables(folder).items():
        if language.version not in table.get("versions", [language.version]):
            continue
        paths = sorted(path for path in (folder / "checks" / name).glob("*") if path.is_file())
        if not paths:
            raise SetupError(f"{folder}/checks/checks.toml names {name!r}, but there is no folder of that name.")
        files = tuple(GistFile(path.name, path.read_bytes()) for path in paths)
        stdin = table.get("stdin", "").encode()
        asked = Request(table.get("file"), tuple(table.get("args", ())), stdin)
        yield Check(name, _program(language, files, asked), table)


def _program(language: Language, files: tuple[GistFile, ...], asked: Request) -> Program:
    # The version stands for the whole language here, since it is the one that is proved.
    return languages.choose(Gist("check", "0" * 40, files), asked, {language.name: language})


def tables(folder: Path) -> dict[str, dict[str, Any]]:
    """The tables of a language's `checks.toml`, by the name of the program.

    Raises:
        SetupError: it cannot be read, or has a key or a value that is not allowed.
    """
    path = folder / "checks" / "checks.toml"
    found = _read(path)
    found.pop("without", None)
    for name, table in found.items():
        if not isinstance(table, dict):
            raise SetupError(f"{path}: {name!r} must be a table.")
        for key, value in table.items():
            if key not in _KEYS:
                raise SetupError(f"{path}: {name!r} has an unknown key {key!r}; known are {', '.join(_KEYS)}.")
            if type(value) is not _KEYS[key]:
                raise SetupError(f"{path}: {key!r} of {name!r} is {value!r}, which is no {_KEYS[key].__name__}.")
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
