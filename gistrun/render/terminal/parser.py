"""Takes a stream of characters apart into text, control characters and sequences, as xterm's parser does.

Two things differ from xterm: a control string that is never closed ends with its line, so that it hides no more than
that; and of a control string only the first `LONGEST` characters are kept.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Protocol

from gistrun.render.terminal.style import Parameters

#: Characters of a control string that are kept. Only addresses of links are read from them.
LONGEST = 4096
#: Parameters of a sequence that are kept, and parts of parameters; no number is larger than `LARGEST`.
MOST = 32
LARGEST = 2**31 - 1

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SEQUENCE = re.compile(r"\x1b\[([<-?]?)([0-9:;]*)([ -/]*)([@-~])")
_STRING = re.compile(r"[^\n\x07\x18\x1a\x1b\x80-\x9f]*")


class Device(Protocol):
    """What obeys."""

    def text(self, text: str) -> None:
        """Printable characters."""

    def control(self, character: str) -> None:
        """A control character, of C0 or C1."""

    def escape(self, between: str, final: str) -> None:
        """An escape sequence such as `ESC ( 0`."""

    def sequence(self, marks: str, final: str, parameters: Parameters) -> None:
        """A control sequence (CSI). `marks` are the private mark and what stands before the final character."""

    def command(self, text: str) -> None:
        """An operating system command (OSC) that was closed."""


class _In(Enum):
    TEXT = auto()
    ESCAPE = auto()
    SEQUENCE = auto()
    IGNORED = auto()  # a sequence that is none
    COMMAND = auto()  # OSC …
    STRING = auto()  # DCS, SOS, PM, APC …


_OPENS = {"\x1b": _In.ESCAPE, "\x9b": _In.SEQUENCE, "\x9d": _In.COMMAND} | dict.fromkeys("\x90\x98\x9e\x9f", _In.STRING)


class Parser:
    """Parses one stream, in chunks cut anywhere."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.reset()

    def reset(self) -> None:
        """Forget what is unfinished."""
        self._state = _In.TEXT
        self._marks = ""
        self._numbers = ""
        self._string: list[str] = []
        self._kept = 0

    def feed(self, text: str) -> None:
        """Have the device obey this text."""
        at, end = 0, len(text)
        while at < end:
            if self._state is _In.TEXT:
                found = _CONTROL.search(text, at)
                upto = found.start() if found else end
                if upto > at:
                    self._device.text(text[at:upto])
                at = upto
                if not found:
                    return
                if whole := _SEQUENCE.match(text, at):
                    mark, numbers, between, final = whole.groups()
                    self._device.sequence(mark + between, final, parsed(numbers))
                    at = whole.end()
                else:
                    self._anywhere(text[at])
                    at += 1
            elif self._state in (_In.COMMAND, _In.STRING):
                at = self._in_string(text, at)
            else:
                character = text[at]
                at += 1
                if character in "\x18\x1a\x1b" or "\x80" <= character <= "\x9f":
                    self._anywhere(character)
                elif character < " ":
                    self._device.control(character)
                elif character > "\x9f":
                    self._state = self._state if self._state is _In.IGNORED else _In.TEXT
                elif character != "\x7f":
                    {_In.ESCAPE: self._escape, _In.SEQUENCE: self._sequence, _In.IGNORED: self._ignored}[self._state](
                        character
                    )

    def _anywhere(self, character: str) -> None:
        """A control character that means the same wherever it stands."""
        self._state = _OPENS.get(character, _In.TEXT)
        if self._state is not _In.TEXT:
            self._marks = self._numbers = ""
            self._string, self._kept = [], 0
        elif character not in "\x7f\x9c":
            self._device.control(character)

    def _escape(self, character: str) -> None:
        if character <= "/":
            self._mark(character)
            return
        self._state = _In.TEXT
        if not self._marks and character in "[]PX^_":
            self._state = {"[": _In.SEQUENCE, "]": _In.COMMAND}.get(character, _In.STRING)
        else:
            self._device.escape(self._marks, character)

    def _sequence(self, character: str) -> None:
        between = self._marks[-1:] and self._marks[-1] <= "/"
        if character >= "@":
            self._state = _In.TEXT
            self._device.sequence(self._marks, character, parsed(self._numbers))
        elif character <= "/":
            self._mark(character)
        elif between or (character >= "<" and (self._marks or self._numbers)):
            self._state = _In.IGNORED
        elif character >= "<":
            self._mark(character)
        elif len(self._numbers) < LONGEST:
            self._numbers += character

    def _ignored(self, character: str) -> None:
        if character >= "@":
            self._state = _In.TEXT

    def _mark(self, character: str) -> None:
        if len(self._marks) < 4:  # no sequence that is obeyed has more than two
            self._marks += character

    def _in_string(self, text: str, at: int) -> int:
        found = _STRING.match(text, at)
        upto = found.end() if found else at
        if self._state is _In.COMMAND and self._kept <= LONGEST:
            piece = text[at : min(upto, at + LONGEST + 1 - self._kept)]
            self._string.append(piece)
            self._kept += len(piece)
        if upto == len(text):
            return upto
        closing = text[upto]
        command = "".join(self._string) if self._state is _In.COMMAND and self._kept <= LONGEST else ""
        if closing == "\x07" and self._state is _In.STRING:
            return upto + 1  # part of it
        if closing in "\x07\x1b\x9c" and command:
            self._device.command(re.sub(r"[\x00-\x1f]", "", command))
        if closing in "\n\x07":
            self._state = _In.TEXT
            self._string = []
            return upto + (closing == "\x07")
        if closing in "\x18\x1a" and self._state is _In.COMMAND:
            self._state = _In.TEXT
            return upto + 1
        self._anywhere(closing)
        return upto + 1


def parsed(numbers: str) -> Parameters:
    """The parameters in `1;4:3`; at least one."""
    kept: list[tuple[int, tuple[int, ...]]] = []
    parts = MOST
    for text in numbers.split(";", MOST)[:MOST]:
        first, *further = text.split(":", parts + 1)
        further = further[:parts]
        parts -= len(further)
        kept.append((_number(first, 0), tuple(_number(part, -1) for part in further)))
    return tuple(kept)


def _number(digits: str, missing: int) -> int:
    if not digits:
        return missing
    digits = digits.lstrip("0")
    return min(int(digits[:10] or 0), LARGEST) if len(digits) <= 10 else LARGEST
