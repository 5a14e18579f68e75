"""The lines of a gist's files that a program's output names, as compilers and tracebacks do. Pure.

`static/terminal/places.js` finds the same in the browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from gistrun.render.source import visible

#: Characters at the end of the output that are searched, and places that are told.
_SEARCHED, _TOLD = 16 * 1024, 5
#: Numbers in one line of output that may be those of a line. A limit, because each costs a look at all names.
_NUMBERS = 8
#: What follows a name: `", line 3` · `:3:5` · `: line 3` · `:line 3` · `: 3:` · `(3)` · `(3,5)` · ` line 3` ·
#: ` on line 3` · ` (line 3` · `:(3,5)` · `"},{line,3`.
_NUMBER = re.compile(
    r"""["']?(?:[,:]? (?:on |at |in |\()?lines? |:(?:line )?\(?|: (?=[0-9]{1,6}:)|\(|\},\{line,)"""
    r"""([0-9]{1,6})(?::[0-9]{1,6}|, ?[0-9]{1,6}(?=\)))?(?![0-9])"""
)
#: What stands before a name: its folder in a sandbox, alone or as the rest of an address. Before it, no part of a path.
_BEFORE = re.compile(r"""(?:^|[ \t"'`(\[{<>=,;:|*@])((?:file://)?/sandbox/(?:gist|build/source)/|\./|)$""")
#: Characters that are enough to see what stands before a name: one more than the longest folder.
_ENOUGH = len("file:///sandbox/build/source/") + 1


@dataclass(frozen=True, slots=True)
class Place:
    """One line of one file; the first line is 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Named:
    """Where a line of output names a place: from that character up to, not including, that one."""

    start: int
    end: int
    place: Place


class Files:
    """The files of a gist, by their names as a page shows them, each with its anchor.

    Args:
        lines: how many lines of each the page shows; None for as many as you like.
    """

    def __init__(self, anchors: Mapping[str, str], lines: Mapping[str, int] | None = None) -> None:
        self._anchors = {visible(name): anchor for name, anchor in anchors.items()}
        self._lines = None if lines is None else {visible(name): count for name, count in lines.items()}
        self._lengths = sorted({len(name) for name in self._anchors}, reverse=True)

    def address(self, place: Place) -> str | None:
        """What a link to that place says; None where the page shows no such line."""
        if self._lines is not None and place.line > self._lines.get(place.file, 0):
            return None
        return f"#{self._anchors[place.file]}-L{place.line}"

    def named(self, text: str) -> Iterator[Named]:
        """The places that one line of output names, from left to right."""
        for number in islice(_NUMBER.finditer(text), _NUMBERS) if self._lengths else ():
            start, name = self._name(text, number.start())
            if name and int(number[1]):
                yield Named(start, number.end(), Place(name, int(number[1])))

    def _name(self, text: str, end: int) -> tuple[int, str]:
        """The longest name of a file that ends there, and where it begins, with its folder."""
        for length in self._lengths:
            start = end - length
            if start < 0 or (name := text[start:end]) not in self._anchors:
                continue
            before = text[max(0, start - _ENOUGH) : start]
            if found := _BEFORE.search(before):
                return start - len(found[1]), name
        return end, ""


def places(output: str, names: Iterable[str]) -> list[Place]:
    """The places that plain output names, each once. Those of a traceback that ends with its cause come backwards."""
    files = Files(dict.fromkeys(names, ""))
    lines = output[-_SEARCHED:].splitlines()
    ordered = list(dict.fromkeys(named.place for line in lines for named in files.named(line)))
    if "most recent call last" in output:
        ordered.reverse()
    return ordered[:_TOLD]
