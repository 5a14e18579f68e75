"""Turns what a program wrote into text that is safe to show: removes control sequences, obeys carriage returns.

A page is no terminal. Of the control functions of ECMA-48, tabs and line feeds stay. A lone carriage return starts the
line over, as progress bars expect: the next text replaces the whole line. Every control sequence (CSI), control string
(OSC, DCS, SOS, PM, APC) and other control character is dropped. A sequence may be split over any
number of chunks. A control string that is never closed ends with its line, so that it hides no more than that.

`static/terminal.js` does the same in the browser; one table of cases (tests/terminal_cases.json) holds both to it.
"""

from __future__ import annotations

import re
from enum import Enum, auto

# Tab, line feed and carriage return are text here; the rest of C0, DEL and C1 is not.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_PARAMETERS = re.compile(r"[ -?]*")
_STRING_END = re.compile(r"[\n\x07\x18\x1a\x1b\x9c]")


class _In(Enum):
    TEXT = auto()
    ESCAPE = auto()
    SEQUENCE = auto()  # CSI …
    STRING = auto()  # OSC, DCS, SOS, PM, APC …


_OPENS = {"\x1b": _In.ESCAPE, "\x9b": _In.SEQUENCE} | dict.fromkeys("\x90\x98\x9d\x9e\x9f", _In.STRING)


class Cleaner:
    """Takes the control sequences out of one stream, chunk by chunk."""

    def __init__(self) -> None:
        self._state = _In.TEXT

    def feed(self, text: str) -> str:
        """The text in this chunk: no control characters but tab, line feed and carriage return."""
        kept: list[str] = []
        at = 0
        while at < len(text):
            if self._state is _In.TEXT:
                found = _CONTROL.search(text, at)
                end = found.start() if found else len(text)
                kept.append(text[at:end])
                at = end + 1
                if found:
                    self._state = _OPENS.get(text[end], _In.TEXT)
            elif self._state is _In.ESCAPE:
                at = self._escape(text, at)
            elif self._state is _In.SEQUENCE:
                at = self._sequence(text, at)
            else:
                at = self._string(text, at)
        return "".join(kept)

    def _escape(self, text: str, at: int) -> int:
        char = text[at]
        if " " <= char <= "/":
            return at + 1  # an intermediate: the final one follows
        self._state = _In.TEXT
        if char == "[":
            self._state = _In.SEQUENCE
        elif char in "]PX^_":
            self._state = _In.STRING
        elif not "0" <= char <= "~":
            return at  # not part of it: text, or the next control
        return at + 1

    def _sequence(self, text: str, at: int) -> int:
        match = _PARAMETERS.match(text, at)
        at = match.end() if match else at
        if at < len(text):
            self._state = _In.TEXT
            if "@" <= text[at] <= "~":
                at += 1
        return at

    def _string(self, text: str, at: int) -> int:
        found = _STRING_END.search(text, at)
        if not found:
            return len(text)
        # ESC opens the closing ST, or aborts the string; either way it is read as an escape.
        self._state = _In.ESCAPE if found[0] == "\x1b" else _In.TEXT
        return found.start() if found[0] == "\n" else found.end()


class Screen:
    """Collects the output of a run as pieces of (kind, text), in order; neighbours of one kind are one piece.

    A kind is what the page distinguishes: the stream, or the phase. Past `limit` no more is taken, and `full` is
    true; every piece costs 64 besides its characters, so that the number of pieces is bounded too.
    """

    PIECE = 64

    def __init__(self, limit: int = 2**20) -> None:
        self.full = False
        self._left = limit
        self._done: list[list[str]] = []  # each: kind, then texts
        self._line: list[tuple[str, str]] = []
        self._returned = False
        self._cleaners: dict[str, Cleaner] = {}

    def write(self, kind: str, text: str) -> None:
        """One chunk of one kind."""
        first, *rest = self._cleaners.setdefault(kind, Cleaner()).feed(text).split("\r")
        self._put(kind, first)
        for part in rest:
            self._returned = True
            self._put(kind, part)

    def _put(self, kind: str, text: str) -> None:
        if not text or self.full:
            return
        if self._returned and text[0] != "\n":
            self._left += sum(len(old) + self.PIECE for _, old in self._line)
            self._line.clear()
        self._returned = False
        if len(text) + self.PIECE > self._left:
            self.full = True
            text = text[: max(0, self._left - self.PIECE)]
        self._left -= len(text) + self.PIECE
        end = text.rfind("\n") + 1
        if end:
            for piece in self._line:
                self._keep(*piece)
            self._line.clear()
            self._keep(kind, text[:end])
        if text[end:]:
            self._line.append((kind, text[end:]))

    def _keep(self, kind: str, text: str) -> None:
        if self._done and self._done[-1][0] == kind:
            self._done[-1].append(text)
        else:
            self._done.append([kind, text])

    def pieces(self) -> list[tuple[str, str]]:
        """What there is to show so far."""
        merged = [(kind, "".join(texts)) for kind, *texts in self._done]
        for kind, text in self._line:
            if merged and merged[-1][0] == kind:
                merged[-1] = (kind, merged[-1][1] + text)
            else:
                merged.append((kind, text))
        return merged
