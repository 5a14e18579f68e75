"""Who may ask GitHub now: all processes of all hosts share an account's limits, and visitors come first."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from gistrun.errors import GitHubLimited, GitHubUnavailable
from gistrun.figures import in_words
from gistrun.github.ledger import Ledger
from gistrun.github.standing import WINDOW_S, Budget, Standing, asked_to_wait, budget_of


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each step may take, in seconds.

    Together with one timeout, `answer_s`, `queue_s`, `turn_s` and `yield_s` stay below the time for which the locks of
    a gist and of a turn are held.
    """

    #: To connect, and to wait for the next byte.
    timeout_s: float = 10.0
    #: For one gist with all its files.
    answer_s: float = 30.0
    #: For which a visitor waits for others who ask.
    queue_s: float = 15.0
    #: For which the background waits for its turn, while it holds up the gist and a worker ...
    turn_s: float = 5.0
    #: ... and then for visitors.
    yield_s: float = 3.0


class Allowance:
    """What one account may ask of one GitHub, and whose turn it is.

    Args:
        account: `account_name` of the API and the token.
        has_token: decides which advice is given when the limit is used up.
    """

    def __init__(
        self, ledger: Ledger, account: str, has_token: bool, now: Callable[[], datetime], patience: Patience
    ) -> None:
        self._ledger = ledger
        self.account = account
        self.has_token = has_token
        self._now = now
        self._patience = patience

    def budget(self) -> Budget | None:
        """The primary limit that GitHub last gave to any process; None when it is not known or its hour is over."""
        return self._standing().budget(self._time())

    @contextmanager
    def turn(self, background: bool) -> Iterator[None]:
        """Held while asking. The background asks one request at a time, after the visitors who ask at that moment.

        Raises:
            GitHubUnavailable: other requests took longer than we wait, or as `check`. GitHubLimited: as `check`.
        """
        self.check(background)
        if background:
            asking = self._ledger.github_turn(self.account, self._patience.turn_s, self._patience.yield_s)
        else:
            asking = self._ledger.github_visitor(self.account, self._patience.queue_s)
        with asking as admitted:
            if not admitted:
                raise GitHubUnavailable(
                    "GitHub is slow to answer and others are waiting for it too. Try again in a moment.", retry_after=10
                )
            standing = self.check(background)  # it may have changed while others asked
            if standing.is_half_open(self._time()):
                self._claim_probe()
            yield

    def check(self, background: bool) -> Standing:
        """The account's standing, when GitHub may be asked.

        Raises:
            GitHubLimited: a limit holds; for the background also while only the visitors' reserve is left.
            GitHubUnavailable: GitHub did not answer several requests in a row, and the next probe is not due yet.
        """
        standing, now = self._standing(), self._time()
        if standing.closed_until > now:
            raise _limited(standing.because, standing.closed_until - now)
        if standing.open_for(now):
            raise _silent(standing.open_for(now))
        budget = standing.budget(now)
        if budget and budget.remaining == 0:
            hint = "" if self.has_token else " Its operator can raise it with a GITHUB_TOKEN."
            limit = f"GitHub's limit of {budget.limit:,} requests an hour for this server is used up.{hint}"
            raise _limited(limit, standing.reset - now)
        if budget and background and budget.remaining <= budget.reserve:
            raise _limited("What is left of GitHub's limit is kept for visitors.", standing.reset - now)
        return standing

    def answered(self, status: int, headers: Mapping[str, str], asked_at: datetime) -> None:
        """Learn from an answer: what its headers say of the limit, and that GitHub answers."""
        budget = budget_of(headers, self._time())

        def change(standing: Standing) -> Standing:
            standing = standing.with_budget(*budget) if budget else standing
            return standing.failed(asked_at.timestamp(), self._time()) if status >= 500 else standing.answered()

        self._change(change)

    def failed(self, asked_at: datetime) -> None:
        """Learn that a request that was made at that time got no answer."""
        self._change(lambda standing: standing.failed(asked_at.timestamp(), self._time()))

    def limited(self, code: int, sentence: str, headers: Mapping[str, str]) -> GitHubLimited | None:
        """The limit that a 403 or 429 sets, which all processes obey from now on; None where it sets none.

        In GitHub's order: `Retry-After`, the primary limit's reset, else a minute.
        """
        wait = self.asked_to_wait(headers)
        used_up = headers.get("X-RateLimit-Remaining") == "0"
        if wait is None and not (code == 429 or used_up or re.search(r"rate limit|abuse", sentence, re.IGNORECASE)):
            return None
        if wait is None and used_up:
            try:
                self.check(background=False)
            except GitHubLimited as limit:
                return limit
        return self.slow_down(headers)

    def slow_down(self, headers: Mapping[str, str]) -> GitHubLimited:
        """Let no process ask for as long as `Retry-After` says, else for a minute or more."""
        wait = self.asked_to_wait(headers)
        because = "GitHub asks this server to slow down."
        self._change(lambda standing: standing.limited(self._time(), wait, because))
        return _limited(because, self._standing().closed_until - self._time())

    def asked_to_wait(self, headers: Mapping[str, str]) -> int | None:
        """Whole seconds to wait by `Retry-After`, or None."""
        return asked_to_wait(headers, self._time())

    def _claim_probe(self) -> None:
        """Become the one that probes.

        Raises:
            GitHubUnavailable: another process probes already.
        """
        claimed = True

        def claim(standing: Standing) -> Standing:
            nonlocal claimed
            claimed = not standing.open_for(self._time())
            return standing.probing(self._time()) if standing.is_half_open(self._time()) else standing

        self._change(claim)
        if not claimed:
            raise _silent(self._standing().open_for(self._time()))

    def _time(self) -> float:
        return self._now().timestamp()

    def _standing(self) -> Standing:
        return Standing.from_fields(self._ledger.github_standing(self.account))

    def _change(self, change: Callable[[Standing], Standing]) -> None:
        self._ledger.change_github_standing(
            self.account, lambda stored: change(Standing.from_fields(stored)).as_fields(), 2 * WINDOW_S
        )


def account_name(api_url: str, token: str | None) -> str:
    """Names token and API to other processes without giving the token away."""
    return hashlib.sha256(f"{api_url}\n{token or ''}".encode()).hexdigest()[:20]


def _limited(because: str, seconds: float) -> GitHubLimited:
    wait = math.ceil(seconds)
    return GitHubLimited(f"{because} Try again {in_words(wait)}.", retry_after=wait)


def _silent(seconds: float) -> GitHubUnavailable:
    wait = max(math.ceil(seconds), 1)
    return GitHubUnavailable(
        f"GitHub did not answer this server's last requests, so it is not asked for now. Try again {in_words(wait)}.",
        retry_after=wait,
    )
