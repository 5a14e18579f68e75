"""A file of a gist as HTML: highlighted, in lines, whatever it holds.

The lexer is found by the file's name, then by GitHub's name of its language, and never by guessing from the content. A
file that is long or has very long lines is shown plain, since a lexer can take almost any time on hostile text.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_for_filename, get_lexer_by_name
from pygments.lexers.special import RawTokenLexer, TextLexer
from pygments.token import Token
from pygments.util import ClassNotFound

#: A file is highlighted up to so many bytes, and up to so many characters in its longest line. The worst text known
#: takes a lexer 18 ms for a kilobyte.
HIGHLIGHTED = 100_000
_LONG_LINE = 2_000
#: At most so many characters and lines of a file are shown, and so many bytes are read for them.
SHOWN = 512 * 1024
SHOWN_LINES = 10_000
_READ = 4 * SHOWN

_OPTIONS = {"stripnl": False, "ensurenl": True}

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
#: Characters that could reorder or break the line around them, or that are invisible.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text as HTML."""

    #: Each line as HTML, without its line end.
    lines: tuple[str, ...]
    #: True when the file is longer than what is shown.
    cut: bool
    #: True when it holds characters that can make code look different from what it does.
    bidi: bool


def source(name: str, content: bytes, language: str | None, highlighted: bool = True) -> Source | None:
    """The file as HTML lines; None when the part that can be shown is not text (not UTF-8, or with a NUL).

    `language` is GitHub's name of it, or None. With `highlighted` false the text is plain.
    """
    # The cache must not hold 64 files of 20 MB.
    return _source(name, content[:_READ], language, highlighted, len(content) > _READ)


def lines_of(content: bytes) -> int:
    """How many lines `source` makes of it; 0 if it is not text."""
    text = _text(content[:_READ], len(content) > _READ)
    return 0 if text is None else min(len(_lines(text[:SHOWN])), SHOWN_LINES)


def _text(content: bytes, more: bool) -> str | None:
    if b"\0" in content:
        return None
    try:
        text = getincrementaldecoder("utf-8-sig")().decode(content, final=not more)
    except UnicodeDecodeError:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


@lru_cache(maxsize=64)
def _source(name: str, content: bytes, language: str | None, highlighted: bool, more: bool) -> Source | None:
    text = _text(content, more)
    if text is None:
        return None
    shown = text[:SHOWN]
    lines = _lines(shown)
    cut = more or len(shown) < len(text) or len(lines) > SHOWN_LINES
    lines = lines[:SHOWN_LINES]
    if highlighted and len(content) <= HIGHLIGHTED and max(map(len, lines)) <= _LONG_LINE:
        html = highlight("\n".join(lines), _lexer(name, language), HtmlFormatter(nowrap=True))
        # The formatter closes and opens its spans at every line end, so that a line is whole by itself.
        marked = html.split("\n")[: len(lines)]
        if len(marked) == len(lines):
            return Source(tuple(marked), cut, bool(_BIDI.search(shown)))
    return Source(tuple(escape(line) for line in lines), cut, bool(_BIDI.search(shown)))


def code(text: str, language: str) -> str:
    """Highlighted HTML of a short piece of code; plain where nobody knows the language or a line is very long."""
    if max(map(len, text.split("\n"))) > _LONG_LINE:
        return escape(text)
    return highlight(text, _lexer_of(language), HtmlFormatter(nowrap=True))


def _lexer(name: str, language: str | None) -> Lexer:
    found = find_lexer_class_for_filename(name)
    return found(**_OPTIONS) if found is not None else _lexer_of(language or "text")


def _lexer_of(language: str) -> Lexer:
    try:
        lexer = get_lexer_by_name(language.lower().replace(" ", "-"), **_OPTIONS)
    except ClassNotFound:
        return TextLexer(**_OPTIONS)
    # It reads Pygments' own tokens from the text, as Python literals.
    return TextLexer(**_OPTIONS) if isinstance(lexer, RawTokenLexer) else lexer


def visible(name: str) -> str:
    """A foreign name or line of text, with U+FFFD for characters that are invisible or reorder the text beside them."""
    return _UNSEEN.sub("\ufffd", name)


def visible_line(text: str) -> str:
    """A foreign line of text, as `visible`, with its tabs."""
    return "\t".join(map(visible, text.split("\t")))


#: Bytes of a file that are looked at for its first lines.
_FIRST = 4 * 1024
#: The colours of the first lines on dark, as in gistrun.css; the innermost sort that is named counts.
_COLOURS = {
    Token: "#f0f6fc",
    Token.Comment: "#9198a1",
    Token.Keyword: "#ff7b72",
    Token.Keyword.Type: "#79c0ff",
    Token.Literal.Number: "#79c0ff",
    Token.Literal.String: "#a5d6ff",
    Token.Name.Builtin: "#ffa657",
    Token.Name.Class: "#d2a8ff",
    Token.Name.Function: "#d2a8ff",
    Token.Name.Tag: "#7ee787",
    Token.Operator: "#ff7b72",
}


def coloured(name: str, content: bytes, language: str | None, count: int) -> list[list[tuple[str, str]]]:
    """The first lines of a file, each as texts with their colours, `#rrggbb`; no line ends are in them."""
    text = content[:_FIRST].decode("utf-8", "replace").removeprefix("\ufeff")
    text = "\n".join(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:count])
    lines: list[list[tuple[str, str]]] = [[]]
    for sort, piece in _lexer(name, language).get_tokens(text):
        colour = next(_COLOURS[each] for each in reversed(sort.split()) if each in _COLOURS)
        first, *others = piece.split("\n")
        lines[-1].append((first, colour))
        lines += [[(other, colour)] for other in others]
    return lines[:count]
