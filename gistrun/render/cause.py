"""What a program that failed says of it, and in which line of the gist: the innermost of the gist's own. Pure.

It reads what compilers and tracebacks have in common, whichever language they are of. The end of an output looks like
one of these, in which H is the line that says what is wrong, and P are lines that name places:

    a traceback that says "most recent call last":  P outermost … P innermost, H
    a trace:                                        H, P innermost … P outermost
    a trace of a trace ("Caused by"):               the last of them counts
    one line:                                       P and H in one, or P, the line's text, ^^^, H
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from gistrun.render.places import Files, Named, Place
from gistrun.render.says import said

#: Characters at the end of the output that are searched, of one line that are read, and lines above a place in which
#: what it belongs to is looked for.
_SEARCHED, _LINE, _ABOVE = 16 * 1024, 500, 40
_LAST = "most recent call last"
#: What a trace of a trace begins with.
_CAUSED = re.compile(r"\s*Caused by\b")
#: What stands before each line of a traceback in a group of them.
_MARGIN = re.compile(r"[ ]{0,20}[|+] ?(?:-{2,}[^\n]*)?")
#: A line of a trace that says where, not what: it is indented, numbered, or a call.
_FRAME = re.compile(r"[ \t]+\S|#[0-9]|\[[0-9]+\]|(?:at|from|by) |[\w.*/$<>-]{1,100}\([^)]{0,100}\)$")
#: A line that only points at a character in the line above.
_POINTER = re.compile(r"\s*[\^~]+\s*$")
_SAYS = re.compile(
    r"error|exception|panic|fatal|caused by|\buncaught\b|\bfail|\babort|^[\w./+-]{1,60}: ", re.IGNORECASE
)
_ERROR = re.compile(r"\b(?:error|fatal)\b", re.IGNORECASE)
_WARNS = re.compile(r"\b(?:warning|note|deprecat\w{0,10})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cause:
    """What a program or a compiler says of its failure."""

    place: Place
    #: The kind of error, such as `ValueError`, as one word.
    kind: str
    #: What is wrong; empty if the kind says it all.
    words: str


def cause(output: str, names: Iterable[str], *, compiling: bool = False) -> Cause | None:
    """What ended a program with that plain output, whose gist has files of these names; None if it names no place.

    Args:
        compiling: a compiler failed. The first error counts, for later ones often follow from it.
    """
    lines = [line[:_LINE] for line in output[-_SEARCHED:].splitlines()]
    files = Files(dict.fromkeys(names, ""))
    named = {number: found for number, line in enumerate(lines) if (found := list(files.named(line)))}
    if not named:
        return None
    if compiling:
        return _first_error(lines, named)
    return _last_traceback(lines, named) or _trace(lines, named)


def _first_error(lines: list[str], named: dict[int, list[Named]]) -> Cause:
    """The first place that a compiler calls an error; else the first that it does not call a warning."""
    there = list(named)
    errors = [number for number in there if _ERROR.search(lines[number])]
    others = [number for number in there if not _WARNS.search(lines[number])]
    return _told(lines, (errors or others or there)[0], named)


def _last_traceback(lines: list[str], named: dict[int, list[Named]]) -> Cause | None:
    """That of the last traceback that ends with what is wrong; None if there is none, or it names no place of ours."""
    begins = max((number for number, line in enumerate(lines) if _LAST in line), default=None)
    if begins is None:
        return None
    inside = None
    for number in range(begins + 1, len(lines)):
        line = _MARGIN.sub("", lines[number], count=1) if _MARGIN.match(lines[begins]) else lines[number]
        if number in named:
            inside = named[number][-1].place
        elif line and not line[0].isspace():
            return _cause(inside, *said(line, sure=True)) if inside else None
    return None


def _trace(lines: list[str], named: dict[int, list[Named]]) -> Cause:
    """That of the last trace, or of the last line that names a place."""
    begins = [0, *(number for number, line in enumerate(lines) if _CAUSED.match(line)), len(lines)]
    for start, end in reversed(list(pairwise(begins))):
        inside = [number for number in named if start <= number < end]
        if inside:
            break
    if start and start not in inside:  # the line that says what caused it stands right there
        return _cause(named[inside[0]][0].place, *said(lines[start].strip()))
    last = inside[-1]
    if not _FRAME.match(lines[last]):
        return _told(lines, last, named)
    top = last
    while top > start and _FRAME.match(lines[top - 1]):
        top -= 1
    first = min(number for number in inside if number >= top)
    head = _head(lines, top, start, named)
    if head is None or _POINTER.match("".join(lines[first + 2 : first + 3])):
        return _told(lines, first, named)
    if head in named:
        return _told(lines, head, named)
    return _cause(named[first][0].place, *said(lines[head]))


def _head(lines: list[str], top: int, start: int, named: dict[int, list[Named]]) -> int | None:
    """The line above a trace that says what is wrong: of those that stand there together, one that looks like it."""
    above: list[int] = []
    for number in range(top - 1, max(start, top - _ABOVE) - 1, -1):
        line = lines[number]
        if above and not line.strip():
            break
        if line.strip() and not _FRAME.match(line) and not _is_title(line):
            above.append(number)
    telling = (number for number in above if number in named or _SAYS.search(lines[number]))
    return next(telling, above[0] if above else None)


def _is_title(line: str) -> bool:
    """Whether the line only tells what follows, such as `Stack trace:`."""
    return line.rstrip().endswith(":") and line.count(":") == 1


def _told(lines: list[str], number: int, named: dict[int, list[Named]]) -> Cause:
    """What the line itself says of its place, or else what stands below it or above."""
    here, line = named[number][0], lines[number]
    kind, words = said(line[: here.start], line[here.end :])
    if not words and kind in ("", "Error", "Panic"):
        kind, words = _around(lines, number, kind)
    return _cause(here.place, kind, words)


def _cause(place: Place, kind: str, words: str) -> Cause:
    return Cause(place, kind or "Error", words)


def _around(lines: list[str], number: int, kind: str) -> tuple[str, str]:
    """What is said near a line that only names a place."""
    below = [line for line in lines[number + 1 : number + 6] if line.strip()]
    pointers = [at for at, line in enumerate(below) if _POINTER.match(line)]
    if pointers:
        below = below[pointers[-1] + 1 :]
        return said(below[0]) if below else (kind, "")
    if kind or lines[number].rstrip().endswith(":"):
        first, words = said(below[0].lstrip(" \t•*-")) if below else ("", "")
        return kind or first, words
    head = _head(lines, number, 0, {})
    return said(lines[head]) if head is not None and _SAYS.search(lines[head]) else (kind, "")
