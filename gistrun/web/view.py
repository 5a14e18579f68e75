"""What the templates show of a run: its figures, and the words for a state."""

from __future__ import annotations

from collections.abc import Iterable

from gistrun import figures
from gistrun.checking import lines
from gistrun.model import Phase, Run, State
from gistrun.store import Event

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


def printed(events: Iterable[Event]) -> list[str]:
    """The lines that a program printed on either stream, as they are compared."""
    pieces = [event.data["data"] for event in events if event.name == "output" and event.data["phase"] == Phase.RUN]
    return lines("".join(pieces))


#: What a run did that ended before its program began.
_WHILE = {Phase.INSTALL: "installing packages", Phase.COMPILE: "compiling"}


def figures_of(run: Run) -> list[tuple[str, str]]:
    """The known facts of a run, as terms and values."""
    outcome, checks = run.outcome, run.outcome.checks
    told: list[tuple[str, str | None]] = [
        ("Exit status", None if outcome.exit_code is None else str(outcome.exit_code)),
        ("Signal", outcome.signal),
        ("Checks", None if checks is None else f"{checks.passed} of {checks.passed + checks.failed}"),
        ("Ended while", _WHILE.get(outcome.phase) if run.state.finished and outcome.phase else None),
        ("Duration", None if outcome.duration_ms is None else figures.duration(outcome.duration_ms)),
        ("Installing", None if outcome.install_ms is None else figures.duration(outcome.install_ms)),
        ("Compiling", None if outcome.compile_ms is None else figures.duration(outcome.compile_ms)),
        ("CPU", None if outcome.cpu_ms is None else figures.duration(outcome.cpu_ms)),
        ("Memory", None if outcome.memory_peak_bytes is None else figures.size(outcome.memory_peak_bytes)),
        ("Toolchain", run.toolchain),
    ]
    return [(term, value) for term, value in told if value is not None]
