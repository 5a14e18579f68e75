"""The words of a badge: which characters of them are shown.

A character here is what a reader takes for one: a letter with its accents, a picture of several parts, a flag.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from gistrun.render.badge.widths import characters

_LONGEST = 64
#: Code points of one character, and marks on it: more than any script needs, and not so many that they leave the badge.
_MOST_PARTS, _MOST_MARKS = 16, 4
_JOINER, _NON_JOINER = "\u200d", "\u200c"
_BLACK_FLAG = "\U0001f3f4"
#: Letters and marks that nobody sees, although they are not control characters.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")


def cleaned(label: str) -> str:
    """A label that can be shown: one line of at most 64 characters, none of them invisible."""
    kept = "".join(" " if char.isspace() else char for char in label[:1000] if char.isspace() or _may_show(char))
    text = re.sub(r" +", " ", "".join(_shown(kept))).strip(f" {_NON_JOINER}")
    whole = characters(text)
    return text if len(whole) <= _LONGEST else "".join(whole[: _LONGEST - 1]).rstrip() + "…"


def _may_show(char: str) -> bool:
    if char in (_JOINER, _NON_JOINER) or _is_tag(char):
        return True
    return unicodedata.category(char)[0] != "C" and char not in _INVISIBLE


def _is_tag(char: str) -> bool:
    return "\U000e0020" <= char <= "\U000e007f"


def _shown(text: str) -> Iterator[str]:
    """The characters that begin with something to be seen, without what cannot be a part of them."""
    for character in characters(text):
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
