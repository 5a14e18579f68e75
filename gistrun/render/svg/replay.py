"""A moving picture: the output in its own time, as rules of CSS.

All lines that are ever seen stand below each other in the document, each at its own place, with the moments at which it
comes and goes; what scrolls is the window. So a line is there once, however far it scrolls. Without the rules, as for
readers who want nothing to move, the document is the still picture of the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from gistrun.render.svg.bar import Heading
from gistrun.render.svg.document import at, document
from gistrun.render.svg.line import HEIGHT, line
from gistrun.render.svg.looks import Looks
from gistrun.render.svg.picture import LARGEST, Shape, still
from gistrun.render.svg.session import Session, Written
from gistrun.render.terminal.row import Row
from gistrun.render.terminal.style import Style

#: Seconds: a pause is no longer, two pictures are so far apart, all of it takes no longer, and the end stays so long.
_PAUSE, _APART, _LONGEST, _END = 2.0, 0.08, 20.0, 3.0
#: How often it is played. Then the end stays.
_TIMES = 3
#: How many pictures there are at most; and which of them are taken, all or fewer where they would be too many bytes.
_COUNT = 64
_APART_BY = (1, 3, 8, 21)

_Cells = tuple[tuple[str, ...], tuple[Style, ...], Style]


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is seen from a moment on: rows by their number, from the first one of the window on."""

    at: float
    first: int
    rows: list[Row]


@dataclass(slots=True)
class _Shown:
    """A line at its place, from one frame on, until another one or to the end."""

    row: int
    line: str
    begins: int
    ends: int | None = None


class _TooMuch(Exception):
    """The lines are more bytes than a picture may have."""


def replay(heading: Heading, written: Sequence[Written], shape: Shape, pause: Callable[[], None]) -> str:
    """The moving picture; a still one of what came all at once, or changes too much.

    Args:
        pause: is called now and then, so that others are served meanwhile.
    """
    frames = list(_frames(_grouped(_moments(written)), shape, pause))
    for apart in _APART_BY:
        # The end is always one of them.
        some = frames[::-1][::apart][::-1]
        if len(some) < 2:
            break
        pause()
        with suppress(_TooMuch):
            made = _Film(shape).made(heading, some)
            if len(made.encode()) <= LARGEST:
                return made
    return still(heading, written, shape)


def _moments(written: Sequence[Written]) -> list[tuple[float, Written]]:
    """Each piece with its second. A phase follows the one before; long pauses are cut, and all of it is squeezed."""
    made: list[tuple[float, Written]] = []
    phase, began, last, now = None, 0.0, 0.0, 0.0
    for each in written:
        if each.phase != phase:
            phase, began = each.phase, last
        moment = max(began + each.t, last)
        now += min(moment - last, _PAUSE)
        last = moment
        made.append((now, each))
    squeezed = min(1.0, _LONGEST / now) if now else 1.0
    return [(moment * squeezed, each) for moment, each in made]


def _grouped(moments: list[tuple[float, Written]]) -> Iterator[tuple[float, list[Written]]]:
    """What came at about the same time, `_COUNT` groups and the rest."""
    apart = max(_APART, moments[-1][0] / _COUNT) if moments else _APART
    group: list[Written] = []
    begins = last = 0.0
    for moment, each in moments:
        if group and moment - begins >= apart:
            yield last, group
            group = []
        if not group:
            begins = moment
        last = moment
        group.append(each)
    if group:
        yield last, group


@dataclass(slots=True)
class _Film:
    """One attempt to draw the moving picture."""

    shape: Shape
    _looks: Looks = field(default_factory=Looks)
    _known: dict[_Cells, str] = field(default_factory=dict)
    _bytes: int = 0

    def made(self, heading: Heading, frames: list[_Frame]) -> str:
        """The document.

        Raises:
            _TooMuch
        """
        columns = self.shape.width([row for frame in frames for row in frame.rows])
        top = min(frame.first for frame in frames)
        shown = self._lines(frames, columns)
        end = frames[-1]
        lines = max(len(frame.rows) for frame in frames) or 1
        motion = _Motion([frame.at for frame in frames])
        body = "".join(motion.line(each, at(each.row - top, each.line)) for each in shown)
        scrolled = [(frame.first - top) * HEIGHT for frame in frames]
        body = f'<g class="a s" transform="translate(0 -{(end.first - top) * HEIGHT})">{body}</g>'
        return document(heading, (columns, lines), body, self._looks, motion.rules(scrolled))

    def _lines(self, frames: list[_Frame], columns: int) -> list[_Shown]:
        """Every line that is seen, with when it comes and goes. What has left the window stays as it was.

        Raises:
            _TooMuch
        """
        there: dict[int, _Shown] = {}
        shown: list[_Shown] = []
        for number, frame in enumerate(frames):
            end = frame.first + len(frame.rows)
            for row in [row for row in there if row >= end]:
                there.pop(row).ends = number
            for row, cells in enumerate(frame.rows, frame.first):
                drawn = self._drawn(cells, columns)
                before = there.get(row)
                if before and before.line == drawn:
                    continue
                if before:
                    before.ends = number
                there[row] = _Shown(row, drawn, number)
                shown.append(there[row])
                self._bytes += len(drawn)
                if self._bytes > LARGEST:
                    raise _TooMuch
        return [each for each in shown if each.line]

    def _drawn(self, row: Row, columns: int) -> str:
        key = (tuple(row.texts), tuple(row.styles), row.fill)
        if key not in self._known:
            self._known[key] = line(row, columns, self._looks)
        return self._known[key]


def _frames(groups: Iterable[tuple[float, list[Written]]], shape: Shape, pause: Callable[[], None]) -> Iterator[_Frame]:
    session = Session(shape.terminal)
    last = -_APART
    for moment, group in groups:
        for each in group:
            session.write(each)
            pause()
        rows, first = session.last(shape.lines)
        last = max(moment, last + _APART)
        yield _Frame(last, first, [_copy(row) for row in rows])


def _copy(row: Row) -> Row:
    """The row as it is now: the terminal goes on writing in its own."""
    made = Row(row.fill, row.wrapped)
    made.texts, made.styles = row.texts[:], row.styles[:]
    return made


class _Motion:
    """The rules that make frames of classes: `iN` comes with frame N, `oN` goes with it, `s` scrolls."""

    def __init__(self, times: list[float]) -> None:
        self._seconds = times[-1] + _END
        self._times = times
        self._come: set[int] = set()
        self._go: set[int] = set()

    def line(self, shown: _Shown, elements: str) -> str:
        """The elements of a line, with its classes."""
        if shown.ends is not None:
            self._go.add(shown.ends)
            elements = f'<g class="a o{shown.ends}">{elements}</g>'
        self._come.add(shown.begins)
        # What is not there at the end is not in the still picture either.
        gone = "" if shown.ends is None else "x "
        return f'<g class="{gone}a i{shown.begins}">{elements}</g>'

    def rules(self, scrolled: list[int]) -> str:
        """The rules, with the pixels that each frame is scrolled by."""
        steps = "".join(f"{self._share(n)}{{transform:translateY(-{y}px)}}" for n, y in enumerate(scrolled))
        rules = [f".a{{animation:{self._seconds:.2f}s step-end {_TIMES}}}.s{{animation-name:s}}"]
        rules.append(f"@keyframes s{{0%{{transform:translateY(0)}}{steps}}}")
        for n in sorted(self._come):
            rules.append(f".i{n}{{animation-name:i{n}}}@keyframes i{n}{{0%{{visibility:hidden}}")
            rules.append(f"{self._share(n)}{{visibility:visible}}to{{visibility:visible}}}}")
        for n in sorted(self._go):
            rules.append(f".o{n}{{animation-name:o{n}}}@keyframes o{n}{{0%{{opacity:1}}")
            rules.append(f"{self._share(n)},to{{opacity:0}}}}")
        return "".join(rules)

    def _share(self, frame: int) -> str:
        return f"{100 * self._times[frame] / self._seconds:.2f}%"
