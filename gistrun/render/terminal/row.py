"""One row of cells."""

from __future__ import annotations

from gistrun.render.terminal.style import PLAIN, Style

#: The text of a cell that nothing was written to, and of the second cell of a wide character.
EMPTY = "\0"
TAIL = ""


class Row:
    """Cells from the left on. What lies behind the last one is empty, with the background of `fill`."""

    __slots__ = ("fill", "styles", "texts", "wrapped")

    def __init__(self, fill: Style = PLAIN, wrapped: bool = False) -> None:
        self.texts: list[str] = []
        self.styles: list[Style] = []
        self.fill = fill
        #: True if the row goes on from the one above: no line ended between them.
        self.wrapped = wrapped

    def text(self, place: int) -> str:
        """What the cell there holds."""
        return self.texts[place] if place < len(self.texts) else EMPTY

    def is_tail(self, place: int) -> bool:
        """Whether the second half of a wide character is there."""
        return place < len(self.texts) and self.texts[place] == TAIL

    def put(self, place: int, texts: list[str] | str, style: Style) -> None:
        """Write cells from that place on, one for each item."""
        self.reach(place)
        end = place + len(texts)
        self.texts[place:end] = texts
        self.styles[place:end] = [style] * len(texts)

    def reach(self, place: int) -> None:
        """Have all cells before that place."""
        missing = place - len(self.texts)
        if missing > 0:
            self.texts += [EMPTY] * missing
            self.styles += [self.fill] * missing

    def mend(self, place: int, style: Style) -> None:
        """Empty the halves of a wide character that a cut before that place leaves."""
        if place > 0 and self.is_tail(place):
            self.texts[place - 1 : place + 1] = [EMPTY, EMPTY]
            self.styles[place - 1 : place + 1] = [style, style]

    def erase(self, start: int, end: int, style: Style, columns: int) -> None:
        """Empty cells; up to the end of the row if `end` is not before `columns`."""
        self.mend(start, style)
        if end >= columns:
            self.reach(start)
            del self.texts[start:], self.styles[start:]
            self.fill = style
        elif start < end:
            self.mend(end, style)
            self.put(start, [EMPTY] * (end - start), style)

    def insert(self, place: int, count: int, style: Style, columns: int) -> None:
        """Insert empty cells; what reaches beyond the last column is lost."""
        if count >= columns - place:
            self.erase(place, columns, style, columns)
            return
        self.mend(place, style)
        if place >= len(self.texts):
            if style != self.fill:
                self.put(place, [EMPTY] * count, style)
            return
        self.texts[place:place] = [EMPTY] * count
        self.styles[place:place] = [style] * count
        self.mend(columns, style)
        del self.texts[columns:], self.styles[columns:]

    def delete(self, place: int, count: int, style: Style, columns: int) -> None:
        """Delete cells; empty ones follow from the right."""
        if count >= columns - place:
            self.erase(place, columns, style, columns)
            return
        self.mend(place, style)
        self.mend(place + count, style)
        if style != self.fill:
            self.reach(columns)
            self.fill = style
        del self.texts[place : place + count], self.styles[place : place + count]
