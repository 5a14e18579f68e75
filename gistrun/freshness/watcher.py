"""Has gists that people viewed lately revisited, within GitHub's budget.

view ~~ Redis ~~ Watcher.turn (one process for all) ─ due, most popular first ─ revisits ~~ Redis ~~ Runs.revisit
                                                    └ three of one owner: one list of what changed ─┘
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from gistrun.errors import GitHubUnavailable, Refused
from gistrun.freshness.pace import Budget, Pace
from gistrun.model import ChangedGist
from gistrun.store import Latest, Store, Watched, Watching

log = logging.getLogger(__name__)

#: Seconds for which a silent watcher keeps the lead.
_LEADS_S = 15
#: From this many gists of one owner on, one list of the owner's changed gists is asked for instead.
_LISTED = 3
#: Lists do not show deletions or gists made secret, so a gist is asked for itself after this many intervals.
_ITSELF = 10
#: Gists to choose from at a time.
_AT_ONCE = 1000
#: Each revisit is queued this much later than the one before, to keep their order.
_BEHIND = timedelta(milliseconds=1)
#: By how much GitHub's clock and ours may differ.
_CLOCKS_DIFFER = timedelta(minutes=5)


class Lists(Protocol):
    """What the watcher asks of GitHub itself."""

    def budget(self) -> Budget | None:
        """What is left, or None when nothing is known."""

    def changed_gists(self, owner: str, since: datetime) -> list[ChangedGist]:
        """The public gists of that user which changed at `since` or later.

        Raises:
            NotFound (no such user), BadInput, GitHubUnavailable
        """


class Watcher:
    """Has each gist that people viewed within the last 7 days revisited once an interval.

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
        """Queue revisits of what is due, if this process watches for all. Called every second or so.

        Raises:
            StoreUnavailable
        """
        if not self._store.workers.leads("watch", self._name, _LEADS_S):
            self._last_turn = None
            return
        now = self._now()
        pace = self._pace.now(self._github.budget(), now)
        gists, viewed = self._store.watches.watched(now, 2 * self._interval)
        interval = self._stretched(gists, pace)
        self._store.watches.put_watching(Watching(gists, interval, viewed, self._stretched(viewed, pace)))
        elapsed = (now - self._last_turn).total_seconds() if self._last_turn else 0.0
        self._last_turn = now
        self._credit = min(self._credit + pace * elapsed, max(1.0, pace * 10))
        if self._credit >= 1:
            self._check(now)

    def _stretched(self, gists: int, pace: float) -> float:
        return max(float(self._interval), gists / pace) if pace else 86_400.0

    def _check(self, now: datetime) -> None:
        """Check as many gists as there is credit for; each check costs one request."""
        self._check_unknown(now)
        interval = timedelta(seconds=self._interval)
        # The gists of one owner are checked together, also those that are not due yet.
        soon = _by_urgency(self._store.watches.due(now - interval / 2), now)[:_AT_ONCE]
        due = [gist for gist in soon if gist.checked <= (now - interval).timestamp()]
        if not due:
            return
        known = self._store.gists.latest_of([gist.id for gist in soon])
        together = self._together(known, now)
        done: set[str] = set()
        for gist in due:
            if gist.id in done:
                continue
            if self._credit < 1:
                return
            self._credit -= 1
            group = together.get(gist.id, [gist.id])
            done.update(group)
            self._store.watches.checked(group, now)
            for changed in self._changed(group, known, now) if len(group) > 1 else group:
                self._store.revisits.add(changed, now + _BEHIND * len(done), later=True)

    def _together(self, known: dict[str, Latest], now: datetime) -> dict[str, list[str]]:
        """For each gist that a list of its owner's serves: all the gists of that list."""
        itself_after = _ITSELF * timedelta(seconds=self._interval)
        owners: dict[str, list[str]] = defaultdict(list)
        for gist_id, latest in known.items():
            if latest.owner and _is_shown_by_lists(latest) and now - latest.asked_at < itself_after:
                owners[latest.owner].append(gist_id)
        return {gist_id: group for group in owners.values() if len(group) >= _LISTED for gist_id in group}

    def _check_unknown(self, now: datetime) -> None:
        """Every other turn, with half of the credit: made-up ids must not keep the other gists waiting."""
        self._turn_of_unknown = not self._turn_of_unknown
        if not self._turn_of_unknown:
            return
        for _ in range(max(1, int(self._credit / 2))):
            if gist_id := self._store.revisits.next_unknown():
                self._credit -= 1
                self._store.watches.checked([gist_id], now)
                self._store.revisits.add(gist_id, now)

    def _changed(self, group: list[str], known: dict[str, Latest], now: datetime) -> list[str]:
        """The gists that changed, by their owner's list; the others are confirmed."""
        owner = str(known[group[0]].owner)
        since = min(known[gist_id].checked_at for gist_id in group) - _CLOCKS_DIFFER
        try:
            listed = {gist.id: gist.updated_at for gist in self._github.changed_gists(owner, since)}
        except Refused:
            return group  # no such user any more: each gist must be asked for itself
        except GitHubUnavailable as error:
            log.info("GitHub could not be asked what %s changed: %s", owner, error)
            return []
        changed = [
            gist_id for gist_id in group if listed.get(gist_id, known[gist_id].changed_at) != known[gist_id].changed_at
        ]
        for gist_id in group:
            if gist_id not in changed:
                self._store.gists.confirm(gist_id, now, listed=True)
        return changed


def _is_shown_by_lists(latest: Latest) -> bool:
    """True when a list of its owner's gists would show that the gist has changed since it was asked for.

    Lists hold public gists, and times of change in whole seconds of GitHub's clock. When a gist was asked for in the
    second of its last change, a list cannot show whether it changed again in that second.
    """
    return latest.public and latest.changed_at is not None and latest.asked_at - latest.changed_at > _CLOCKS_DIFFER


def _by_urgency(gists: list[Watched], now: datetime) -> list[Watched]:
    """The gists that went unchecked for long and are popular come first.

    Where not all gists can be checked as often as they should, checks go by the square root of the popularity: that
    shows the fewest people something stale, and the least popular gists have their turn too.
    """
    most = max((gist.popularity for gist in gists), default=0.0)
    return sorted(
        gists, key=lambda gist: (now.timestamp() - gist.checked) * 2 ** ((gist.popularity - most) / 2), reverse=True
    )
