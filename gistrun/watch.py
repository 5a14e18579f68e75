"""Watching: what people looked at lately is asked for again, and whatever waits for a revisit is revisited.

looked ~~ Redis ~~ Watcher.turn (one process for all) ─ due, most popular first ─ revisits ~~ Redis ~~ revisit
                                                      └ three of one owner: one list of what changed ─┘
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from gistrun.deliveries import Deliveries
from gistrun.errors import GitHubUnavailable, Refused
from gistrun.model import ChangedGist
from gistrun.runs import Runs
from gistrun.store import UNREACHABLE, Latest, Store, Watched, Watching

log = logging.getLogger(__name__)

#: Seconds to wait for a revisit before looking whether to stop, and between two turns of the watcher.
_WAIT_S = 1.0
_TURN_S = 1.0
#: Seconds to let Redis, or whatever broke, come back.
_PAUSE_S = 5.0
#: Seconds for which a silent watcher is still the one for all.
_LEADS_S = 15
#: From so many gists of one owner on, GitHub's list of what that owner changed is asked for in their place.
_LISTED = 3
#: A list tells neither what was deleted nor what turned secret: after so many intervals a gist is asked for itself.
_ITSELF = 10
#: Checks a second, at most: GitHub asks that requests be made one after the other, and for fewer than 15 a second.
_FASTEST = 5.0
#: The pace is corrected after so many seconds and checks, or so many seconds more.
_CORRECTED_S, _CORRECTED_CHECKS, _CORRECTED_AT_LAST_S = 30.0, 20, 600.0
#: GitHub's servers name the end of one hour a little differently.
_SAME_HOUR = timedelta(minutes=1)
#: Gists to choose from at a time.
_AT_ONCE = 1000
#: What one revisit waits longer in the queue than the one before it.
_BEHIND = timedelta(milliseconds=1)
#: By how much GitHub's clock and ours may differ.
_CLOCKS_DIFFER = timedelta(minutes=5)


class Budget(Protocol):
    """What is left of GitHub's limit."""

    @property
    def remaining(self) -> int: ...
    @property
    def reserve(self) -> int: ...
    @property
    def reset(self) -> datetime: ...


class Lists(Protocol):
    """What the watcher asks of GitHub itself."""

    def budget(self) -> Budget | None:
        """What is left, or None when nothing is known."""

    def changed_gists(self, owner: str, since: datetime) -> list[ChangedGist]:
        """The public gists of that user which changed at `since` or later.

        Raises:
            NotFound (no such user), BadInput, GitHubUnavailable
        """


class Pace:
    """How many checks a second GitHub's budget bears until it is renewed; visitors keep their reserve.

    An answer that nothing has changed is free, with a token; what else there is to pay, and what others spend, nobody
    tells. So the pace is learnt from what is left: slower when it would not last, faster when it would.
    """

    def __init__(self) -> None:
        self._pace = 0.0
        self._then: tuple[datetime, Budget] | None = None

    def now(self, budget: Budget | None, now: datetime) -> float:
        """Checks a second from now on."""
        if budget is None:
            return self._pace or _FASTEST  # the first answer tells
        spare = max(budget.remaining - budget.reserve, 0)
        if not spare:
            return 0.0
        lasting = spare / max((budget.reset - now).total_seconds(), 1.0)
        if self._then is None or budget.reset - self._then[1].reset > _SAME_HOUR:
            # A new hour: as fast as it bears if each check has its price, or as it was found to bear before.
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


class Watcher:
    """Has gists revisited that people looked at within the last 7 days, each once an interval.

    The interval is `interval` seconds, and longer when GitHub's budget is too small for so many gists.
    """

    def __init__(self, name: str, store: Store, github: Lists, interval: int, now: Callable[[], datetime]) -> None:
        self._name = name
        self._store = store
        self._github = github
        self._interval = interval
        self._now = now
        self._pace = Pace()
        self._credit = 0.0
        self._turn_of_unknown = False
        self._last_turn: datetime | None = None

    def turn(self) -> None:
        """Have revisited what is due, if this process is the one that watches for all. Called every second or so.

        Raises:
            one of store.UNREACHABLE
        """
        if not self._store.leads("watch", self._name, _LEADS_S):
            self._last_turn = None
            return
        now = self._now()
        pace = self._pace.now(self._github.budget(), now)
        gists, looked_at = self._store.watched(now, 2 * self._interval)
        interval = self._stretched(gists, pace)
        self._store.put_watching(Watching(gists, interval, looked_at, self._stretched(looked_at, pace)))
        elapsed = (now - self._last_turn).total_seconds() if self._last_turn else 0.0
        self._last_turn = now
        self._credit = min(self._credit + pace * elapsed, max(1.0, pace * 10))
        if self._credit >= 1:
            self._check(now)

    def _stretched(self, gists: int, pace: float) -> float:
        return max(float(self._interval), gists / pace) if pace else 86_400.0

    def _check(self, now: datetime) -> None:
        """As many as there is credit for, each at the price of one request."""
        self._check_unknown(now)
        interval = timedelta(seconds=self._interval)
        # Those of one owner are asked for together, also where some of them could wait a little.
        soon = _by_urgency(self._store.due(now - interval / 2), now)[:_AT_ONCE]
        due = [gist for gist in soon if gist.checked <= (now - interval).timestamp()]
        if not due:
            return
        known = self._store.latest_of([gist.id for gist in soon])
        owners: dict[str, list[str]] = defaultdict(list)
        for gist_id, latest in known.items():
            if latest.owner and _is_told_of_by_lists(latest) and now - latest.asked_at < _ITSELF * interval:
                owners[latest.owner].append(gist_id)
        together = {gist_id: group for group in owners.values() if len(group) >= _LISTED for gist_id in group}
        done: set[str] = set()
        for gist in due:
            if gist.id in done:
                continue
            if self._credit < 1:
                return
            self._credit -= 1
            group = together.get(gist.id, [gist.id])
            done.update(group)
            self._store.asked(group, now)
            for changed in self._changed(group, known, now) if len(group) > 1 else group:
                self._store.want_revisit(changed, now + _BEHIND * len(done), later=True)

    def _check_unknown(self, now: datetime) -> None:
        """Every other turn, with half of what there is: whoever makes up ids must not keep the others waiting."""
        self._turn_of_unknown = not self._turn_of_unknown
        if not self._turn_of_unknown:
            return
        for _ in range(max(1, int(self._credit / 2))):
            if gist_id := self._store.next_unknown():
                self._credit -= 1
                self._store.asked([gist_id], now)
                self._store.want_revisit(gist_id, now)

    def _changed(self, group: list[str], known: dict[str, Latest], now: datetime) -> list[str]:
        """Those that changed, by their owner's list; the others are confirmed."""
        owner = str(known[group[0]].owner)
        # GitHub's clock is not ours.
        since = min(known[gist_id].checked_at for gist_id in group) - _CLOCKS_DIFFER
        try:
            listed = {gist.id: gist.updated_at for gist in self._github.changed_gists(owner, since)}
        except Refused:
            return group  # no such user any more: each must be asked for itself
        except GitHubUnavailable as error:
            log.info("What %s changed could not be asked: %s", owner, error)
            return []
        changed = [
            gist_id for gist_id in group if listed.get(gist_id, known[gist_id].updated_at) != known[gist_id].updated_at
        ]
        for gist_id in group:
            if gist_id not in changed:
                self._store.confirm_gist(gist_id, now, listed=True)
        return changed


def _is_told_of_by_lists(latest: Latest) -> bool:
    """Whether a list of its owner's gists would show that it has changed since it was asked for.

    Lists hold public gists, and times of change in whole seconds of GitHub's clock: of a gist that was asked for in the
    second of its last change, a list does not tell whether it changed again in that second.
    """
    return latest.public and latest.updated_at is not None and latest.asked_at - latest.updated_at > _CLOCKS_DIFFER


def _by_urgency(gists: list[Watched], now: datetime) -> list[Watched]:
    """Those first that went unchecked for long and are popular.

    Where not all can be checked as often as they should, checks go by the square root of the popularity, which shows
    the fewest people something stale; the least popular ones have their turn too.
    """
    most = max((gist.popularity for gist in gists), default=0.0)
    return sorted(
        gists, key=lambda gist: (now.timestamp() - gist.checked) * 2 ** ((gist.popularity - most) / 2), reverse=True
    )


def revisit(runs: Runs, store: Store, stop: threading.Event) -> None:
    """Do the revisits that are asked for, one after the other as GitHub wants it, until `stop`."""

    def next_one() -> None:
        if gist_id := store.next_revisit(_WAIT_S):
            runs.revisit(gist_id)

    _repeat(next_one, 0.0, stop)


def read_readmes(deliveries: Deliveries, stop: threading.Event) -> None:
    """Read the READMEs that deliveries are about, until `stop`."""
    _repeat(lambda: deliveries.read_next(_WAIT_S), 0.0, stop)


def watch(watcher: Watcher, stop: threading.Event) -> None:
    """Be a watcher until `stop`."""
    _repeat(watcher.turn, _TURN_S, stop)


def _repeat(act: Callable[[], object], seconds: float, stop: threading.Event) -> None:
    """Act every so many seconds; what goes wrong is logged, and tried again after a pause."""
    while not stop.wait(seconds):
        try:
            act()
        except UNREACHABLE as error:
            log.warning("Redis does not answer: %s", error)
            stop.wait(_PAUSE_S)
        except Exception:
            log.exception("Watching broke")
            stop.wait(_PAUSE_S)
