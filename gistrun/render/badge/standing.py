"""What a badge says of a gist: the words, and their colour."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from gistrun.figures import duration
from gistrun.model import Outcome, Run, State

#: Between the parts of a message.
_BETWEEN = " · "
#: No colour has this name, neither in CSS nor at shields.io.
AMBER = "ffbf00"


@dataclass(frozen=True, slots=True)
class Standing:
    """The words, and shields.io's name of the colour or its digits."""

    message: str
    color: str
    #: It says nothing about the gist, because of an error of ours.
    is_error: bool = False


STANDINGS = {
    State.QUEUED: Standing("queued", "yellow"),
    State.RUNNING: Standing("running", "yellow"),
    State.PASSED: Standing("passing", "brightgreen"),
    State.FAILED: Standing("failing", "red"),
    State.TIMED_OUT: Standing("timed out", "red"),
    State.OUT_OF_MEMORY: Standing("out of memory", "red"),
    State.OUTPUT_LIMIT: Standing("too much output", "orange"),
    State.ERROR: Standing("error", "lightgrey", is_error=True),
}
NOT_RUNNABLE = Standing("not runnable", "lightgrey")
NOT_FOUND = Standing("not found", "lightgrey")


def standing_of(outcome: Outcome) -> Standing:
    """What a badge says of that outcome: the state, or `2/3` of a gist that checks itself."""
    standing = STANDINGS[outcome.state]
    return replace(standing, message=_checks(outcome) or standing.message)


def changed(before: str, now: str) -> Standing:
    """What a badge says where a program ends otherwise on the toolchain `now` than it did on the one before."""
    return Standing(f"changed on {_as_far_as_it_differs(before, now)}", AMBER)


def with_details(standing: Standing, run: Run, wanted: Iterable[str]) -> Standing:
    """The standing, and what else is wanted of the run, by the names of `DETAILS`; other names have no effect."""
    names = [name for name in dict.fromkeys(wanted) if name in DETAILS]
    if "checks" in names and standing == standing_of(run.outcome):
        standing = STANDINGS[run.state]  # the count has a place of its own
    details = (DETAILS[name](run) for name in names)
    return replace(standing, message=_BETWEEN.join([standing.message, *filter(None, details)]))


def _checks(outcome: Outcome) -> str | None:
    checks = outcome.checks
    if checks is None or outcome.state not in (State.PASSED, State.FAILED) or not checks.passed + checks.failed:
        return None
    return f"{checks.passed}/{checks.passed + checks.failed}"


def _time(run: Run) -> str | None:
    return None if run.outcome.duration_ms is None else duration(run.outcome.duration_ms)


def _version(run: Run) -> str | None:
    """The language's version as the gist may choose it, or else the toolchain's."""
    found = re.search(r"(?<!\S)v?(\d\S*)$", run.toolchain or "")
    return run.version or (found[1] if found else None)


#: What `show` may add to a badge, each as a text or None where it is not known.
DETAILS: dict[str, Callable[[Run], str | None]] = {
    "time": _time,
    "toolchain": lambda run: run.toolchain,
    "revision": lambda run: run.revision[:7],
    "checks": lambda run: _checks(run.outcome),
    "version": _version,
}


def _as_far_as_it_differs(before: str, now: str) -> str:
    """`Python 3.14` of 3.14.2 after 3.13.5, but `Python 3.14.2` after 3.14.1."""
    parts, older = now.split("."), before.split(".")
    differs = (place for place, part in enumerate(parts) if older[place : place + 1] != [part])
    return ".".join(parts[: max(next(differs, len(parts)) + 1, 2)])
