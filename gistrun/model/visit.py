"""What somebody asks for, and what they are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gistrun.errors import Refused
from gistrun.model.gist import Gist
from gistrun.model.run import Request, Run


@dataclass(frozen=True, slots=True)
class Visit:
    """What somebody asks for."""

    gist: str
    #: Pins a revision; None is the latest.
    revision: str | None = None
    request: Request = field(default_factory=Request)
    #: Run again although a result is kept. The kept one stays until the new run has ended.
    rerun: bool = False
    #: Ask GitHub first when the last check is older than the check interval; see `freshness.gists`.
    fresh: bool = False
    #: Names who waits for the run, since visitors take turns; "" when nobody waits.
    visitor: str = ""
    #: Called before a new run is created; raises TooManyRuns to refuse it.
    admit: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Opened:
    """What a visitor is shown."""

    gist: Gist
    #: The run to show: kept, under way or just created; None when nothing can be run.
    run: Run | None = None
    #: True when the run had ended before this visit.
    cached: bool = False
    #: Why nothing is run, when nothing is.
    refusal: Refused | None = None
    #: What the visitor should know about the gist shown, such as that GitHub is down and how old this is.
    notice: str | None = None
