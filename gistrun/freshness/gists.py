"""Gists as they are known, kept true to GitHub.

A known gist is shown at once and GitHub is asked behind the page. GitHub is asked first only where nothing is known, or
where the answer could not be corrected later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from gistrun.errors import GitHubUnavailable, Gone, NotFound, Refused, StoreReadOnly
from gistrun.figures import ago
from gistrun.model import Gist
from gistrun.store import Store

#: A person who asks again within this time for a gist that GitHub did not have gets the same answer.
_MISSING_FOR = timedelta(minutes=1)


#: What a page says that is shown although nothing new can be kept.
NOT_ASKED = "This server can keep nothing new just now, so it shows what it has and does not ask GitHub for changes."


class Source(Protocol):
    """Where gists come from."""

    def fetch(
        self, gist_id: str, revision: str | None = None, etag: str | None = None, *, background: bool = False
    ) -> Gist | None:
        """The gist (latest revision unless one is named), or None when it still matches `etag`.

        Args:
            background: nobody waits for it: it waits its turn, yields to visitors and leaves them a part of the budget.

        Raises:
            Gone (with an `etag` also for a 404), NotFound, BadInput, TooLarge, GitHubUnavailable
        """


class Gists:
    """The known gists. `check_interval`: seconds after which GitHub is asked again for a gist that somebody views."""

    def __init__(self, github: Source, store: Store, check_interval: int, now: Callable[[], datetime]) -> None:
        self._github = github
        self._gists = store.gists
        self._missing = store.missing
        self._watches = store.watches
        self._fresh_for = timedelta(seconds=check_interval)
        self._now = now

    def get(self, gist_id: str, revision: str | None = None, *, fresh: bool = False) -> tuple[Gist, str | None]:
        """The gist as it is known, and a notice where it may be out of date. Counts as a view.

        Args:
            revision: pins one, which never changes.
            fresh: for an answer that cannot be corrected later. GitHub is asked first when the last check is older than
                the check interval. The known gist is still the answer where GitHub gives none.

        Raises:
            NotFound, TooLarge, GitHubUnavailable. StoreUnavailable: also if a gist that is not known cannot be kept.
        """
        known, notice = self._known(gist_id, revision), None
        try:
            if known is None or (fresh and not self._is_fresh(known, pinned=revision is not None)):
                known = self._ask_once(gist_id, revision, known)
            self.view(gist_id)
        except StoreReadOnly:
            if known is None:
                raise
            notice = NOT_ASKED
        return known, None if revision else self._notice(known) or notice

    def view(self, gist_id: str) -> None:
        """Somebody views this gist, or its badge. One round trip to Redis.

        The watcher remembers it. A revisit is queued when the last check is older than the check interval, once per
        interval over all processes. A gist never seen waits until the watcher has budget for it.
        """
        self._watches.view(gist_id, self._now(), self._fresh_for.total_seconds())

    def refresh(self, gist_id: str) -> Gist | None:
        """Ask GitHub in the background; the gist if its latest revision has changed, else None.

        Raises:
            Refused, GitHubUnavailable
        """
        before = self._gists.latest(gist_id)
        with self._fetching(gist_id):
            gist = self._fetch(gist_id, None, background=True)
        return None if gist is None or (before and before.revision == gist.revision) else gist

    def _known(self, gist_id: str, revision: str | None) -> Gist | None:
        """What is stored; None where GitHub may be asked.

        Raises:
            NotFound: GitHub said a moment ago that there is none.
        """
        if known := self._gists.get(gist_id, revision):
            return known
        missing = self._missing.get(gist_id, revision)
        if missing and self._now() - missing.asked_at < _MISSING_FOR:
            raise missing.error()
        return None

    def _ask_once(self, gist_id: str, revision: str | None, known: Gist | None) -> Gist:
        """Of many visitors who come at the same time, one asks and the others take the answer."""
        with self._fetching(gist_id):
            now_known = self._known(gist_id, revision)
            if now_known and now_known != known:
                return now_known
            try:
                gist = self._fetch(gist_id, revision, background=False) or self._gists.get(gist_id)
            except GitHubUnavailable:
                if now_known is None:
                    raise
                gist = self._gists.get(gist_id, revision)
        if gist := gist or now_known:
            return gist
        raise GitHubUnavailable("The gist was no longer stored when it was asked for. Try again.", retry_after=1)

    @contextmanager
    def _fetching(self, gist_id: str) -> Iterator[None]:
        with self._gists.fetch_lock(gist_id) as taken:
            if not taken:
                raise GitHubUnavailable(
                    "GitHub is slow to answer, and others are waiting for this gist too. Try again in a moment.",
                    retry_after=10,
                )
            yield

    def _fetch(self, gist_id: str, revision: str | None, background: bool) -> Gist | None:
        """Ask GitHub and keep its answer; None when the stored revision is the latest. `_fetching` is held."""
        latest = None
        asked_at = self._now()  # GitHub's answer is true of this moment, and perhaps not of the moment when it arrives
        if revision is None:
            self._watches.checked([gist_id], asked_at)
            latest = self._gists.latest(gist_id)
        try:
            gist = self._github.fetch(gist_id, revision, latest.etag if latest else None, background=background)
        except NotFound as error:
            raise self._lost(gist_id, revision, error, known=latest is not None) from error
        except (GitHubUnavailable, Refused) as error:  # refused: the latest revision is one that cannot be kept here
            if latest:
                self._gists.put_trouble(gist_id, str(error))
            raise
        if gist is None:
            self._gists.confirm(gist_id, asked_at)
            return None
        gist = replace(gist, checked_at=asked_at)
        self._gists.put(gist, pinned=revision is not None)
        return gist

    def _lost(self, gist_id: str, revision: str | None, error: NotFound, *, known: bool) -> NotFound:
        """Keep that GitHub has no such gist; the error for whoever asked."""
        if revision is None and (known or isinstance(error, Gone)):
            sentence = str(error) if isinstance(error, Gone) and error.taken_down else _deleted(gist_id)
            self._gists.remove(gist_id, sentence, self._now())
            return Gone(sentence)
        # A missing revision is remembered for itself. Else anybody could make a gist disappear by asking for one.
        self._missing.put(gist_id, revision, str(error), self._now(), gone=False)
        return error

    def _notice(self, gist: Gist) -> str | None:
        if not gist.trouble:
            return None
        when = ago(gist.checked_at, self._now()) if gist.checked_at else "at some earlier time"
        return f"{gist.trouble} This page shows the gist as it was {when}."

    def _is_fresh(self, gist: Gist, pinned: bool) -> bool:
        return pinned or (gist.checked_at is not None and self._now() - gist.checked_at < self._fresh_for)


def _deleted(gist_id: str) -> str:
    return (
        f"Gist {gist_id} was deleted at GitHub, or is no longer public."
        " What was kept of it here is removed. If it comes back, reload this page."
    )
