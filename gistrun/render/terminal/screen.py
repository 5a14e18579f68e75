"""A terminal: what a program writes becomes lines of styled cells.

It obeys what xterm obeys, with `static/terminal/screen.js` as its twin. Text goes on to the right of the last column
that a program counts on, up to `widest`, so that a line that is too long stays one line; the cursor moves there only
where there is text. Lines that leave the screen at its top are settled: nothing changes them any more. Every sequence
costs a bounded amount of work and memory, and no more than `LIMIT` is kept.

What differs from xterm on purpose is in docs/decisions/terminal.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gistrun.render.terminal.buffer import Saved
from gistrun.render.terminal.canvas import COLUMNS, LIMIT, ROWS, WIDEST
from gistrun.render.terminal.charset import CHARSETS, KNOWN, LOCKS, SLOTS
from gistrun.render.terminal.cursor import Cursor
from gistrun.render.terminal.parser import Parser
from gistrun.render.terminal.row import EMPTY, Row
from gistrun.render.terminal.style import PLAIN, Parameters, Style, erased, restyled
from gistrun.render.terminal.width import Kind

#: What may be obeyed in all: a control character costs 1, a sequence `SEQUENCE`, one that makes a whole screen anew
#: `ANEW`. So however much a program writes, showing it takes less than two seconds. 1 MB of coloured output costs a
#: quarter of it.
WORK = 2**22
SEQUENCE = 8
ANEW = 64
#: How often a sequence may repeat a character.
REPEATS = 1000

_LINK = re.compile(r"0*8;(?P<settings>[^;]*);(?P<address>.*)", re.DOTALL)


class Screen(Cursor):
    """A terminal with two streams: each has its own colours and its own unfinished sequence, the cursor is shared."""

    def __init__(self, columns: int = COLUMNS, rows: int = ROWS, widest: int = WIDEST, limit: int = LIMIT) -> None:
        super().__init__(columns, rows, widest, limit)
        self._parsers = {False: Parser(self), True: Parser(self)}
        self._work = WORK

    def write(self, error: bool, text: str) -> None:
        """Obey what came on standard output, or on standard error."""
        if self.full:
            return
        if error != self._error:
            self._error = error
            self._joins = None
        self._parsers[error].feed(text)

    def _refuses(self, cost: int) -> bool:
        """Whether nothing more is obeyed; if it is, count what the next thing costs."""
        self._work -= cost
        self.full = self.full or self._work < 0
        return self.full

    # Control characters

    def control(self, character: str) -> None:
        """Obey a control character."""
        if self._refuses(1):
            return
        self._joins = None
        buffer = self._buffer
        if character in "\n\v\f":
            self._feed_line()
        elif character == "\r":
            buffer.x = 0
        elif character == "\b":
            self._restrict()
            buffer.x = max(buffer.x - 1, 0)
        elif character == "\t":
            self._tab(1)
        elif character in "\x0e\x0f":
            self._choose_charset(1 if character == "\x0e" else 0)
        elif character in "\x84\x85\x88":
            self.escape("", {"\x84": "D", "\x85": "E", "\x88": "H"}[character])

    def _choose_charset(self, slot: int) -> None:
        self._slot = slot
        self._charset = self._charsets[slot]

    # Escape sequences

    def escape(self, between: str, final: str) -> None:
        """Obey an escape sequence."""
        if self._refuses(ANEW if final in "DEMc" else SEQUENCE):
            return
        self._joins = None
        if between in SLOTS:
            if final in KNOWN:
                self._designate(SLOTS[between], final)
        elif between == "%" and final in "@G":
            self._designate(0, "B")
            self._choose_charset(0)
        elif not between and final in LOCKS:
            self._choose_charset(LOCKS[final])
        elif not between and final in _ESCAPES:
            _ESCAPES[final](self)

    def _designate(self, slot: int, name: str) -> None:
        self._charsets[slot] = CHARSETS.get(name)
        if slot == self._slot:
            self._charset = self._charsets[slot]

    def _reset(self) -> None:
        """All as at the start, for both streams."""
        for parser in self._parsers.values():
            parser.reset()
        self._start()
        self.settled.clear()
        self._left = self._limit

    # Control sequences

    def sequence(self, marks: str, final: str, parameters: Parameters) -> None:
        """Obey a control sequence."""
        if self._refuses(ANEW if final in "JLMSThl" else SEQUENCE):
            return
        self._joins, joins = None, self._joins
        if marks in ("", "?") and final == "m":
            if not marks:
                self._pens[self._error] = restyled(self._pen, parameters)
        elif marks in ("", "?") and final in "hl":
            for number, _ in parameters:
                self._mode(marks + str(number), final == "h")
        elif marks in ("", "?") and final in "JK":
            self._restrict(self.widest)
            (self._erase_display if final == "J" else self._erase_line)(parameters[0][0])
        elif marks == "!" and final == "p":
            self._soften()
        elif not marks and final == "b":
            self._repeat(joins, parameters[0][0] or 1)
        elif not marks and final in _OBEYED:
            first = parameters[0][0]
            second = parameters[1][0] if len(parameters) > 1 else 0
            _OBEYED[final](self, first or 1 if final != "g" else first, second)

    def command(self, text: str) -> None:
        """Obey an operating system command: only the start and the end of a link mean something here."""
        if self._refuses(SEQUENCE):
            return
        self._joins = None
        found = _LINK.fullmatch(text)
        if found and (found["address"] or not found["settings"].strip()):
            self._pens[self._error] = self._pen._replace(link=found["address"] or None)

    def _repeat(self, joins: Kind | None, count: int) -> None:
        buffer = self._buffer
        place = buffer.x - 1
        if joins is not None and place >= 0:
            text = buffer.row.text(place - 1 if place and buffer.row.is_tail(place) else place)
            if text != EMPTY:
                self.text(text * min(count, REPEATS))
        self._joins = None

    def _mode(self, name: str, on: bool) -> None:
        match name:
            case "4":
                self._insert = on
            case "?2" if on:
                self._charsets = [None] * 4
                self._charset = None
            case "?6":
                self._origin = on
                self._go(0, 0)
            case "?7":
                self._wrap = on
            case "?1048":
                (self._save if on else self._restore)()
            case "?47" | "?1047" | "?1049":
                if on and name == "?1049":
                    self._save()
                self._switch(on)
                if not on and name == "?1049":
                    self._restore()

    def _switch(self, alternate: bool) -> None:
        old, new = self._buffer, self._alternate if alternate else self._normal
        if new is not old:
            x, y = old.x, old.y
            self._alternate.clear(erased(self._pen) if alternate else PLAIN)
            self._buffer = new
            self._alternate.used = True
            new.x, new.y = x, y

    def _soften(self) -> None:
        self._reset_modes()
        self._buffer.top, self._buffer.bottom = 0, self.height - 1
        self._pens[self._error] = Style(error=self._error)
        self._buffer.saved = Saved(0, self._base if self._buffer is self._normal else 0, self._pen)


_ESCAPES: dict[str, Callable[[Screen], None]] = dict(
    zip(
        "78DEHMc",
        (
            Screen._save,
            Screen._restore,
            Screen._index,
            Screen._index_from_start,
            Screen._set_stop,
            Screen._index_back,
            Screen._reset,
        ),
        strict=True,
    )
)

#: By their final character: called with the first and the second parameter.
_OBEYED: dict[str, Callable[[Screen, int, int], None]] = dict(
    zip(
        "@ABCDEFGHILMPSTXZ`adefgrsu",
        (
            lambda screen, count, _: screen._cells_at_cursor(Row.insert, count),
            Screen._up,
            Screen._down,
            Screen._right,
            lambda screen, count, _: screen._move(-count, 0),
            Screen._next_line,
            Screen._line_before,
            Screen._to_column,
            Screen._to,
            lambda screen, count, _: screen._tab(count),
            lambda screen, count, _: screen._lines_at_cursor(count, screen._buffer.scroll_down),
            lambda screen, count, _: screen._lines_at_cursor(count, screen._buffer.scroll_up),
            lambda screen, count, _: screen._cells_at_cursor(Row.delete, count),
            lambda screen, count, _: screen._buffer.scroll_up(screen._buffer.top, count, erased(screen._pen)),
            lambda screen, count, _: screen._buffer.scroll_down(screen._buffer.top, count, PLAIN),
            Screen._erase_cells,
            Screen._back_tab,
            Screen._to_column,
            Screen._right,
            Screen._to_row,
            lambda screen, count, _: screen._move(0, count),
            Screen._to,
            Screen._clear_stops,
            Screen._set_region,
            lambda screen, _count, _: screen._save(),
            lambda screen, _count, _: screen._restore(),
        ),
        strict=True,
    )
)
