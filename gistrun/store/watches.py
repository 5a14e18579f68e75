"""Which gists people view, how much, and when GitHub was last asked for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from gistrun.store.connection import Client, script
from gistrun.store.keys import DAY, redis_key

#: Seconds after which a view counts half as much.
_POPULARITY_HALF_LIFE = 6 * 3600
#: A gist is watched for so long after its last view, and so many gists at most.
_WATCHED_FOR = 7 * DAY
_WATCHED_MOST = 10_000
#: The keys of `view.lua` that are the same for every gist.
_VIEW_KEYS = [redis_key(name) for name in ("looked", "popular", "checked", "revisits")]
_VIEW_KEYS += [redis_key("revisits", "unknown"), redis_key("watching")]


@dataclass(frozen=True, slots=True)
class Watched:
    """A gist that was viewed lately."""

    id: str
    #: When GitHub was asked last, in seconds since 1970; 0 when it never was.
    checked: float
    #: One more is twice as popular.
    popularity: float


@dataclass(frozen=True, slots=True)
class Watching:
    """How the watched gists are kept fresh: counts, and the seconds between two checks of one gist."""

    gists: int
    interval_s: float
    #: The gists that somebody views just now.
    looked_at: int
    looked_at_interval_s: float


class WatchShelf:
    """The gists that people view."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._view = script(client, "view", "view_counted")

    def view(self, gist_id: str, now: datetime, interval: float) -> bool:
        """Somebody views the gist or its badge: one round trip.

        This queues a revisit when GitHub was last asked for the gist longer than `interval` seconds ago, once per
        interval. The watcher stretches the interval where GitHub's budget is small.

        Returns:
            True when this view queued a revisit.
        """
        keys, args = view_arguments(gist_id, now, interval)
        return bool(self._view(keys=keys, args=args))

    def checked(self, gist_ids: Iterable[str], now: datetime) -> None:
        """GitHub is being asked for the gists."""
        self._client.zadd(redis_key("checked"), dict.fromkeys(gist_ids, now.timestamp()))

    def watched(self, now: datetime, viewed_within_s: float) -> tuple[int, int]:
        """How many gists are watched, and how many of them were viewed within so many seconds.

        First it drops the gists without a view for 7 days, and the least popular ones beyond 10,000.
        """
        last_week = now.timestamp() - _WATCHED_FOR
        old = cast(list[bytes], self._client.zrangebyscore(redis_key("looked"), "-inf", last_week))
        old += cast(list[bytes], self._client.zrange(redis_key("popular"), 0, -_WATCHED_MOST - 1))
        pipe = self._client.pipeline()
        if old:
            for name in ("looked", "popular", "checked"):
                pipe.zrem(redis_key(name), *old)
        pipe.zremrangebyscore(redis_key("checked"), "-inf", last_week)  # gists that were checked but never viewed
        pipe.zcard(redis_key("looked"))
        pipe.zcount(redis_key("looked"), now.timestamp() - viewed_within_s, "+inf")
        return cast(tuple[int, int], tuple(pipe.execute()[-2:]))

    def due(self, checked_before: datetime) -> list[Watched]:
        """The watched gists for which GitHub was last asked at that time or before."""
        pipe = self._client.pipeline()
        pipe.zrange(redis_key("checked"), 0, -1, withscores=True)
        pipe.zrange(redis_key("popular"), 0, -1, withscores=True)
        checked, popular = pipe.execute()
        when, before = dict(checked), checked_before.timestamp()
        return [
            Watched(gist_id.decode(), when.get(gist_id, 0.0), score)
            for gist_id, score in popular
            if when.get(gist_id, 0.0) <= before
        ]

    def put_watching(self, watching: Watching) -> None:
        """Publish how the watched gists are kept fresh, for a minute. Views keep to that interval."""
        pipe = self._client.pipeline()
        pipe.hset(redis_key("watching"), mapping=cast(Any, asdict(watching)))
        pipe.expire(redis_key("watching"), 60)
        pipe.execute()

    def watching(self) -> Watching | None:
        """How the watched gists are kept fresh, or None where nobody has watched for a minute."""
        record = cast(dict[bytes, bytes], self._client.hgetall(redis_key("watching")))
        if not record:
            return None
        figures = {name.decode(): float(value) for name, value in record.items()}
        return Watching(
            int(figures["gists"]), figures["interval_s"], int(figures["looked_at"]), figures["looked_at_interval_s"]
        )


def view_arguments(gist_id: str, now: datetime, interval: float) -> tuple[list[str], list[Any]]:
    """The keys and arguments of `view.lua`."""
    moment = now.timestamp()
    keys = [*_VIEW_KEYS, redis_key("gist", gist_id), redis_key("missing", gist_id)]
    return keys, [gist_id, moment, moment / _POPULARITY_HALF_LIFE, interval]
