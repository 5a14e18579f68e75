"""What a visitor asks for, and what the visitor is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gistrun.errors import Refused
from gistrun.model.gist import Gist
from gistrun.model.program import Request
from gistrun.model.run import Run


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visitor asks for."""

    gist: str
    #: A pinned revision, or None for the latest.
    revision: str | None = None
    request: Request = field(default_factory=Request)
    #: Run again even if a result is kept. The kept result stays until the new run has ended.
    rerun: bool = False
    #: With a rerun: have its packages resolved anew.
    todays_packages: bool = False
    #: Ask GitHub first if the last check is older than the check interval; see `freshness.gists`.
    fresh: bool = False
    #: Who waits for the run, because workers serve visitors in turn; "" if nobody waits.
    visitor: str = ""
    #: Is called before a new run is created, and raises TooManyRuns to refuse it.
    admit: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Opened:
    """What a visitor is shown."""

    gist: Gist
    #: The run to show: kept, under way or just created; None if nothing can be run.
    run: Run | None = None
    #: True if the run had ended before this visit.
    cached: bool = False
    #: Why nothing is run, or None.
    refusal: Refused | None = None
    #: A sentence about the gist for the visitor, for example that GitHub is down and how old this version is; or None.
    notice: str | None = None
