"""What GitHub lets us ask, as all processes of all hosts know it together, and who asks first.

Facts are from https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api and
https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api.
"""

from __future__ import annotations

import hashlib
import math
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from gistrun.errors import GitHubLimited, GitHubUnavailable

#: Seconds that a limit holds which does not say how long ("wait for at least one minute"), and the most that is
#: believed of any header: the length of GitHub's window.
LIMITED_S = 60
WINDOW_S = 3600
#: Seconds after which asking again makes sense when GitHub has a hiccup.
HICCUP_S = 30
#: One in so many requests of the budget is for visitors only: the background stops before it takes those.
_RESERVED = 4
#: Resets that differ by less than this are one window: GitHub's differ by a second or two between its servers.
SAME_WINDOW_S = 5


@dataclass(frozen=True, slots=True)
class Budget:
    """What GitHub said last about the primary limit of an account."""

    limit: int
    remaining: int
    #: When `remaining` is `limit` again.
    reset: datetime

    @property
    def reserve(self) -> int:
        """Requests that are kept for visitors."""
        return self.limit // _RESERVED

    def as_json(self) -> dict[str, Any]:
        return {"limit": self.limit, "remaining": self.remaining, "reset": self.reset.isoformat()}


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands with GitHub. Times are seconds since the epoch; 0 and "" where nothing is known."""

    limit: int = 0
    remaining: int = 0
    reset: float = 0.0
    #: GitHub is not to be asked before this time; the sentence says why.
    closed_until: float = 0.0
    because: str = ""

    def told(self, limit: int, remaining: int, reset: float) -> Standing:
        """After an answer with these figures. Within a window the least counts: answers may overtake each other."""
        same_window = limit == self.limit and abs(reset - self.reset) <= SAME_WINDOW_S
        least = min(remaining, self.remaining) if same_window else remaining
        return Standing(limit, least, reset, self.closed_until, self.because)

    def closed(self, until: float, because: str) -> Standing:
        """After GitHub asked to be left alone until then; the longest such wish counts."""
        if until <= self.closed_until:
            return self
        return Standing(self.limit, self.remaining, self.reset, until, because)


class Ledger(Protocol):
    """What the processes that ask one GitHub as one account tell each other. `Store` is the shared one."""

    def github_standing(self, account: str) -> Mapping[str, str]:
        """The fields of a `Standing`, as text; none where nothing is known."""

    def change_github_standing(
        self, account: str, change: Callable[[Mapping[str, str]], Mapping[str, str]], seconds: int
    ) -> None:
        """Replace the fields by what `change` makes of them, as one step; forgotten after so many seconds."""

    def github_visitor(self, account: str, patience_s: float) -> AbstractContextManager[bool]:
        """Held while GitHub is asked for a visitor; False where too many were asking for all that time."""

    def github_turn(self, account: str, patience_s: float, yield_s: float) -> AbstractContextManager[bool]:
        """Held by the one who asks in the background, from when no visitor asks, or after `yield_s`. False as above."""

    def github_note(self, name: str) -> dict[str, Any] | None:
        """What was noted under that name, or None."""

    def put_github_note(self, name: str, note: dict[str, Any] | None, seconds: int = 0) -> None:
        """Note something for so many seconds; None forgets it."""


class OwnLedger:
    """The ledger of one process that stands alone, such as a command without the service."""

    def __init__(self) -> None:
        self._standings: dict[str, Mapping[str, str]] = {}
        self._notes: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._asking = threading.Lock()

    def github_standing(self, account: str) -> Mapping[str, str]:
        return self._standings.get(account, {})

    def change_github_standing(
        self,
        account: str,
        change: Callable[[Mapping[str, str]], Mapping[str, str]],
        seconds: int,  # noqa: ARG002
    ) -> None:
        with self._lock:
            self._standings[account] = change(self.github_standing(account))

    @contextmanager
    def github_visitor(self, account: str, patience_s: float) -> Iterator[bool]:  # noqa: ARG002 - one account
        taken = self._asking.acquire(timeout=patience_s)
        try:
            yield taken
        finally:
            if taken:
                self._asking.release()

    def github_turn(self, account: str, patience_s: float, yield_s: float) -> AbstractContextManager[bool]:  # noqa: ARG002
        return self.github_visitor(account, patience_s)

    def github_note(self, name: str) -> dict[str, Any] | None:
        return self._notes.get(name)

    def put_github_note(self, name: str, note: dict[str, Any] | None, seconds: int = 0) -> None:  # noqa: ARG002
        if note is None:
            self._notes.pop(name, None)
        else:
            self._notes[name] = note


class Allowance:
    """What one account may ask of one GitHub, and whose turn it is.

    Args:
        queue_s: seconds to wait for others who ask; yield_s: seconds for which the background waits for visitors.
    """

    def __init__(
        self,
        ledger: Ledger,
        api_url: str,
        token: str | None,
        now: Callable[[], datetime],
        queue_s: float,
        yield_s: float,
    ) -> None:
        self._ledger = ledger
        #: Names token and API root to other processes without telling the token.
        self.account = hashlib.sha256(f"{api_url}\n{token or ''}".encode()).hexdigest()[:20]
        self._has_token = bool(token)
        self._now = now
        self._queue_s = queue_s
        self._yield_s = yield_s

    def budget(self) -> Budget | None:
        """The primary limit as last told to anybody, or None when nothing was told or that hour is over."""
        standing = self._standing()
        if not standing.limit or standing.reset <= self._now().timestamp():
            return None
        return Budget(standing.limit, standing.remaining, datetime.fromtimestamp(standing.reset, UTC))

    @contextmanager
    def turn(self, background: bool) -> Iterator[None]:
        """Held while asking. The background asks one at a time, after the visitors who ask at that moment.

        Raises:
            GitHubUnavailable: others ask before, for longer than one waits. GitHubLimited: as `check`.
        """
        self.check(background)
        if background:
            asking = self._ledger.github_turn(self.account, self._queue_s, self._yield_s)
        else:
            asking = self._ledger.github_visitor(self.account, self._queue_s)
        with asking as admitted:
            if not admitted:
                raise GitHubUnavailable(
                    "GitHub is slow to answer and others are waiting for it too. Try again in a moment.", retry_after=10
                )
            self.check(background)  # it may have changed while others asked
            yield

    def check(self, background: bool) -> None:
        """Raises GitHubLimited while GitHub must not be asked; the background also while only the reserve is left."""
        standing, now = self._standing(), self._now().timestamp()
        if standing.closed_until > now:
            raise _limited(standing.because, standing.closed_until - now)
        if not standing.limit or standing.reset <= now:
            return
        left = standing.reset - now
        if standing.remaining == 0:
            hint = "" if self._has_token else " Its operator can raise it with a GITHUB_TOKEN."
            limit = f"GitHub's limit of {standing.limit:,} requests an hour for this server is used up.{hint}"
            raise _limited(limit, left)
        if background and standing.remaining <= standing.limit // _RESERVED:
            raise _limited("What is left of GitHub's limit is kept for visitors.", left)

    def remember(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer's headers."""
        limit, remaining, reset = (
            _whole(headers.get(f"X-RateLimit-{name}")) for name in ("Limit", "Remaining", "Reset")
        )
        # The limits of searches and the like are others.
        if limit is None or remaining is None or reset is None or headers.get("X-RateLimit-Resource", "core") != "core":
            return
        now = self._now().timestamp()
        if reset <= now:
            return
        self._change(lambda standing: standing.told(limit, remaining, min(reset, now + WINDOW_S)))

    def limited(self, code: int, said: str, headers: Mapping[str, str]) -> GitHubLimited | None:
        """What a 403 or 429 says of a limit, from now on obeyed by all processes; None where it is no limit.

        In GitHub's order: `Retry-After`, the primary limit's reset, else a minute.
        """
        wait = retry_after(headers, self._now())
        out_of_quota = headers.get("X-RateLimit-Remaining") == "0"
        if wait is None and not (code == 429 or out_of_quota or re.search(r"rate limit|abuse", said, re.IGNORECASE)):
            return None
        if wait is None and out_of_quota:
            try:
                self.check(background=False)
            except GitHubLimited as used_up:
                return used_up
        return self.slow_down(headers)

    def slow_down(self, headers: Mapping[str, str]) -> GitHubLimited:
        """Have no process ask for as long as `Retry-After` says, else for a minute."""
        wait = retry_after(headers, self._now()) or LIMITED_S
        because = "GitHub asks this server to slow down."
        until = self._now().timestamp() + wait
        self._change(lambda standing: standing.closed(until, because))
        return _limited(because, wait)

    def _standing(self) -> Standing:
        return _from_fields(self._ledger.github_standing(self.account))

    def _change(self, change: Callable[[Standing], Standing]) -> None:
        self._ledger.change_github_standing(
            self.account, lambda fields: _as_fields(change(_from_fields(fields))), 2 * WINDOW_S
        )


def _limited(because: str, seconds: float) -> GitHubLimited:
    wait = math.ceil(seconds)
    return GitHubLimited(f"{because} Try again {in_words(wait)}.", retry_after=wait)


def _as_fields(standing: Standing) -> dict[str, str]:
    numbers = {name: repr(getattr(standing, name)) for name in ("limit", "remaining", "reset", "closed_until")}
    return numbers | {"because": standing.because}


def _from_fields(fields: Mapping[str, str]) -> Standing:
    if not fields:
        return Standing()
    limit, remaining = int(fields["limit"]), int(fields["remaining"])
    return Standing(limit, remaining, float(fields["reset"]), float(fields["closed_until"]), fields["because"])


def retry_after(headers: Mapping[str, str], now: datetime) -> int | None:
    """Whole seconds to wait by `Retry-After`, a number or a date (RFC 9110), or None."""
    text = headers.get("Retry-After", "")
    seconds: float | None = _whole(text)
    if seconds is None:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = (moment.astimezone(UTC) - now).total_seconds()
    return min(max(math.ceil(seconds), 1), WINDOW_S)


def in_words(seconds: float) -> str:
    """`in 40 seconds`, `in 10 minutes`."""
    if seconds < 90:
        whole = math.ceil(seconds)
        return f"in {whole} second{'' if whole == 1 else 's'}"
    return f"in {math.ceil(seconds / 60)} minutes"


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,12}", text) else None
