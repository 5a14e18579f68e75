"""The difference between what a gist expects and what its program printed, line by line. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff

#: Lines of each text that are compared, and characters of a line: comparing takes up to the square of the lines.
_LINES, _LINE = 1000, 1000
#: Lines of the difference that are shown.
_SHOWN = 200
_KINDS = {"-": "gone", "+": "new", "@": "place", " ": "same"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `gone` was expected and not printed, `new` was printed and not expected, `same`, or `place`."""

    kind: str
    text: str


def difference(expected: Sequence[str], printed: Sequence[str]) -> tuple[list[Line], bool]:
    """The lines around every difference, and whether that is all of it."""
    found = list(unified_diff(_bounded(expected), _bounded(printed), lineterm=""))[2:]
    lines = [Line(_KINDS[line[0]], line if line[0] == "@" else line[1:]) for line in found[:_SHOWN]]
    return lines, len(found) <= _SHOWN and max(len(expected), len(printed)) <= _LINES


def _bounded(lines: Sequence[str]) -> list[str]:
    return [line[:_LINE] for line in lines[:_LINES]]
