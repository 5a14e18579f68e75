"""What a webhook delivery leads to: accepted by the web process, carried out by a worker. No HTTP on this page.

accept ─ a gist is named ────────────────────┐
       └ a push: the gists its README showed ~~~ look at them ─ README changed? ─ read it ─ look at the others
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from gistrun.errors import GitHubUnavailable, Refused
from gistrun.readme import badged
from gistrun.store import Store
from webhooks.delivery import Delivery

log = logging.getLogger(__name__)


class GitHub(Protocol):
    """Where READMEs come from."""

    def readme(self, owner: str, repository: str, etag: str | None = None) -> tuple[str, str | None] | None:
        """The README and its ETag, or None when it still matches `etag`.

        Raises:
            NotFound, BadInput, TooLarge, GitHubUnavailable
        """


class Queue(Protocol):
    """Where work waits for a worker."""

    def deliver(self, gists: Sequence[str], repository: str | None, pipe: Any) -> None:
        """Have a worker carry a delivery out; queued when the pipeline is executed."""


class Deliveries:
    """Accepts deliveries and carries them out. `look` has a worker look at the gist of that id again."""

    def __init__(self, github: GitHub, store: Store, queue: Queue, look: Callable[[str], object]) -> None:
        self._github = github
        self._store = store
        self._queue = queue
        self._look = look

    def accept(self, delivery: Delivery) -> list[str] | None:
        """Queue what the delivery asks for; the gists that will be looked at, as far as they are known now.

        None if it was accepted before, within three days. Asks nobody but Redis.

        Raises:
            one of store.UNREACHABLE: nothing is queued and nothing remembered.
        """
        gists, repository = list(delivery.gists), None
        if push := delivery.push:
            kept = self._store.readme(push.repository)
            gists = kept[0] if kept else []
            repository = push.repository if push.readme_changed or not kept else None

        def queue(pipe: Any) -> None:
            if gists or repository:
                self._queue.deliver(gists, repository, pipe)

        return gists if self._store.take_delivery(delivery.id, queue) else None

    def carry_out(self, gists: Sequence[str], repository: str | None) -> None:
        """Have the gists looked at, then those whose badges the repository's README shows."""
        for gist in gists:
            self._look(gist)
        if repository:
            for gist in self._read(repository):
                if gist not in gists:
                    self._look(gist)

    def _read(self, repository: str) -> list[str]:
        kept, etag = self._store.readme(repository) or ([], None)
        owner, _, name = repository.partition("/")
        try:
            answer = self._github.readme(owner, name, etag)
        except Refused:
            answer = "", None  # no README, a private repository, or a README too large for anybody
        except GitHubUnavailable as error:
            # The next push reads it, whatever it changes.
            self._store.forget_readme(repository)
            log.warning("The README of %s could not be read: %s", repository, error)
            return []
        gists, etag = (kept, etag) if answer is None else (badged(answer[0]), answer[1])
        self._store.put_readme(repository, gists, etag)
        return gists
