"""How many new runs one visitor may start: `GISTRUN_RATE`, counted in Redis for all processes together.

A visitor is an address; for IPv6 the /64 it is in, since one subscriber has that many addresses. Behind a proxy the
address is the one the deployment vouches for (`ProxyFix`), never a header taken as it comes.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from gistrun.errors import TooManyRuns
from gistrun.settings import Rate
from gistrun.store import Store


class Visitors:
    """Admits new runs."""

    def __init__(self, store: Store, rate: Rate, secret: str) -> None:
        # The store's own connections, so that whatever Redis it is (socket, TLS, Sentinel) this is the same one.
        storage = RedisStorage("redis://", connection_pool=store.client.connection_pool, key_prefix="gistrun:visitor")
        self._limiter = MovingWindowRateLimiter(storage)
        self._rate = RateLimitItemPerSecond(rate.count, rate.seconds)
        self._secret = secret.encode()

    def admit(self, address: str | None) -> str:
        """Count one new run; returns a name for the visitor, from which nobody without the secret finds the address.

        Raises:
            TooManyRuns: with `retry_after`, the seconds until the next one is admitted.
        """
        visitor = _visitor(address)
        if self._limiter.hit(self._rate, visitor):
            return hmac.new(self._secret, visitor.encode(), hashlib.sha256).hexdigest()[:20]
        reset_at, _ = self._limiter.get_window_stats(self._rate, visitor)
        wait = max(1, math.ceil(reset_at - time.time()))
        raise TooManyRuns(
            f"You have started {self._rate.amount} new runs within {self._rate.multiples} seconds, which is as many as"
            f" one visitor may. Try again in {wait} second{'' if wait == 1 else 's'}.",
            retry_after=wait,
        )


def _visitor(address: str | None) -> str:
    try:
        known = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped:
            return str(known.ipv4_mapped)
        return str(ip_network((known, 64), strict=False).network_address)
    return str(known)
