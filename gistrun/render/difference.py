"""The difference between two texts, line by line, and in changed lines word by word. Pure.

RapidFuzz finds the longest common subsequence in time that grows with the product of the lengths, 64 at a step. The
standard library's difflib can take the cube of them, and the texts are strangers'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel, Opcode

from gistrun.render.source import visible

#: Lines of each text that are compared, characters of a line, and words of a line.
_LINES, _LINE, _WORDS = 2000, 1000, 200
#: Lines that are shown around a difference, and of all differences.
_AROUND, _SHOWN = 3, 400
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line; `changed` if the other text has other words there."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `gone` is only in the first text, `new` only in the second, `same` in both; `place` is a gap."""

    kind: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """How one file changed."""

    name: str
    #: "added", "removed", "changed" or "binary".
    kind: str
    lines: list[Line]
    #: Whether these are all.
    complete: bool


def changes(older: Mapping[str, bytes], newer: Mapping[str, bytes]) -> list[Change]:
    """The files that differ, in the newer revision's order, those removed last."""
    found = []
    for name in [*newer, *(name for name in older if name not in newer)]:
        before, after = older.get(name), newer.get(name)
        if before == after:
            continue
        kind = "added" if before is None else "removed" if after is None else "changed"
        if b"\0" in (before or b"") + (after or b""):
            found.append(Change(name, "binary", [], True))
            continue
        lines, complete = difference(_lines(before), _lines(after))
        found.append(Change(name, kind, lines, complete))
    return found


def difference(first: Sequence[str], second: Sequence[str]) -> tuple[list[Line], bool]:
    """The lines around every difference, and whether that is all of it. No lines if the texts are the same."""
    a, b = ([line[:_LINE] for line in text[:_LINES]] for text in (first, second))
    blocks = _blocks(a, b)
    lines: list[Line] = []
    shown = 0  # lines of the first text that are shown already
    for number, block in enumerate(blocks):
        begin = max(shown, block.src_start - _AROUND)
        if begin > shown:
            lines.append(Line("place", (Piece("…"),)))
        following = blocks[number + 1].src_start if number + 1 < len(blocks) else len(a)
        shown = min(block.src_end + _AROUND, following)
        lines += [_same(line) for line in a[begin : block.src_start]]
        lines += _replaced(a[block.src_start : block.src_end], b[block.dest_start : block.dest_end])
        lines += [_same(line) for line in a[block.src_end : shown]]
    return lines[:_SHOWN], len(lines) <= _SHOWN and max(len(first), len(second)) <= _LINES


def _blocks(a: Sequence[str], b: Sequence[str]) -> list[Opcode]:
    """What has to be replaced in the one to get the other. What is deleted and inserted at one place is one block."""
    blocks: list[Opcode] = []
    for code in Indel.opcodes(a, b):
        if code.tag == "equal":
            continue
        if blocks and (blocks[-1].src_end, blocks[-1].dest_end) == (code.src_start, code.dest_start):
            before = blocks.pop()
            code = Opcode("replace", before.src_start, code.src_end, before.dest_start, code.dest_end)
        blocks.append(code)
    return blocks


def _same(line: str) -> Line:
    return Line("same", (Piece(visible(line)),))


def _replaced(gone: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    """Lines that took the place of others. As many as there were are compared word by word."""
    if len(gone) == len(new):
        pairs = [_by_words(before, after) for before, after in zip(gone, new, strict=True)]
        yield from (Line("gone", before) for before, _ in pairs)
        yield from (Line("new", after) for _, after in pairs)
        return
    yield from (Line("gone", (Piece(visible(line)),)) for line in gone)
    yield from (Line("new", (Piece(visible(line)),)) for line in new)


def _by_words(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    a, b = _WORD.findall(before)[:_WORDS], _WORD.findall(after)[:_WORDS]
    left: list[Piece] = []
    right: list[Piece] = []
    for code in Indel.opcodes(a, b):
        changed = code.tag != "equal"
        left.append(Piece(visible("".join(a[code.src_start : code.src_end])), changed))
        right.append(Piece(visible("".join(b[code.dest_start : code.dest_end])), changed))
    return _filled(left), _filled(right)


def _filled(pieces: list[Piece]) -> tuple[Piece, ...]:
    return tuple(piece for piece in pieces if piece.text)


def _lines(content: bytes | None) -> list[str]:
    return (content or b"").decode("utf-8", "replace").splitlines()
