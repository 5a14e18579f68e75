"""What a webhook delivery leads to: accepted by the web process, its READMEs read by the watch process. No HTTP here.

accept ─ a gist is named ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ revisit
       └ a push ─ the gists that its README showed ~~~~~~~~~~~~~~~~~ revisit
                └ README changed, or never read ~~~ read it, the others ~~~ revisit
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from gistrun.errors import GitHubUnavailable, Refused
from gistrun.readme import badged
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
        self._store = store
        self._now = now

    def accept(self, delivery: Delivery) -> list[str] | None:
        """Queue what the delivery asks for; the gists that will be revisited, as far as they are known now.

        None if it was accepted before, within three days. Asks nobody but Redis; when that does not take it, nothing is
        queued and nothing remembered.
        """
        gists, repository = list(delivery.gists), None
        if push := delivery.push:
            kept = self._store.readme(push.repository)
            gists = kept[0] if kept else []
            repository = push.repository if push.readme_changed or not kept else None
        return gists if self._store.take_delivery(delivery.id, gists, repository, self._now()) else None

    def read_next(self, wait: float) -> None:
        """Read the README that is next, if one is within `wait` seconds, and have the gists revisited that it shows."""
        if repository := self._store.next_readme(wait):
            self._read(repository)

    def _read(self, repository: str) -> None:
        known, etag = self._store.readme(repository) or ([], None)
        owner, _, name = repository.partition("/")
        try:
            answer = self._github.readme(owner, name, etag)
        except Refused:
            answer = "", None  # no README, a private repository, or a README too large for anybody
        except GitHubUnavailable as error:
            # The next push reads it, whatever it changes.
            self._store.forget_readme(repository)
            log.warning("The README of %s could not be read: %s", repository, error)
            return
        gists, etag = (known, etag) if answer is None else (badged(answer[0]), answer[1])
        self._store.put_readme(repository, gists, etag)
        for gist in gists:
            if gist not in known:  # those wait since the delivery
                self._store.want_revisit(gist, self._now())
