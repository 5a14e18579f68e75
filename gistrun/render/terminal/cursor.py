"""The cursor of a screen: its moves, its tab stops, and what is erased, inserted and deleted where it is."""

from __future__ import annotations

from collections.abc import Callable

from gistrun.render.terminal.buffer import Saved
from gistrun.render.terminal.canvas import Canvas
from gistrun.render.terminal.row import Row
from gistrun.render.terminal.style import Style, erased


class Cursor(Canvas):
    """What moves the cursor, and what changes the rows and cells where it is. `Screen` knows what asks for it."""

    # Moves

    def _margin(self) -> int:
        """The last column of the cursor's row that a move reaches: where the text ends, or where programs expect it."""
        return min(max(self.columns, len(self._buffer.row.texts)), self.widest) - 1

    def _go(self, x: int, y: int) -> None:
        buffer = self._buffer
        buffer.y = y + (buffer.top if self._origin else 0)
        buffer.x = max(x, 0)
        self._restrict()
        buffer.x = min(buffer.x, self._margin())

    def _move(self, across: int, down: int) -> None:
        buffer = self._buffer
        self._restrict()
        x = buffer.x
        # In origin mode the row counts from the region's top once more, as in xterm.
        self._go(x + across, buffer.y + down)
        if not across:
            buffer.x = x

    def _up(self, count: int, _: int = 0) -> None:
        room = self._buffer.y - self._buffer.top
        self._move(0, -(min(room, count) if room >= 0 else count))

    def _down(self, count: int, _: int = 0) -> None:
        room = self._buffer.bottom - self._buffer.y
        self._move(0, min(room, count) if room >= 0 else count)

    def _right(self, count: int, _: int) -> None:
        self._move(count, 0)

    def _to(self, row: int, column: int) -> None:
        self._go((column or 1) - 1, row - 1)

    def _to_column(self, column: int, _: int) -> None:
        self._go(column - 1, self._buffer.y)

    def _next_line(self, count: int, _: int) -> None:
        self._down(count)
        self._buffer.x = 0

    def _line_before(self, count: int, _: int) -> None:
        self._up(count)
        self._buffer.x = 0

    def _to_row(self, row: int, _: int) -> None:
        x = min(self._buffer.x, self.widest - 1)
        self._go(x, row - 1)
        self._buffer.x = x

    def _feed_line(self) -> None:
        buffer = self._buffer
        buffer.x = 0
        if buffer.y == buffer.bottom:
            self._scroll()
        elif buffer.y < self.height - 1:
            buffer.y += 1
            buffer.row.wrapped = False

    def _index(self) -> None:
        buffer = self._buffer
        self._restrict()
        if buffer.y == buffer.bottom:
            self._scroll()
        else:
            buffer.y = min(buffer.y + 1, self.height - 1)

    def _index_from_start(self) -> None:
        self._buffer.x = 0
        self._index()

    def _index_back(self) -> None:
        buffer = self._buffer
        self._restrict()
        if buffer.y == buffer.top:
            buffer.scroll_down(buffer.top, 1, erased(self._pen))
        else:
            buffer.y -= 1
            self._restrict()

    # Tab stops

    def _tab(self, count: int) -> None:
        buffer = self._buffer
        if buffer.x < self.widest:
            stop = buffer.next_stop(count)
            if stop is None or count > 1:
                stop = max(buffer.x, min(self.widest - 1 if stop is None else stop, self._margin()))
            buffer.x = stop

    def _back_tab(self, count: int, _: int) -> None:
        if self._buffer.x < self.widest:
            self._buffer.x = self._buffer.stop_before(count)

    def _set_stop(self) -> None:
        if self._buffer.x < self.widest:
            self._buffer.set_stop()

    def _clear_stops(self, which: int, _: int) -> None:
        if which == 0:
            self._buffer.clear_stop()
        elif which == 3:
            self._buffer.tabs = ()

    # Saved cursor, and region

    def _save(self) -> None:
        buffer = self._buffer
        base = self._base if buffer is self._normal else 0
        buffer.saved = Saved(buffer.x, base + buffer.y, self._pen, self._charset)

    def _restore(self) -> None:
        buffer = self._buffer
        saved = buffer.saved
        base = self._base if buffer is self._normal else 0
        buffer.x, buffer.y = saved.x, max(saved.line - base, 0)
        self._pens[self._error] = saved.style._replace(error=self._error, link=self._pen.link)
        self._charset = saved.charset
        self._restrict()

    def _set_region(self, top: int, bottom: int) -> None:
        if not 0 < bottom <= self.height:
            bottom = self.height
        if bottom > top:
            self._buffer.top, self._buffer.bottom = top - 1, bottom - 1
            self._go(0, 0)

    # Erasing

    def _erase_display(self, which: int) -> None:
        buffer, fill = self._buffer, erased(self._pen)
        if which == 0:
            self._erase_line(0)
            buffer.rows[buffer.y + 1 :] = [Row(fill) for _ in range(self.height - buffer.y - 1)]
        elif which == 1:
            self._erase_line(1)
            buffer.row.wrapped = False
            if buffer.x + 1 >= self.widest and buffer.y + 1 < self.height:
                buffer.rows[buffer.y + 1].wrapped = False
            buffer.rows[: buffer.y] = [Row(fill) for _ in range(buffer.y)]
        elif which == 2:
            buffer.rows = [Row(fill) for _ in range(self.height)]
        elif which == 3 and buffer is self._normal:
            self.settled.clear()
            self._left = self._limit
            self._base = 0

    def _erase_line(self, which: int) -> None:
        row, x = self._buffer.row, self._buffer.x
        if which in (0, 1, 2):
            start, end = {0: (x, self.widest), 1: (0, x + 1), 2: (0, self.widest)}[which]
            row.erase(start, end, erased(self._pen), self.widest)
            if which != 1 and start == 0:
                row.wrapped = False

    def _erase_cells(self, count: int, _: int) -> None:
        self._restrict()
        x = self._buffer.x
        self._buffer.row.erase(x, min(x + count, self.widest), erased(self._pen), self.widest)

    def _lines_at_cursor(self, count: int, change: Callable[[int, int, Style], None]) -> None:
        buffer = self._buffer
        self._restrict()
        if buffer.top <= buffer.y <= buffer.bottom:
            change(buffer.y, count, erased(self._pen))
            buffer.x = 0

    def _cells_at_cursor(self, change: Callable[[Row, int, int, Style, int], None], count: int) -> None:
        self._restrict()
        change(self._buffer.row, self._buffer.x, count, erased(self._pen), self.widest)
