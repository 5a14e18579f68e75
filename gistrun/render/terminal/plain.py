"""Takes the control sequences out of what a program wrote, for those who read it as plain text.

Tabs, line feeds and carriage returns stay; every other control character and every sequence goes. A sequence may be
split over any number of chunks. A control string that is never closed ends with its line, so that it hides no more
than that.
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
    """Takes the control sequences out of one stream, chunk by chunk. `controls`: leave characters that begin none."""

    def __init__(self, *, controls: bool = False) -> None:
        self._state = _In.TEXT
        self._controls = controls

    def feed(self, text: str) -> str:
        """The text in this chunk: without control characters but tabs and ends of lines, unless they are left."""
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
                    if self._controls and self._state is _In.TEXT:
                        kept.append(text[end])
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


def plain(text: str, *, controls: bool = False) -> str:
    """A whole text without its control sequences. `controls`: with control characters that begin none."""
    return Cleaner(controls=controls).feed(text)
