"""Queues of what GitHub is to be asked again, gists and READMEs, and the webhook deliveries that fill them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from gistrun.store.connection import BLOCK_S, Client, script
from gistrun.store.keys import DAY, redis_key

_DELIVERY_KEPT = 3 * DAY
_README_KEPT = 30 * DAY
#: Seconds added to the time of the watcher's revisits. The queue is sorted by time, so they come after all others.
_LATER = 10**10


class RevisitShelf:
    """What waits for GitHub to be asked again."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._take = script(client, "take_delivery")

    def add(self, gist_id: str, now: datetime, *, later: bool = False) -> None:
        """Queue a revisit of the gist, once; `later`: after all that somebody asked for."""
        turn = now.timestamp() + (_LATER if later else 0)
        self._client.zadd(redis_key("revisits"), {gist_id: turn}, lt=True)

    def next(self, wait: float = 0.0) -> str | None:
        """Take the next gist out of the queue; waits up to `wait` seconds (15 at most) for one."""
        if wait > 0:
            return self._next("revisits", wait)
        first = cast(Any, self._client.zpopmin(redis_key("revisits")))
        return first[0][0].decode() if first else None

    def next_unknown(self) -> str | None:
        """Take out the gist that has waited longest of those never seen whose badge was shown."""
        first = cast(Any, self._client.zpopmin(redis_key("revisits", "unknown")))
        return first[0][0].decode() if first else None

    def take_delivery(self, delivery_id: str, gists: Sequence[str], repository: str | None, now: datetime) -> bool:
        """Remember the webhook delivery for three days and queue its gists and its repository's README: all or nothing.

        Returns:
            False when the delivery was taken before. Of several that come at the same time one is taken.
        """
        keys = [redis_key("delivery", delivery_id), redis_key("revisits"), redis_key("readmes")]
        return bool(self._take(keys=keys, args=[_DELIVERY_KEPT, now.timestamp(), repository or "", *gists]))

    def next_readme(self, wait: float) -> str | None:
        """Take out the repository whose README has waited longest; waits up to `wait` seconds for one."""
        return self._next("readmes", wait)

    def _next(self, waiting: str, wait: float) -> str | None:
        answer = cast(Any, self._client.waiting.bzpopmin(redis_key(waiting), min(wait, BLOCK_S)))
        return answer[1].decode() if answer else None

    def readme(self, repository: str) -> tuple[list[str], str | None] | None:
        """The gists in the repository's README when it was last read, and the README's ETag; None if unknown."""
        raw = self._client.get(redis_key("readme", repository.lower()))
        if raw is None:
            return None
        record = json.loads(raw)
        return record["gists"], record["etag"]

    def put_readme(self, repository: str, gists: list[str], etag: str | None) -> None:
        """The repository's README shows the badges of these gists."""
        record = json.dumps({"gists": gists, "etag": etag})
        self._client.set(redis_key("readme", repository.lower()), record, ex=_README_KEPT)

    def forget_readme(self, repository: str) -> None:
        """The repository's README has changed, and nobody knows what it shows now."""
        self._client.delete(redis_key("readme", repository.lower()))
