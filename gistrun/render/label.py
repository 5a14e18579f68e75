"""The label of a badge: which characters of it are shown, how wide they are, and in which direction they are read.

A character here is what a reader takes for one: a letter with its accents, a picture of several parts, a flag.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from wcwidth import iter_graphemes
from wcwidth import width as columns

_LONGEST = 64
#: Code points of one character, and marks on it: more than any script needs, and not so many that they leave the badge.
_MOST_PARTS, _MOST_MARKS = 16, 4
_JOINER, _NON_JOINER, _PICTURE_SELECTOR = "\u200d", "\u200c", "\ufe0f"
_BLACK_FLAG = "\U0001f3f4"
#: Letters and marks that nobody sees, although they are not control characters.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
#: What the SVG says of text that is read from right to left. Arabic letters join, so they are stretched and not spaced.
DIRECTIONS = {"R": ' direction="rtl"', "AL": ' direction="rtl" lengthAdjust="spacingAndGlyphs"'}
# Advance widths of Verdana at 11 px in tenths of a pixel, from space to tilde. Text is set with `textLength`, so that
# a reader without Verdana sees the same box.
_WIDTHS = (
    39, 43, 50, 90, 70, 118, 80, 30, 50, 50, 70, 90, 40, 50, 40, 50,
    70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 50, 50, 90, 90, 90, 60,
    110, 75, 75, 77, 85, 70, 63, 85, 83, 46, 50, 76, 61, 93, 82, 87,
    66, 87, 76, 75, 68, 81, 75, 109, 75, 68, 75, 50, 50, 50, 90, 70,
    70, 66, 69, 57, 69, 66, 39, 69, 70, 30, 38, 65, 30, 107, 70, 67,
    69, 69, 47, 57, 43, 70, 65, 90, 65, 65, 58, 70, 50, 70, 90,
)  # fmt: skip
#: The same for letters without a width of their own, for East Asian ones, for pictures, and for Arabic.
_OTHER, _WIDE, _PICTURE, _JOINED = 75, 110, 137, 55


def cleaned(label: str) -> str:
    """A label that can be shown: one line of at most 64 characters, none of them invisible."""
    kept = "".join(" " if char.isspace() else char for char in label[:1000] if char.isspace() or _may_show(char))
    text = re.sub(r" +", " ", "".join(_shown(kept))).strip(f" {_NON_JOINER}")
    whole = characters(text)
    return text if len(whole) <= _LONGEST else "".join(whole[: _LONGEST - 1]).rstrip() + "…"


def characters(text: str) -> list[str]:
    """The characters of a text, each of one or more code points."""
    return list(iter_graphemes(text))


def width(text: str) -> int:
    """Pixels that the text takes at 11 px, at least 1."""
    return max(1, round(sum(_advance(character) for character in characters(text)) / 10))


def direction(text: str) -> str:
    """`R` or `AL` where the first letter is of a script that is read from right to left (AL: its letters join)."""
    return next((kind for char in text if (kind := unicodedata.bidirectional(char)) in ("L", "R", "AL")), "L")


def _may_show(char: str) -> bool:
    if char in (_JOINER, _NON_JOINER) or _is_tag(char):
        return True
    return unicodedata.category(char)[0] != "C" and char not in _INVISIBLE


def _is_tag(char: str) -> bool:
    return "\U000e0020" <= char <= "\U000e007f"


def _shown(text: str) -> Iterator[str]:
    """The characters that begin with something to be seen, without what cannot be a part of them."""
    for character in iter_graphemes(text):
        first, marks = character[0], 0
        if unicodedata.category(first)[0] in "CM":
            continue
        shown = first
        for char in character[1:_MOST_PARTS]:
            marks += unicodedata.category(char)[0] == "M"
            if marks <= _MOST_MARKS and _belongs(char, first):
                shown += char
        yield shown.rstrip(_JOINER)


def _belongs(char: str, first: str) -> bool:
    """Whether `char` may follow `first` in one character: joiners in pictures and caseless letters, tags in a flag."""
    if _is_tag(char):
        return first == _BLACK_FLAG
    if char in (_JOINER, _NON_JOINER):
        return unicodedata.category(first) in ("Lo", "So")
    return first != " "


def _advance(character: str) -> int:
    """Tenths of a pixel at 11 px."""
    wide = columns(character) > 1
    if wide and (_PICTURE_SELECTOR in character or unicodedata.category(character[0]) == "So"):
        return _PICTURE
    base = unicodedata.normalize("NFD", character)[0]
    if " " <= base <= "~":
        return _WIDTHS[ord(base) - 32]
    if unicodedata.east_asian_width(base) in "WF":
        return _WIDE
    if direction(base) == "AL":
        return _JOINED
    return _OTHER * 2 if wide else _OTHER
