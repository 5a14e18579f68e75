"""The first lines of a script, which name its interpreter. Pure. See execve(2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile

from gistrun.languages import env
from gistrun.languages.content import text
from gistrun.languages.env import EnvLine
from gistrun.languages.handover import continued, handed_over
from gistrun.model import GistFile

#: Bytes of the line that Linux looks at.
_LONGEST = 256

#: A word at which the options end: a comment, a line for Emacs, or the word that says so. Perl reads its own first line
#: like this, and nobody else could use what follows.
_END = re.compile(r"#.*|-\*-.*|--")


@dataclass(frozen=True, slots=True)
class Shebang:
    """What `#!/usr/bin/env -S A=b python3.11 -u` says."""

    #: The interpreter's base name without its version, such as "python".
    interpreter: str
    #: Its version, such as "3.11"; empty if the line names none.
    version: str = ""
    #: What follows it. Linux would pass all of it as one argument; it is taken apart at spaces, as `env -S` does.
    options: tuple[str, ...] = ()
    #: How env was to start it.
    env: EnvLine = env.NO_CHANGE

    @property
    def names(self) -> tuple[str, str]:
        """What the interpreter may be called: a number at the end may be a part of its name, as in `m4`."""
        return self.interpreter + self.version, self.interpreter

    def is_one_of(self, interpreters: Iterable[str]) -> bool:
        """Whether it is one of these."""
        return not set(self.names).isdisjoint(interpreters)


def first_line(file: GistFile) -> str:
    """What follows #! in the first line of a file, without spaces around it; empty if it is no such line."""
    first = file.content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0][:_LONGEST]
    line = first[2:].decode("utf-8", "replace").replace("\0", "").strip() if first.startswith(b"#!") else ""
    return "" if line.startswith("[") else line  # an attribute of Rust's: #![allow(dead_code)]


def readings(file: GistFile, variables: Mapping[str, str] | None = None) -> list[Shebang]:
    """What the first lines of a file may say, the likeliest first; nothing if it has no shebang.

    The line may name a program that starts the interpreter, as `#!/usr/bin/env -S npx tsx` does, so each of its words
    may be the one.

    Args:
        variables: what `${NAME}` stands for.
    """
    line = first_line(file)
    if not line:
        return []
    path, argument = (*line.split(None, 1), "")[:2]
    is_env = _program(path) == "env"
    said = env.read(argument, variables or {}) if is_env else EnvLine((path, *_options(argument)))
    found = [reading for at in range(len(said.command)) if (reading := _reading(said, at))]
    if not found:
        return []
    content, first = text(file), found[0]
    # The names of shells end so.
    shell = first.interpreter.endswith("sh")
    if words := continued(content, first.interpreter) or (handed_over(content) if shell else None):
        then = env.read(" ".join(words[1:]), {}) if words[0] == "env" else EnvLine(tuple(words))
        other = _reading(then, 0)
        return [other, *found] if other and other.interpreter != first.interpreter else found
    if first.options == ("\\",):
        # Guile's way to have several options: they stand in the second line.
        second = "".join(content.split("\n", 2)[1:2])
        return [replace(first, options=tuple(second.split())), *found]
    return found


def _options(argument: str) -> Iterable[str]:
    """The words of what follows an interpreter, without a comment behind them."""
    return takewhile(lambda word: not _END.fullmatch(word), argument.split())


def _reading(said: EnvLine, at: int) -> Shebang | None:
    """The line, if its word of that number names the interpreter."""
    name = _program(said.command[at]) if at < len(said.command) else ""
    interpreter = re.sub(r"-?[\d.]+$", "", name)
    if not interpreter or name.startswith("-"):
        return None
    version = name.removeprefix(interpreter).lstrip("-")
    return Shebang(interpreter, version, said.command[at + 1 :], said)


def _program(path: str) -> str:
    """The name of the program at that path, which may be one of Windows: `C:\\Python\\python.exe` is python."""
    name = re.split(r"[\\/]", path)[-1]
    return name[:-4].lower() if name.lower().endswith(".exe") else name
