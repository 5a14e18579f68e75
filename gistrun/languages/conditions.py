"""Which files, and which parts of them, a compiler leaves out on this system. Pure.

A condition that cannot be told here, such as a comparison, leaves nothing out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

#: A condition with more characters, or with more brackets and the like within each other, cannot be told.
_LONGEST, _DEEPEST = 200, 40
#: Nor can those after so many of one file.
_MOST = 300
_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(\w+)[ \t]*(.*)")
_TOKEN = re.compile(r"\w[\w.]*|&&|\|\||\S")


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions that a language knows, as `[conditions]` in its `language.toml` describes them."""

    #: Patterns for the words that hold on this system, such as "linux". No other word does.
    hold: tuple[str, ...] = ()
    #: A pattern whose one group is a condition for the whole file.
    file: str | None = None
    #: A pattern that is found in the names of files for other systems.
    names: str | None = None
    #: Whether parts of a file stand between `#if` and `#endif`.
    parts: bool = False

    def leave_out(self, name: str, content: str) -> bool:
        """Whether a compiler leaves out the file of that name."""
        if self.names and re.search(self.names, name):
            return True
        for said in re.findall(self.file, content, re.MULTILINE)[:_MOST] if self.file else ():
            # Older conditions have blanks and commas in place of signs.
            condition = re.sub(r"(?<=\w)[ \t]+(?=[\w!])", "||", said.strip().replace(",", "&&"))
            if Condition(condition, self._holds).value is False:
                return True
        return False

    def kept(self, content: str) -> str:
        """The content without the parts that a compiler leaves out, and without the lines that say so.

        Args:
            content: has no comments and no strings any more.
        """
        if not self.parts:
            return content
        parts = _Parts(self._holds)
        lines = content.replace("\\\n", " ").split("\n")
        return "\n".join(line for line in lines if not parts.directs(line) and parts.here)

    def _holds(self, word: str) -> bool | None:
        return any(re.fullmatch(pattern, word) for pattern in self.hold)


class _Parts:
    """Reads a file line by line, and knows whether this line is kept."""

    def __init__(self, holds: Callable[[str], bool | None]) -> None:
        self.here = True
        self._holds = holds
        self._told = 0
        self._defined: dict[str, str] = {}
        #: For each #if that is open: whether it stands in what is kept, and whether one of its parts was taken.
        self._open: list[tuple[bool, bool]] = []

    def directs(self, line: str) -> bool:
        """Whether the line is no text, but a directive, which is followed."""
        found = _DIRECTIVE.match(line)
        if not found:
            return False
        word, rest = found[1], found[2].strip()
        if word in ("if", "ifdef", "ifndef"):
            condition = {"if": rest, "ifdef": f"defined {rest}", "ifndef": f"!defined {rest}"}[word]
            self._open.append((self.here, False))
            self._take(condition)
        elif word in ("elif", "else") and self._open:
            self._take(rest if word == "elif" else "1")
        elif word == "endif" and self._open:
            self.here = self._open.pop()[0]
        elif self.here and word == "define" and (name := re.match(r"\w+", rest)):
            self._defined[name[0]] = rest[name.end() :].strip()
        elif self.here and word == "undef":
            self._defined.pop(rest, None)
        return True

    def _take(self, condition: str) -> None:
        within, taken = self._open[-1]
        value = None
        if within and not taken and self._told < _MOST:
            self._told += 1
            value = Condition(condition, self._means, self._is_defined).value
        self.here = within and not taken and value is not False
        self._open[-1] = within, taken or value is True

    def _means(self, word: str) -> bool | None:
        value = self._defined.get(word, word)
        if value.isdecimal():
            return value != "0"
        return None if word in self._defined else self._holds(word)

    def _is_defined(self, word: str) -> bool:
        return word in self._defined or bool(self._holds(word))


class Condition:
    """What a condition such as `linux && !(arm || defined(TEST))` comes to.

    Args:
        means: whether a word holds; None if that cannot be told.
        is_defined: whether `defined` holds for a word.
    """

    def __init__(
        self, text: str, means: Callable[[str], bool | None], is_defined: Callable[[str], bool] = lambda _word: False
    ) -> None:
        self._means, self._is_defined = means, is_defined
        self._left = _TOKEN.findall(text)[::-1]
        #: True or false, or None if it cannot be told.
        fits = 0 < len(text) <= _LONGEST and text.count("(") + text.count("!") <= _DEEPEST
        self.value = self._either() if fits else None

    def _either(self) -> bool | None:
        values = [self._both()]
        while self._next("||"):
            values.append(self._both())
        return True if True in values else None if None in values else False

    def _both(self) -> bool | None:
        values = [self._one()]
        while self._next("&&"):
            values.append(self._one())
        return False if False in values else None if None in values else True

    def _one(self) -> bool | None:
        if self._next("!"):
            value = self._one()
            return None if value is None else not value
        if self._next("("):
            value = self._either()
            self._next(")")
        else:
            value = self._word(self._left.pop() if self._left else "")
        # What else stands there is a comparison or a call.
        depth = 0
        while self._left and (depth or self._left[-1] not in ("&&", "||", ")")):
            depth += {"(": 1, ")": -1}.get(self._left.pop(), 0)
            value = None
        return value

    def _word(self, word: str) -> bool | None:
        if word == "defined":
            bracket = self._next("(")
            value = self._is_defined(self._left.pop() if self._left else "")
            if bracket:
                self._next(")")
            return value
        return self._means(word)

    def _next(self, token: str) -> bool:
        """Whether the next part is that one; it is passed then."""
        found = bool(self._left) and self._left[-1] == token
        if found:
            self._left.pop()
        return found
