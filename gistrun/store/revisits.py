"""What waits for GitHub to be asked again, gists and READMEs, and the webhook deliveries that lead to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import redis

from gistrun.store.connection import BLOCK_S, Connected
from gistrun.store.keys import DAY, redis_key

_DELIVERY_KEPT = 3 * DAY
_README_KEPT = 30 * DAY
#: Puts the watcher's revisits behind all others in the queue, which is sorted by time.
_LATER = 10**10


# A delivery is remembered when its work is queued, and not before: whoever is told of a failure sends it again.
# LT: waiting once is enough; who waits for a later turn than this one is moved up.
_TAKE = """
if not redis.call('SET', KEYS[1], 1, 'NX', 'EX', ARGV[1]) then return 0 end
for number = 4, #ARGV do redis.call('ZADD', KEYS[2], 'LT', ARGV[2], ARGV[number]) end
if ARGV[3] ~= '' then redis.call('ZADD', KEYS[3], 'LT', ARGV[2], ARGV[3]) end
return 1
"""


class Revisits(Connected):
    """What is asked of GitHub again, in turn."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client)
        self._take = client.register_script(_TAKE)

    def want_revisit(self, gist_id: str, now: datetime, *, later: bool = False) -> None:
        """Have the gist wait for a revisit, once; `later`: behind all that somebody has asked for."""
        turn = now.timestamp() + (_LATER if later else 0)
        self.client.zadd(redis_key("revisits"), {gist_id: turn}, lt=True)

    def next_revisit(self, wait: float = 0.0) -> str | None:
        """The gist whose revisit is next, taken out of the queue; waits up to `wait` seconds (15 at most) for one."""
        if wait > 0:
            return self._next("revisits", wait)
        first = cast(Any, self.client.zpopmin(redis_key("revisits")))
        return first[0][0].decode() if first else None

    def next_unknown(self) -> str | None:
        """The gist never seen whose badge was shown first, taken out of those that wait for GitHub to be asked."""
        first = cast(Any, self.client.zpopmin(redis_key("revisits", "unknown")))
        return first[0][0].decode() if first else None

    def take_delivery(self, delivery_id: str, gists: Sequence[str], repository: str | None, now: datetime) -> bool:
        """Remember the webhook delivery for three days, have its gists revisited and the README read: all or nothing.

        False if the delivery was taken before; of several that come at the same time one is taken.
        """
        keys = [redis_key("delivery", delivery_id), redis_key("revisits"), redis_key("readmes")]
        return bool(self._take(keys=keys, args=[_DELIVERY_KEPT, now.timestamp(), repository or "", *gists]))

    def next_readme(self, wait: float) -> str | None:
        """The repository whose README has waited longest to be read, taken out; waits up to `wait` seconds for one."""
        return self._next("readmes", wait)

    def _next(self, waiting: str, wait: float) -> str | None:
        answer = cast(Any, self.client.bzpopmin(redis_key(waiting), min(wait, BLOCK_S)))
        return answer[1].decode() if answer else None

    def readme(self, repository: str) -> tuple[list[str], str | None] | None:
        """The gists whose badges the repository's README showed when last read, and its ETag; None if unknown."""
        raw = self.client.get(redis_key("readme", repository.lower()))
        if raw is None:
            return None
        record = json.loads(raw)
        return record["gists"], record["etag"]

    def put_readme(self, repository: str, gists: list[str], etag: str | None) -> None:
        """The repository's README shows these gists' badges."""
        record = json.dumps({"gists": gists, "etag": etag})
        self.client.set(redis_key("readme", repository.lower()), record, ex=_README_KEPT)

    def forget_readme(self, repository: str) -> None:
        """The repository's README has changed, and what it shows now is not known."""
        self.client.delete(redis_key("readme", repository.lower()))
