"""Comma- and tab-separated values as a table. Pure."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import islice

from gistrun.render.notshown import NotShown

#: Characters of a text that is read.
_LONGEST = 2**20
#: Rows, columns, and characters of a cell that are shown, and cells together.
_ROWS, _COLUMNS, _CELL, _CELLS = 500, 60, 500, 10_000
#: What may stand between two values besides a comma, where the first line has no comma.
_OTHERS = ";\t|"


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text. Every row has as many as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    #: How many there are besides those.
    more_rows: int
    more_columns: int


def table(text: str, tabs: bool) -> Table:
    """The table; `tabs`: the file's name says that tabs stand between the values.

    Raises:
        NotShown: it is too long, or not well formed.
    """
    if len(text) > _LONGEST:
        raise NotShown(f"it is longer than {_LONGEST // 2**20} MB")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, tabs), strict=True)
    try:
        header = next(reader, [])
        if not header:
            raise NotShown("its first line is empty")
        columns = min(len(header), _COLUMNS)
        rows = list(islice((row for row in reader if row), min(_ROWS, _CELLS // columns)))
        more_rows = sum(1 for row in reader if row)
    except csv.Error:
        raise NotShown(f"line {reader.line_num} has a quotation mark out of place, or a very long value") from None
    widest = max(len(row) for row in (header, *rows))
    columns = min(max(columns, widest), _COLUMNS)
    return Table(_cells(header, columns), tuple(_cells(row, columns) for row in rows), more_rows, widest - columns)


def _delimiter(text: str, tabs: bool) -> str:
    first = text.partition("\n")[0][:10_000]
    if tabs or "," in first:
        return "\t" if tabs else ","
    return max(_OTHERS, key=first.count) if any(other in first for other in _OTHERS) else ","


def _cells(row: list[str], columns: int) -> tuple[str, ...]:
    shown = [cell if len(cell) <= _CELL else f"{cell[:_CELL]}…" for cell in row[:columns]]
    return (*shown, *[""] * (columns - len(shown)))
