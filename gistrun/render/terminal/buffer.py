"""The rows of a screen, its cursor and its scrolling region. A screen has two of these: normal and alternate."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from gistrun.render.terminal.row import Row
from gistrun.render.terminal.style import PLAIN, Style


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving the cursor keeps. `line` counts from the first line ever."""

    x: int = 0
    line: int = 0
    style: Style = PLAIN
    charset: dict[int, int] | None = None


class Buffer:
    """Rows that scroll within a region."""

    def __init__(self, rows: int, widest: int) -> None:
        self._height = rows
        self._widest = widest
        self.saved = Saved()
        #: True once it has been shown.
        self.used = False
        self.clear()

    def clear(self, fill: Style = PLAIN) -> None:
        """Empty rows, the whole region, the usual tab stops. The saved cursor stays."""
        self.rows = [Row(fill) for _ in range(self._height)]
        self.x = self.y = self.top = 0
        self.bottom = self._height - 1
        self.tabs: Sequence[int] = range(0, self._widest, 8)

    @property
    def row(self) -> Row:
        """The row with the cursor."""
        return self.rows[self.y]

    def scroll_up(self, top: int, count: int, fill: Style) -> None:
        """Move the rows from `top` to the region's end up; empty ones follow."""
        count = min(count, self.bottom - top + 1)
        self.rows[top : self.bottom + 1] = [
            *self.rows[top + count : self.bottom + 1],
            *(Row(fill) for _ in range(count)),
        ]

    def scroll_down(self, top: int, count: int, fill: Style) -> None:
        """Move the rows from `top` to the region's end down; empty ones come first."""
        count = min(count, self.bottom - top + 1)
        self.rows[top : self.bottom + 1] = [
            *(Row(fill) for _ in range(count)),
            *self.rows[top : self.bottom + 1 - count],
        ]

    def next_stop(self, count: int) -> int | None:
        """The column of the tab stop so many further; None behind the last."""
        place = bisect_right(self.tabs, self.x) + count - 1
        return self.tabs[place] if place < len(self.tabs) else None

    def stop_before(self, count: int) -> int:
        """The column of the tab stop so many back, 0 before the first."""
        place = bisect_left(self.tabs, self.x) - count
        return self.tabs[place] if place >= 0 else 0

    def set_stop(self) -> None:
        """A tab stop at the cursor."""
        place = bisect_left(self.tabs, self.x)
        if self.x not in self.tabs[place : place + 1]:
            self.tabs = [*self.tabs[:place], self.x, *self.tabs[place:]]

    def clear_stop(self) -> None:
        """No tab stop at the cursor."""
        place = bisect_left(self.tabs, self.x)
        if self.x in self.tabs[place : place + 1]:
            self.tabs = [*self.tabs[:place], *self.tabs[place + 1 :]]
