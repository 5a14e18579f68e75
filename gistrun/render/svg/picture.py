"""A still picture of what a program wrote last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gistrun.render.svg.bar import Heading
from gistrun.render.svg.document import at, document
from gistrun.render.svg.line import line
from gistrun.render.svg.looks import Looks
from gistrun.render.svg.session import Session, Written
from gistrun.render.terminal.pieces import extent
from gistrun.render.terminal.row import Row

#: Bytes of a picture at most. A line of the widest terminal takes less, whatever is in it.
LARGEST = 100_000
#: Lines that are shown, and how many at most.
LINES, MOST_LINES = 24, 100
#: Columns that a terminal may have; those that programs are told; and the fewest where nobody asks for a width.
NARROWEST, WIDEST = 40, 200
_USUAL, _LEAST = 100, 60


@dataclass(frozen=True, slots=True)
class Shape:
    """How much is shown."""

    lines: int = LINES
    #: None: as wide as what is shown needs.
    columns: int | None = None

    @property
    def terminal(self) -> int:
        """The columns at which a terminal wraps."""
        return self.columns or _USUAL

    def width(self, rows: Iterable[Row]) -> int:
        """The columns of a picture with these rows."""
        if self.columns:
            return self.columns
        widest = max((extent(row, _USUAL) for row in rows), default=0)
        return min(max(widest, _LEAST), _USUAL)


def still(heading: Heading, written: Iterable[Written], shape: Shape) -> str:
    """The picture of the last lines: fewer than asked for where they would be more than `LARGEST` bytes."""
    session = Session(shape.terminal)
    for each in written:
        session.write(each)
    rows, _before = session.last(shape.lines)
    columns = shape.width(rows)
    while True:
        looks = Looks()
        body = "".join(at(place, line(row, columns, looks)) for place, row in enumerate(rows))
        made = document(heading, (columns, max(len(rows), 1)), body, looks)
        if len(rows) <= 1 or len(made.encode()) <= LARGEST:
            return made
        rows = rows[(len(rows) + 1) // 2 :]
