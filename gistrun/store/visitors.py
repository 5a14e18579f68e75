"""What visitors do, for all processes together: new runs started lately, open streams, gists that are watched."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from gistrun.store.connection import Client, refused, script
from gistrun.store.keys import redis_key


class VisitorShelf:
    """Counts new runs in a moving window, and open streams by their leases."""

    def __init__(self, client: Client) -> None:
        # The same connections as everything else, whatever kind of Redis it is (socket, TLS, Sentinel).
        pool = client.connection_pool
        storage = RedisStorage("redis://", connection_pool=pool, wrap_exceptions=True, key_prefix=redis_key("visitor"))
        self._limiter = MovingWindowRateLimiter(storage)
        self._client = client
        self._open_stream = script(client, "open_stream")

    def count_run(self, visitor: str, count: int, seconds: int) -> int:
        """Count a new run of the visitor, who may start `count` in so many seconds.

        Returns:
            0, or the seconds until the visitor may start the next one; then this one was not counted.
        """
        rate = RateLimitItemPerSecond(count, seconds)
        self._client.outage.admit(writing=True)
        try:
            if self._limiter.hit(rate, visitor):
                return 0
            reset_at, _ = self._limiter.get_window_stats(rate, visitor)
        except StorageError as error:
            refused(error.storage_error, self._client.connection_pool, self._client.outage, writing=True)
        return max(1, math.ceil(reset_at - time.time()))

    def open_stream(self, visitor: str, stream: str, most: int, lease_s: int) -> bool:
        """Count a stream of the visitor for `lease_s` seconds. False when the visitor holds `most` already."""
        return bool(self._open_stream(keys=[_streams(visitor)], args=[stream, most, time.time(), lease_s]))

    def renew_streams(self, visitors: Mapping[str, str], lease_s: int) -> None:
        """Count streams for `lease_s` more seconds. A stream whose lease was over stays uncounted.

        Args:
            visitors: the visitor of each stream.
        """
        until = time.time() + lease_s
        pipe = self._client.pipeline(transaction=False)
        for stream, visitor in visitors.items():
            pipe.zadd(_streams(visitor), {stream: until}, xx=True)
            pipe.expire(_streams(visitor), lease_s)
        pipe.execute()

    def watching(self, present: Mapping[str, AbstractSet[str]], lease_s: int) -> dict[str, int]:
        """Count visitors as watching gists for `lease_s` seconds; how many watch each, at all processes together.

        Args:
            present: the visitors at each gist.
        """
        now = time.time()
        pipe = self._client.pipeline(transaction=False)
        for gist, visitors in present.items():
            name = redis_key("viewers", gist)
            pipe.zadd(name, dict.fromkeys(visitors, now + lease_s))
            pipe.zremrangebyscore(name, "-inf", now)
            pipe.expire(name, lease_s)
            pipe.zcard(name)
        return dict(zip(present, pipe.execute()[3::4], strict=True))

    def close_stream(self, visitor: str, stream: str) -> None:
        """Count the stream no longer."""
        self._client.zrem(_streams(visitor), stream)


def _streams(visitor: str) -> str:
    return redis_key("streams", visitor)
