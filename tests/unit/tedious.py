"""Texts that make a pattern slow if anything in it may be matched in more than one way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

#: What is repeated by itself.
PIECES = ["\n", "\t\n", " ", "a", "a ", "1", "1, ", "a.b,", "(", '"', "class ", "import ", "/*", "\\", "'", '\\"']
PIECES += [
    'R"a(',
    '"a\n',
    "#if 0\n",
    "#ifdef A\n#",
    "#define ",
    "#define A \\\n",
    '#include "',
    "`",
    '"""',
    "from . ",
    "//",
    "from . import ",
    "main(a)",
    "main() ((",
    "//go:build ",
    "_windows_a",
]
#: What is repeated after the words of a pattern.
FILLS = (" ", "\t", "\n", '"', "'", "(", "[", "a", "a ", "1", ",", ".")
#: Longer words would need more characters than a text has.
_LONGEST = 80
#: What may stand for a set of characters.
_SAMPLES = " a1(\t\"_.-,/Z;=\n'[]{}*#:<>$@%&|~^`!?+\\"


def texts(pattern: str, size: int) -> Iterator[str]:
    """Texts of so many characters: what the pattern begins with, up to each of its repeats, and then much of one."""
    heads: set[str] = set()
    heads.add(_walk(parser.parse(pattern, re.MULTILINE), "", heads))
    for head in sorted(head for head in heads if len(head) <= _LONGEST):
        for fill in FILLS:
            yield (head + fill * size)[:size]


def _walk(sequence: Any, before: str, heads: set[str]) -> str:
    """A text that the sequence matches. `heads` gets what stands before each repeat in it."""
    for kind, value in sequence:
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            heads.add(before)
            before = _walk(value[2], before, heads)
        elif kind is kinds.SUBPATTERN:
            before = _walk(value[3], before, heads)
        elif kind is kinds.ATOMIC_GROUP:
            before = _walk(value, before, heads)
        elif kind is kinds.BRANCH:
            ends = [_walk(branch, before, heads) for branch in value[1]]
            heads.update(ends)
            before = ends[0]
        else:
            before += _character(kind, value)
    return before


def _character(kind: Any, value: Any) -> str:
    if kind is kinds.LITERAL:
        return chr(value)
    if kind is kinds.NOT_LITERAL:
        return "b" if value == ord("a") else "a"
    if kind is kinds.ANY:
        return "a"
    if kind is kinds.IN:
        return next((each for each in _SAMPLES if _is_in(value, each)), "")
    return ""  # it stands for a place, not for a character


def _is_in(items: Any, character: str) -> bool:
    found = False
    for kind, value in items:
        if kind is kinds.LITERAL:
            found |= chr(value) == character
        elif kind is kinds.RANGE:
            found |= value[0] <= ord(character) <= value[1]
        elif kind is kinds.CATEGORY:
            name = str(value).removeprefix("CATEGORY_")
            known = {"SPACE": r"\s", "DIGIT": r"\d", "WORD": r"\w"}[name.removeprefix("NOT_")]
            found |= bool(re.match(known, character)) != name.startswith("NOT_")
    return found != (items[0][0] is kinds.NEGATE)
