"""The terminals of a run: each of its phases has one, and they stand one below the other."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from gistrun.render.terminal.plain import plain
from gistrun.render.terminal.row import Row
from gistrun.render.terminal.screen import Screen

#: Characters of output that are looked at, the last ones. A hundred lines of a hundred columns have a sixth of it.
TAIL = 64 * 1024
#: Columns of a sentence of ours where nobody asks for a width.
_SAID = 60


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of what a program wrote."""

    #: Seconds since its phase began.
    t: float
    phase: str
    error: bool
    text: str


class Session:
    """The terminals, so many columns wide."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._screens: dict[str, Screen] = {}

    def write(self, written: Written) -> None:
        """Have a phase's terminal obey that."""
        if written.phase not in self._screens:
            self._screens[written.phase] = Screen(columns=self._columns, widest=self._columns)
        self._screens[written.phase].write(written.error, written.text)

    def last(self, most: int) -> tuple[list[Row], int]:
        """The last rows, so many at most, and how many there are before them."""
        rows: list[Row] = []
        whole = 0
        for screen in reversed(self._screens.values()):
            some, count = screen.last(most)
            rows = [*some, *rows][-most:]
            whole += count
        return rows, whole - len(rows)


def tail(backwards: Iterable[Written]) -> list[Written]:
    """The end of what was written, in its order: `TAIL` characters at most, where possible from the start of a line.

    Args:
        backwards: the pieces, the last one first. Not all of them are taken.
    """
    return list(_tail(backwards))[::-1]


def _tail(backwards: Iterable[Written]) -> Iterator[Written]:
    left = TAIL
    for written in backwards:
        if len(written.text) < left:
            left -= len(written.text)
            yield written
            continue
        kept = written.text[-left:]
        yield replace(written, text=kept.partition("\n")[2] if "\n" in kept else kept)
        return


def said(sentence: str, columns: int | None) -> Written:
    """A sentence of ours, dim and wrapped at words, below what a program wrote."""
    lines = textwrap.wrap(plain(sentence), columns or _SAID)
    return Written(0, "said", False, "".join(f"\x1b[2m{line}\n" for line in lines))
