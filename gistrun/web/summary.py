"""What a page says of a run beside its output: figures, places in the files, differences from what was expected."""

from __future__ import annotations

from dataclasses import dataclass, field

from gistrun import figures, languages
from gistrun.address import file_anchors
from gistrun.checking import compared
from gistrun.errors import Refused
from gistrun.model import Gist, Phase, Request, Run, State, Stream
from gistrun.render.cause import Cause, cause
from gistrun.render.difference import Line, difference
from gistrun.render.places import Files, Place, places
from gistrun.render.source import lines_of, visible
from gistrun.render.terminal import plain
from gistrun.store import Event
from gistrun.web.ending import Ending, ending
from gistrun.web.services import services
from gistrun.web.view import figures_of

_BRIEF = frozenset({"Exit status", "Signal", "Checks", "Duration", "Memory", "Toolchain"})


@dataclass(frozen=True, slots=True)
class Difference:
    """How the output differs from the file of that name."""

    name: str
    lines: list[Line]
    #: Whether these are all.
    complete: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """What the page says of a run."""

    #: All known facts, as terms and values.
    figures: list[tuple[str, str]]
    #: Where a queued run stands in the queue, as a sentence; None where it waits for something else.
    place: str | None = None
    #: For how long a running one has run.
    elapsed: str | None = None
    #: How it ended; None where that needs no words.
    ending: Ending | None = None
    difference: Difference | None = None
    #: Lines that the output of a program that failed names, besides that of the ending.
    places: list[Place] = field(default_factory=list)
    #: The gist's files.
    files: Files = field(default_factory=lambda: Files({}))

    @property
    def brief(self) -> list[tuple[str, str]]:
        """Those that are always in sight."""
        return [(term, value) for term, value in self.figures if term in _BRIEF]


def summary_of(run: Run, gist: Gist | None, events: list[Event]) -> Summary:
    """What the page says of a run of that gist with these events."""
    if not run.state.finished:
        return _summary_of_active(run)
    if gist is None or run.state is not State.FAILED:
        return Summary(figures_of(run), ending=ending(run, None))
    names = [visible(file.name) for file in gist.files]
    files = Files(
        dict(zip(names, file_anchors(file.name for file in gist.files), strict=True)),
        {file.name: lines_of(file.content) for file in gist.files},
    )
    printed = plain("".join(event.data["data"] for event in events if event.of_program))
    found = cause(printed, names, compiling=run.outcome.phase is Phase.COMPILE)
    ended = ending(run, found)
    return Summary(
        figures_of(run),
        ending=ended,
        difference=_difference(run, gist, events),
        places=_others(
            [place for place in places(printed, names) if files.address(place)],
            found,
            told=ended is not None and ended.cause is not None,
        ),
        files=files,
    )


def _others(named: list[Place], found: Cause | None, *, told: bool) -> list[Place]:
    """The places that are listed: the cause leads, if it is not told already."""
    if found is None:
        return named
    others = [place for place in named if place != found.place]
    return others if told else [found.place, *others]


def _summary_of_active(run: Run) -> Summary:
    around = services()
    before = around.runs.line.before(run.id) if run.state is State.QUEUED else None
    place = None if before is None else figures.runs_before(before)
    seconds = (around.now() - run.started_at).total_seconds() if run.started_at else None
    elapsed = None if seconds is None else figures.elapsed(seconds)
    return Summary(figures_of(run), place=place, elapsed=elapsed)


def _difference(run: Run, gist: Gist, events: list[Event]) -> Difference | None:
    """How the output differs from what the gist expects; None if nothing is expected, or nothing differs."""
    if run.outcome.checks is None:
        return None
    try:
        program = languages.choose(gist, Request(run.file, version=run.version), services().known)
    except Refused:
        return None
    file = gist.file(program.expected) if program.expected else None
    if file is None:
        return None
    printed = "".join(
        event.data["data"]
        for event in events
        if event.name == "output" and event.data["stream"] == Stream.STDOUT and event.data["phase"] == Phase.RUN
    )
    shown, complete = difference(*compared(file.content.decode("utf-8", "replace"), printed))
    return Difference(file.name, shown, complete) if shown else None
