"""The difference between two texts, line by line, and in changed lines word by word. Pure.

RapidFuzz finds the longest common subsequence in time that grows with the product of the lengths, 64 at a step. The
standard library's difflib can take the cube of them, and the texts are strangers'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rapidfuzz.distance import Indel, Opcode

from gistrun.render.lineends import ends_said, lines_of
from gistrun.render.source import visible_line

#: Lines of each text that are compared, characters of a line, words of a line, and words of lines in a row.
_LINES, _LINE, _WORDS, _TOGETHER = 2000, 1000, 200, 2000
#: Lines that are shown around a difference, and of all differences.
_AROUND, _SHOWN = 3, 400
_WORD = re.compile(r"\w+|\n|[^\S\n]+|[^\w\s]")


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
    #: Its number in the first text and in the second, from 1; None where it is not.
    old: int | None = None
    new: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """How one file changed."""

    name: str
    #: "added", "removed", "changed" or "binary".
    kind: str
    lines: list[Line]
    #: Whether these are all.
    complete: bool
    #: What else is to be said, in sentences, such as that only the line ends differ.
    notes: tuple[str, ...] = ()


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
        lines, complete = difference(lines_of(before), lines_of(after))
        found.append(Change(name, kind, lines, complete, _notes(before, after, bool(lines), complete)))
    return found


def _notes(before: bytes | None, after: bytes | None, shown: bool, complete: bool) -> tuple[str, ...]:
    if not (before or after):
        return ("The file is empty.",)
    said = ends_said(before, after) if before and after else []
    if not shown and complete and not said:
        said = ["It differs in bytes that are no text."]
    return (*said, *(() if complete else ("There are more changes than are shown here.",)))


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
        lines += _same(a, begin, block.src_start, block.dest_start - block.src_start)
        lines += _replaced(a, b, block)
        lines += _same(a, block.src_end, shown, block.dest_end - block.src_end)
    whole = max(len(first), len(second)) <= _LINES and all(len(line) <= _LINE for line in (*first, *second))
    return lines[:_SHOWN], whole and len(lines) <= _SHOWN


def groups(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The lines, those together that took the place of one another, so that they can stand side by side."""
    for _, group in groupby(lines, key=lambda line: line.kind in ("gone", "new")):
        yield list(group)


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


def _same(a: Sequence[str], begin: int, end: int, further: int) -> list[Line]:
    """Lines of both texts; in the second they stand `further` down."""
    return [
        Line("same", (Piece(visible_line(a[place])),), place + 1, place + 1 + further) for place in range(begin, end)
    ]


def _replaced(a: Sequence[str], b: Sequence[str], block: Opcode) -> Iterator[Line]:
    """Lines that took the place of others, compared word by word where that is not too much."""
    gone, new = a[block.src_start : block.src_end], b[block.dest_start : block.dest_end]
    as_many = len(gone) == len(new)
    gone, new = gone[: _SHOWN + 1], new[: _SHOWN + 1]  # one more, which tells that there are more
    if as_many:
        pairs = [_by_words(before, after, _WORDS) for before, after in zip(gone, new, strict=True)]
        left, right = [pieces for both, _ in pairs for pieces in both], [pieces for _, both in pairs for pieces in both]
    else:
        left, right = _by_words("\n".join(gone), "\n".join(new), _TOGETHER)
        # Lines that have next to nothing in common are others, and no word of them is.
        left, right = [_plain(pieces) for pieces in left], [_plain(pieces) for pieces in right]
    for number, pieces in enumerate(left[: len(gone)], block.src_start + 1):
        yield Line("gone", pieces, old=number)
    for number, pieces in enumerate(right[: len(new)], block.dest_start + 1):
        yield Line("new", pieces, new=number)


def _by_words(before: str, after: str, most: int) -> tuple[list[tuple[Piece, ...]], list[tuple[Piece, ...]]]:
    """The lines of both texts in pieces. What comes after so many words is not compared."""
    a, b = _WORD.findall(before), _WORD.findall(after)
    rests = ["".join(words[most:]) for words in (a, b)]
    a, b = a[:most], b[:most]
    left: list[Piece] = []
    right: list[Piece] = []
    for code in Indel.opcodes(a, b):
        changed = code.tag != "equal"
        left.append(Piece("".join(a[code.src_start : code.src_end]), changed))
        right.append(Piece("".join(b[code.dest_start : code.dest_end]), changed))
    return _in_lines([*left, Piece(rests[0])]), _in_lines([*right, Piece(rests[1])])


def _in_lines(pieces: Iterable[Piece]) -> list[tuple[Piece, ...]]:
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        first, *others = piece.text.split("\n")
        lines[-1].append(Piece(visible_line(first), piece.changed))
        lines += [[Piece(visible_line(text), piece.changed)] for text in others]
    return [tuple(piece for piece in line if piece.text) for line in lines]


def _plain(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Without marks where less than a third of the line's letters is in the other text too."""
    kept, whole = (sum(map(str.isalnum, "".join(texts))) for texts in _texts(pieces))
    return pieces if 3 * kept >= whole and kept else tuple(Piece(piece.text) for piece in pieces)


def _texts(pieces: tuple[Piece, ...]) -> tuple[list[str], list[str]]:
    return [piece.text for piece in pieces if not piece.changed], [piece.text for piece in pieces]
