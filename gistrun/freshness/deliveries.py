"""What a webhook delivery leads to: accepted by the web process, READMEs read by the watch process. No HTTP here.

accept ─ a gist is named ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ revisit
       └ a push ─ the gists that its README showed ~~~~~~~~~~~~~~~~~~~~ revisit
                └ README changed, or never read ~~~ read it, new gists ~~~ revisit
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from gistrun.errors import GitHubUnavailable, Refused, StoreUnavailable
from gistrun.freshness.readmes import badged
from gistrun.store import Store
from webhooks.delivery import Delivery

log = logging.getLogger(__name__)


class Readmes(Protocol):
    """Where READMEs come from."""

    def readme(self, owner: str, repository: str, etag: str | None = None) -> tuple[str, str | None] | None:
        """The README and its ETag, or None when it still matches `etag`.

        Raises:
            NotFound, BadInput, TooLarge, GitHubUnavailable
        """


class Deliveries:
    """Accepts deliveries and carries them out."""

    def __init__(self, github: Readmes, store: Store, now: Callable[[], datetime]) -> None:
        self._github = github
        self._revisits = store.revisits
        self._now = now
        #: A repository whose README could not be read because of Redis: it comes first.
        self._held: str | None = None

    def accept(self, delivery: Delivery) -> list[str] | None:
        """Queue what the delivery asks for. Asks nobody but Redis.

        Returns:
            The gists that will be revisited, as far as they are known now. None when the delivery was accepted before,
            within three days.

        Raises:
            StoreUnavailable: nothing is queued and nothing remembered.
        """
        gists, repository = list(delivery.gists), None
        if push := delivery.push:
            kept = self._revisits.readme(push.repository)
            gists = kept[0] if kept else []
            repository = push.repository if push.readme_changed or not kept else None
        return gists if self._revisits.take_delivery(delivery.id, gists, repository, self._now()) else None

    def read_next(self, wait: float) -> None:
        """Read the next README, if there is one within `wait` seconds, and queue revisits of the gists it shows.

        Raises:
            StoreUnavailable: the README is read by the next call.
        """
        repository = self._held or self._revisits.next_readme(wait)
        if not repository:
            return
        try:
            self._held = None
            self._read(repository)
        except StoreUnavailable:
            self._held = repository
            raise

    def _read(self, repository: str) -> None:
        known, etag = self._revisits.readme(repository) or ([], None)
        owner, _, name = repository.partition("/")
        try:
            answer = self._github.readme(owner, name, etag)
        except Refused:
            answer = "", None  # no README, a private repository, or a README that is too large
        except GitHubUnavailable as error:
            # The next push has it read, whatever that push changes.
            self._revisits.forget_readme(repository)
            log.warning("The README of %s could not be read: %s", repository, error)
            return
        gists, etag = (known, etag) if answer is None else (badged(answer[0]), answer[1])
        self._revisits.put_readme(repository, gists, etag)
        for gist in gists:
            if gist not in known:  # the known ones were queued with the delivery
                self._revisits.add(gist, self._now())
