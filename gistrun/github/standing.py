"""The state of an account at GitHub, as values: its limits, how long GitHub asks us to wait, whether GitHub answers.

Facts are from https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api and
https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

#: Seconds that a limit holds when GitHub does not say how long ("wait for at least one minute"), and the most that we
#: believe of any header: the length of GitHub's window.
LIMITED_S = 60
WINDOW_S = 3600
#: Seconds after which asking again makes sense when a single request has failed.
HICCUP_S = 30
#: Resets that differ by less than this belong to one window: GitHub's servers differ by a second or two.
SAME_WINDOW_S = 5
#: A limit within so many seconds after the last one makes the next wait twice as long.
_AGAIN_S = 600
#: One request in so many is reserved for visitors: the background stops before it uses those.
_RESERVED = 4

#: The circuit breaker opens after so many failures in a row.
FAILURES = 3
#: Seconds for which it stays open the first time, and at most. Each failed probe doubles the time.
_OPEN_S, _OPEN_LONGEST_S = 10, 300
#: Seconds that one probe may take before another process may probe: longer than a connection and an answer take.
PROBE_S = 25


@dataclass(frozen=True, slots=True)
class Budget:
    """The primary limit of an account, as GitHub's last answer gave it."""

    limit: int
    remaining: int
    #: When `remaining` is `limit` again.
    reset: datetime

    @property
    def reserve(self) -> int:
        """Requests that are reserved for visitors."""
        return self.limit // _RESERVED

    def as_json(self) -> dict[str, Any]:
        return {"limit": self.limit, "remaining": self.remaining, "reset": self.reset.isoformat()}


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of an account at GitHub. Times are seconds since the epoch; 0 and "" where nothing is known.

    `failures`, `open_until` and `opened_at` are a circuit breaker. It is closed while there are few failures, open
    until `open_until`, and half-open afterwards: then one request at a time may probe whether GitHub answers again.
    """

    limit: int = 0
    remaining: int = 0
    reset: float = 0.0
    #: GitHub must not be asked before this time; the sentence says why.
    closed_until: float = 0.0
    because: str = ""
    #: How many limits GitHub has set in a row.
    strikes: int = 0
    #: Requests in a row that GitHub did not answer.
    failures: int = 0
    #: No request is made before this time, because of those failures or because somebody else is probing.
    open_until: float = 0.0
    #: When the last failure opened the breaker.
    opened_at: float = 0.0

    def with_budget(self, limit: int, remaining: int, reset: float) -> Standing:
        """After an answer with these figures. The smallest of one window counts: answers may overtake each other."""
        same_window = limit == self.limit and abs(reset - self.reset) <= SAME_WINDOW_S
        least = min(remaining, self.remaining) if same_window else remaining
        return replace(self, limit=limit, remaining=least, reset=reset)

    def limited(self, now: float, seconds: int | None, because: str) -> Standing:
        """After GitHub asked us to wait, for `seconds` if it said how long. The longest wait counts.

        Otherwise for a minute, and twice as long each time that GitHub asks again soon afterwards ("an exponentially
        increasing amount of time").
        """
        strikes = self.strikes
        if self.closed_until <= now:  # otherwise another request was given the same limit
            strikes = strikes + 1 if now - self.closed_until < _AGAIN_S else 0
        until = now + (seconds or min(LIMITED_S * 2**strikes, WINDOW_S))
        return replace(self, closed_until=max(until, self.closed_until), because=because, strikes=strikes)

    def budget(self, now: float) -> Budget | None:
        """The primary limit, or None when it is not known or its hour is over."""
        if not self.limit or self.reset <= now:
            return None
        return Budget(self.limit, self.remaining, datetime.fromtimestamp(self.reset, UTC))

    # The circuit breaker

    def open_for(self, now: float) -> float:
        """Seconds for which the breaker still is open; 0 when GitHub may be asked."""
        return max(self.open_until - now, 0.0) if self.failures >= FAILURES else 0.0

    def is_half_open(self, now: float) -> bool:
        """True when a probe is due."""
        return self.failures >= FAILURES and self.open_until <= now

    def failed(self, asked_at: float, now: float) -> Standing:
        """After a request that was made at `asked_at` and got no answer, or one of 5xx.

        A request that was under way when the breaker opened does not count: it belongs to the same failure.
        """
        if self.failures >= FAILURES and asked_at < self.opened_at:
            return self
        failures = self.failures + 1
        if failures < FAILURES:
            return replace(self, failures=failures)
        seconds = min(_OPEN_S * 2 ** min(failures - FAILURES, 20), _OPEN_LONGEST_S)
        return replace(self, failures=failures, open_until=now + seconds, opened_at=now)

    def probing(self, now: float) -> Standing:
        """While one request probes: the others wait for its result, or until its time is over."""
        return replace(self, open_until=now + PROBE_S)

    def answered(self) -> Standing:
        """After any answer that is not 5xx: the breaker is closed."""
        return replace(self, failures=0, open_until=0.0, opened_at=0.0)

    # As the ledger stores it

    def as_fields(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_fields(cls, stored: Mapping[str, str]) -> Standing:
        """The inverse of `as_fields`. A field that is missing has its default, so that older records can be read."""
        defaults = asdict(cls())
        return cls(**{name: type(defaults[name])(text) for name, text in stored.items() if name in defaults})


def budget_of(headers: Mapping[str, str], now: float) -> tuple[int, int, float] | None:
    """Limit, remaining requests and reset by the headers of an answer; None where they give no primary limit."""
    limit, remaining, reset = (_whole(headers.get(f"X-RateLimit-{name}")) for name in ("Limit", "Remaining", "Reset"))
    # Searches and other resources have limits of their own.
    if limit is None or remaining is None or reset is None or headers.get("X-RateLimit-Resource", "core") != "core":
        return None
    return (limit, remaining, min(reset, now + WINDOW_S)) if reset > now else None


def asked_to_wait(headers: Mapping[str, str], now: float) -> int | None:
    """Whole seconds to wait by `Retry-After`, a number or a date (RFC 9110), or None."""
    text = headers.get("Retry-After", "")
    seconds: float | None = _whole(text)
    if seconds is None:
        try:
            seconds = parsedate_to_datetime(text).astimezone(UTC).timestamp() - now
        except ValueError:
            return None
    return min(max(math.ceil(seconds), 1), WINDOW_S)


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,12}", text) else None
