"""How many new runs each visitor has started lately, counted for all processes together."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from gistrun.store.connection import Client, unavailable
from gistrun.store.keys import redis_key


class VisitorShelf:
    """Counts new runs in a moving window."""

    def __init__(self, client: Client) -> None:
        # The same connections as everything else, whatever kind of Redis it is (socket, TLS, Sentinel).
        pool = client.connection_pool
        storage = RedisStorage("redis://", connection_pool=pool, wrap_exceptions=True, key_prefix=redis_key("visitor"))
        self._limiter = MovingWindowRateLimiter(storage)

    def count_run(self, visitor: str, count: int, seconds: int) -> int:
        """Count a new run of the visitor, who may start `count` in so many seconds.

        Returns:
            0, or the seconds until the visitor may start the next one; then this one was not counted.
        """
        rate = RateLimitItemPerSecond(count, seconds)
        try:
            if self._limiter.hit(rate, visitor):
                return 0
            reset_at, _ = self._limiter.get_window_stats(rate, visitor)
        except StorageError as error:
            unavailable(error)
        return max(1, math.ceil(reset_at - time.time()))
