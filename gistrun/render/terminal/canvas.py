"""Where text is written: two buffers of rows, the colours of two streams, and the lines that have left the screen."""

from __future__ import annotations

from gistrun.render.terminal.buffer import Buffer, Saved
from gistrun.render.terminal.row import EMPTY, TAIL, Row
from gistrun.render.terminal.style import PLAIN, Style, erased
from gistrun.render.terminal.width import JOINER, PICTURE_SELECTOR, Kind, kind_of

COLUMNS = 100
ROWS = 24
WIDEST = 1000
#: What the settled lines may cost: a cell 1, or `FOREIGN` in a line that is not all ASCII; a line `LINE` besides, a
#: change of style within it `CHANGE`. 1 MB of ordinary coloured output costs some 3 million.
LIMIT = 2**22
LINE = 24
FOREIGN = 4
CHANGE = 24
#: Code points that share a cell; further ones are dropped.
SHARED = 16

_PICTURES = (Kind.WIDE_PICTURE, Kind.JOINING_PICTURE)
_SELECTABLE = (Kind.NARROW_PICTURE, Kind.JOINING_PICTURE)


class Canvas:
    """Writes text at a cursor, wraps and scrolls. What a program says otherwise is for `Screen`."""

    def __init__(self, columns: int = COLUMNS, rows: int = ROWS, widest: int = WIDEST, limit: int = LIMIT) -> None:
        self.columns = columns
        self.height = rows
        self.widest = widest
        #: True once there is more than `limit`; nothing is taken any more.
        self.full = False
        #: Lines that have left the screen, oldest first.
        self.settled: list[Row] = []
        self._limit = self._left = limit
        self._normal = Buffer(rows, widest)
        self._alternate = Buffer(rows, widest)
        self._error = False
        self._start()

    def _start(self) -> None:
        if self._alternate.used:
            self._alternate = Buffer(self.height, self.widest)
        self._normal.saved = Saved()
        self._normal.clear()
        self._buffer = self._normal
        self._pens = {False: PLAIN, True: Style(error=True)}
        self._base = 0  # number of the line at the top of the normal screen
        self._reset_modes()

    def _reset_modes(self) -> None:
        self._insert = self._origin = False
        self._wrap = True
        self._charsets: list[dict[int, int] | None] = [None] * 4
        self._slot = 0
        self._charset: dict[int, int] | None = None
        self._joins: Kind | None = None  # of the character before, while only text has come since

    @property
    def lines(self) -> list[Row]:
        """The settled lines and those on the screen, down to the last that shows something."""
        return [*self.settled, *self._on_screen()]

    def last(self, most: int) -> tuple[list[Row], int]:
        """The last lines of these, so many at most, and how many there are in all."""
        rows = self._on_screen()
        count = len(self.settled) + len(rows)
        if len(rows) < most:
            rows = [*self.settled[len(rows) - most :], *rows]
        return rows[-most:], count

    def _on_screen(self) -> list[Row]:
        rows = self._buffer.rows
        count = len(rows)
        while count and not rows[count - 1].texts and rows[count - 1].fill == PLAIN:
            count -= 1
        return rows[:count]

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row on the screen, from 0."""
        return self._buffer.x, self._buffer.y

    @property
    def _pen(self) -> Style:
        return self._pens[self._error]

    # Text

    def text(self, text: str) -> None:
        """Write printable characters at the cursor."""
        if self.full:
            return
        if self._charset:
            text = text.translate(self._charset)
        buffer = self._buffer
        buffer.row.mend(buffer.x, self._pen)
        if text.isascii() and not self._insert:
            self._narrow(text)
        else:
            for character in text:
                self._character(character)
        row, x = buffer.row, buffer.x
        if row.is_tail(x) and x < self.widest:
            row.put(x, [EMPTY], self._pen)

    def _narrow(self, text: str) -> None:
        """Characters of one column each that join nothing."""
        buffer, at = self._buffer, 0
        while at < len(text):
            if buffer.x >= self.widest:
                if not self._wrap:
                    buffer.row.mend(self.widest - 1, self._pen)
                    buffer.row.put(self.widest - 1, [text[-1]], self._pen)
                    break
                self._wrap_line()
                if self.full:
                    return
            piece = text[at : at + self.widest - buffer.x]
            buffer.row.put(buffer.x, piece, self._pen)
            buffer.x += len(piece)
            at += len(piece)
        self._joins = kind_of(text[-1])

    def _character(self, character: str) -> None:
        kind = kind_of(character)
        if self._joined(character, kind):
            return
        buffer, columns = self._buffer, kind.columns
        if buffer.x + columns > self.widest:
            if self._wrap:
                buffer.row.put(buffer.x, [EMPTY] * (self.widest - buffer.x), self._pen)
                self._wrap_line()
            else:
                if columns == 2:
                    return
                buffer.x = self.widest - 1
                buffer.row.mend(buffer.x, self._pen)
        if self._insert:
            buffer.row.insert(buffer.x, columns, self._pen, self.widest)
        buffer.row.put(buffer.x, [character, TAIL][:columns], self._pen)
        buffer.x += columns
        self._joins = kind

    def _joined(self, character: str, kind: Kind) -> bool:
        """Add the character to the cell before the cursor, if it belongs there. True if nothing is left to do."""
        buffer = self._buffer
        row, place = buffer.row, buffer.x - 1
        if place > 0 and row.is_tail(place):
            place -= 1
        before = row.text(place) if place >= 0 else EMPTY
        if before == EMPTY:
            return kind is Kind.JOINS
        flag = kind is Kind.FLAG and self._joins is Kind.FLAG and len(before) == 1
        if not (
            kind is Kind.JOINS or flag or (self._joins in _PICTURES and before[-1] == JOINER and kind in _PICTURES)
        ):
            return False
        if len(before) < SHARED:
            row.texts[place] = before + character
            wide = flag or (character == PICTURE_SELECTOR and self._joins in _SELECTABLE)
            if wide and place + 1 == buffer.x < self.widest:
                row.put(buffer.x, [TAIL], row.styles[place])
                buffer.x += 1
        return True

    def _wrap_line(self) -> None:
        buffer = self._buffer
        buffer.x = 0
        if buffer.y == buffer.bottom:
            self._scroll(wrapped=True)
        else:
            buffer.y = min(buffer.y + 1, self.height - 1)
            buffer.row.wrapped = True

    def _scroll(self, wrapped: bool = False) -> None:
        """Move the region up by one row. What leaves at the top of the screen is settled."""
        buffer = self._buffer
        if buffer is self._normal and buffer.top == 0:
            self._settle(buffer.rows[0])
        buffer.scroll_up(buffer.top, 1, erased(self._pen))
        buffer.rows[buffer.bottom].wrapped = wrapped

    def _settle(self, row: Row) -> None:
        self._base += 1
        changes = sum(map(Style.__ne__, row.styles, row.styles[1:]))
        plain = "".join(row.texts).isascii()
        self._left -= LINE + len(row.texts) * (1 if plain else FOREIGN) + CHANGE * changes
        if row.fill != PLAIN:
            self._left -= CHANGE + self.columns
        if self._left < 0:
            self.full = True
        else:
            self.settled.append(row)

    def _restrict(self, most: int | None = None) -> None:
        """Have the cursor on the screen, or in the region in origin mode."""
        buffer = self._buffer
        buffer.x = min(buffer.x, self.widest - 1 if most is None else most)
        low, high = (buffer.top, buffer.bottom) if self._origin else (0, self.height - 1)
        buffer.y = min(max(buffer.y, low), high)
