"""The lines of a gist's files that a program's output names, as compilers and tracebacks do. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

#: Characters at the end of the output that are searched, and places that are told.
_SEARCHED, _TOLD = 16 * 1024, 5
#: `File "main.py", line 3` · `main.c:3:5` · `(Main.java:3)` · `main.sh: line 3` · `at main.pl line 3` · `on line 3`.
_PLACE = re.compile(
    r"""(?:"([^"\n]{1,255})"|([^\s"'`(),:]{1,255}))(?:, line |: ?(?:line )?| line | on line |\()(\d{1,6})(?!\d)"""
)
#: What stands before the name of a gist's file: its folder in a sandbox, also as the rest of a `file:` address.
_FOLDERS = ("/sandbox/gist/", "///sandbox/gist/", "./")


@dataclass(frozen=True, slots=True)
class Place:
    """One line of one file; the first line is 1."""

    file: str
    line: int


def places(output: str, names: Iterable[str]) -> list[Place]:
    """The places that plain output names, each once. Those of a traceback that ends with its cause come backwards."""
    known = set(names)
    found: dict[Place, None] = {}
    for quoted, bare, line in _PLACE.findall(output[-_SEARCHED:]):
        name = quoted or bare
        for folder in _FOLDERS:
            name = name.removeprefix(folder)
        if name in known and int(line):
            found[Place(name, int(line))] = None
    ordered = list(found)
    if "most recent call last" in output:
        ordered.reverse()
    return ordered[:_TOLD]
