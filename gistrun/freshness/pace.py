"""How many checks a second GitHub's budget bears. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

#: Checks a second at most. GitHub asks for requests one after the other, and for fewer than 15 a second.
_FASTEST = 5.0
#: The pace is corrected after so many seconds and checks, and in any case after so many seconds.
_CORRECTED_S, _CORRECTED_CHECKS, _CORRECTED_AT_LAST_S = 30.0, 20, 600.0
#: GitHub's servers name slightly different times for the end of the same hour.
_SAME_HOUR = timedelta(minutes=1)


class Budget(Protocol):
    """What is left of GitHub's limit."""

    @property
    def remaining(self) -> int: ...
    @property
    def reserve(self) -> int: ...
    @property
    def reset(self) -> datetime: ...


class Pace:
    """Learns the pace that the budget bears until its reset; the reserve is left to visitors.

    An answer that nothing has changed is free with a token. Other answers cost, and other programs may use the same
    budget. So the pace is learnt from what is left: slower when that would not last, faster when it would.
    """

    def __init__(self) -> None:
        self._pace = 0.0
        self._then: tuple[datetime, Budget] | None = None

    def now(self, budget: Budget | None, now: datetime) -> float:
        """Checks a second from now on."""
        if budget is None:
            return self._pace or _FASTEST  # the first answer will tell
        spare = max(budget.remaining - budget.reserve, 0)
        if not spare:
            return 0.0
        lasting = spare / max((budget.reset - now).total_seconds(), 1.0)
        if self._then is None or budget.reset - self._then[1].reset > _SAME_HOUR:
            # A new hour begins with the faster of two paces: what lasts if every check costs, or what was learnt.
            self._pace = min(max(self._pace, lasting), _FASTEST)
            self._then = now, budget
        began, before = self._then
        seconds = (now - began).total_seconds()
        enough = seconds >= _CORRECTED_S and seconds * self._pace >= _CORRECTED_CHECKS
        if enough or seconds >= _CORRECTED_AT_LAST_S:
            spent = max(before.remaining - budget.remaining, 0) / seconds
            factor = min(max(lasting / spent, 0.5), 2.0) if spent else 2.0
            self._pace = min(self._pace * factor, _FASTEST)
            self._then = now, budget
        return self._pace
