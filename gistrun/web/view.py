"""What the templates show: a gist's files, a run's figures, and the words for a state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gistrun import figures, languages
from gistrun.address import file_anchors
from gistrun.checking import lines
from gistrun.languages import Language
from gistrun.model import Gist, GistFile, Phase, Run, State
from gistrun.render.source import HIGHLIGHTED, SHOWN, Source, source
from gistrun.store import Event

#: What one page shows of all files: bytes, with so many more for each line. The file that runs is always shown.
_ROOM = 2 * 2**20
_LINE = 64
#: A file with more lines than this begins closed, unless it is the one that runs.
_OPEN_LINES = 400

#: The page's words for the state of a run.
WORDS = {
    State.QUEUED: "queued",
    State.RUNNING: "running",
    State.PASSED: "passed",
    State.FAILED: "failed",
    State.TIMED_OUT: "timed out",
    State.OUT_OF_MEMORY: "out of memory",
    State.OUTPUT_LIMIT: "too much output",
    State.ERROR: "error",
}


@dataclass(frozen=True, slots=True)
class FileView:
    """One file as the page shows it."""

    name: str
    #: GitHub's own anchor for it, so that fragments of gist URLs work here.
    anchor: str
    size: int
    #: None: not text, or beyond what one page shows (`left_out`).
    source: Source | None
    left_out: bool
    runnable: bool
    entry: bool
    open: bool


def file_views(gist: Gist, entry: str | None, known: dict[str, Language]) -> list[FileView]:
    """The files in GitHub's order; `entry` is the name of the one that runs."""
    views: list[FileView] = []
    anchors = file_anchors(file.name for file in gist.files)
    room = _ROOM
    to_highlight = HIGHLIGHTED
    for file, anchor in zip(gist.files, anchors, strict=True):
        is_entry = file.name == entry
        left_out = not is_entry and min(file.size, SHOWN) > room
        text = None
        if not left_out:
            text = source(file.name, file.content, file.language, is_entry or file.size <= to_highlight)
            to_highlight -= file.size
        if text and not is_entry and _cost(file, text) > room:
            text, left_out = None, True
        room -= _cost(file, text) if text else 0
        views.append(
            FileView(
                name=file.name,
                anchor=anchor,
                size=file.size,
                source=text,
                left_out=left_out,
                runnable=languages.language_of(file, known) is not None,
                entry=is_entry,
                open=is_entry or (text is not None and len(text.lines) <= _OPEN_LINES),
            )
        )
    return views


def _cost(file: GistFile, text: Source) -> int:
    return min(file.size, SHOWN) + _LINE * len(text.lines)


def printed(events: Iterable[Event]) -> list[str]:
    """The lines that a program printed on either stream, as they are compared."""
    pieces = [event.data["data"] for event in events if event.name == "output" and event.data["phase"] == Phase.RUN]
    return lines("".join(pieces))


def figures_of(run: Run) -> list[tuple[str, str]]:
    """The known facts of a run, as terms and values."""
    outcome, checks = run.outcome, run.outcome.checks
    told: list[tuple[str, str | None]] = [
        ("Exit status", None if outcome.exit_code is None else str(outcome.exit_code)),
        ("Signal", outcome.signal),
        ("Checks", None if checks is None else f"{checks.passed} of {checks.passed + checks.failed}"),
        ("Ended while", "compiling" if run.state.finished and outcome.phase is Phase.COMPILE else None),
        ("Duration", None if outcome.duration_ms is None else figures.duration(outcome.duration_ms)),
        ("Compiling", None if outcome.compile_ms is None else figures.duration(outcome.compile_ms)),
        ("CPU", None if outcome.cpu_ms is None else figures.duration(outcome.cpu_ms)),
        ("Memory", None if outcome.memory_peak_bytes is None else figures.size(outcome.memory_peak_bytes)),
        ("Toolchain", run.toolchain),
    ]
    return [(term, value) for term, value in told if value is not None]
