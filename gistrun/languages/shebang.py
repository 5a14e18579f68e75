"""The first line of a script, which names its interpreter. Pure. See execve(2) and, for `env -S`, GNU env's manual."""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass

from gistrun.model import GistFile

#: Bytes of the line that Linux looks at.
_LONGEST = 256


@dataclass(frozen=True, slots=True)
class Shebang:
    """What `#!/usr/bin/env -S python3.11 -u` says."""

    #: The interpreter's base name without its version, such as "python".
    interpreter: str
    #: Its version, such as "3.11"; empty if the line names none.
    version: str = ""
    #: What follows it. Linux would pass all of it as one argument; it is taken apart at spaces, as `env -S` does.
    options: tuple[str, ...] = ()


def shebang(file: GistFile) -> Shebang | None:
    """What the file's first line says, or None if it is no such line."""
    first = file.content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0][:_LONGEST]
    if not first.startswith(b"#!"):
        return None
    words = first[2:].decode("utf-8", "replace").replace("\0", "").split()
    if words and os.path.basename(words[0]) == "env":
        words = _after_env(words[1:])
    if not words:
        return None
    name = os.path.basename(words[0])
    interpreter = re.sub(r"[\d.]+$", "", name)
    return Shebang(interpreter, name.removeprefix(interpreter), tuple(words[1:])) if interpreter else None


def _after_env(words: list[str]) -> list[str]:
    """The interpreter and what follows it, without env's own options and the variables that it sets."""
    while words and (words[0].startswith("-") or "=" in words[0]):
        first, words = words[0], words[1:]
        if first in ("-u", "-C"):
            words = words[1:]
        elif first.startswith("-S") and first != "-S":
            words = [first[2:], *words]
        elif first.startswith("--split-string="):
            words = [first.partition("=")[2], *words]
    return words
