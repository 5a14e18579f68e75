"""Which gists people look at, how much, and how they are kept fresh."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

import redis

from gistrun.store.connection import Connected
from gistrun.store.keys import DAY, redis_key

#: Seconds after which a look counts half as much.
_POPULAR_HALF = 6 * 3600
#: A gist that nobody looked at for so long is not watched any more; nor more than so many.
_WATCHED_FOR = 7 * DAY
_WATCHED_MOST = 10_000


# Somebody looks at a gist. How much it is looked at is one number that never needs ageing: the logarithm of a sum in
# which a look of now counts twice as much as one of _POPULAR_HALF ago. Whoever finds that GitHub was asked longer than
# an interval ago takes that turn for all processes. What GitHub does not have waits for its time; what was never seen
# may be made up by whoever shows its badge: it is not watched, and waits apart until the watcher can spend something.
LOOKED = """
local id, now, interval = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4])
local stretched = redis.call('HGET', KEYS[6], 'looked_at_interval_s')
if stretched then interval = math.max(interval, tonumber(stretched)) end
local wait = redis.call('HGET', KEYS[5], 'again_at')
if wait and now < tonumber(wait) then return 0 end
local last = redis.call('ZSCORE', KEYS[3], id)
local asked = last and now - tonumber(last) < interval
if redis.call('EXISTS', (string.gsub(KEYS[5], ':missing:', ':gist:', 1))) == 0 then
    local unknown = KEYS[4] .. ':unknown'
    if not asked and redis.call('ZCARD', unknown) < 1000 then redis.call('ZADD', unknown, 'NX', now, id) end
    return 0
end
redis.call('ZADD', KEYS[1], now, id)
local score, before = tonumber(ARGV[3]), redis.call('ZSCORE', KEYS[2], id)
if before then
    before = tonumber(before)
    local more, less = math.max(before, score), math.min(before, score)
    score = more + math.log(1 + 2 ^ (less - more)) / math.log(2)
end
redis.call('ZADD', KEYS[2], string.format('%.9f', score), id)
if asked then return 0 end
redis.call('ZADD', KEYS[3], now, id)
redis.call('ZADD', KEYS[4], 'LT', now, id)
return 1
"""

# Who leads goes on leading as long as it says so; whoever comes after it is silent is next.
_LEADS = """
local leader = redis.call('GET', KEYS[1])
if leader and leader ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """A gist that was looked at lately."""

    id: str
    #: When GitHub was asked last, seconds since 1970; 0 when it never was.
    checked: float
    #: One more is twice as popular.
    popularity: float


@dataclass(frozen=True, slots=True)
class Watching:
    """How the gists that people look at are kept fresh: counts, and seconds between two checks of one gist."""

    gists: int
    interval_s: float
    #: Of those that somebody looks at just now.
    looked_at: int
    looked_at_interval_s: float


class Watches(Connected):
    """The gists that people look at."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client)
        self._looked = client.register_script(LOOKED)
        self._leads = client.register_script(_LEADS)

    def looked(self, gist_id: str, now: datetime, interval: float) -> bool:
        """Somebody looked at the gist, its badge included: one round trip.

        Its revisit is queued when GitHub was asked for it longer than `interval` seconds ago, once per interval; where
        GitHub's budget is small the watcher may have stretched that.

        Returns:
            True when this look queued one.
        """
        keys, args = look(gist_id, now, interval)
        return bool(self._looked(keys=keys, args=args))

    def asked(self, gist_ids: Iterable[str], now: datetime) -> None:
        """GitHub is being asked for the gists."""
        self.client.zadd(redis_key("checked"), dict.fromkeys(gist_ids, now.timestamp()))

    def watched(self, now: datetime, looked_at_s: float) -> tuple[int, int]:
        """How many gists are watched, and how many of them were looked at within so many seconds.

        Those that nobody looked at for 7 days are dropped first, and the least popular beyond what is watched at most.
        """
        last_week = now.timestamp() - _WATCHED_FOR
        old = cast(list[bytes], self.client.zrangebyscore(redis_key("looked"), "-inf", last_week))
        old += cast(list[bytes], self.client.zrange(redis_key("popular"), 0, -_WATCHED_MOST - 1))
        pipe = self.client.pipeline()
        if old:
            for name in ("looked", "popular", "checked"):
                pipe.zrem(redis_key(name), *old)
        pipe.zremrangebyscore(redis_key("checked"), "-inf", last_week)  # of those asked for that nobody looked at
        pipe.zcard(redis_key("looked"))
        pipe.zcount(redis_key("looked"), now.timestamp() - looked_at_s, "+inf")
        return cast(tuple[int, int], tuple(pipe.execute()[-2:]))

    def due(self, checked_before: datetime) -> list[Watched]:
        """The watched gists that GitHub was asked for last at that time or before."""
        pipe = self.client.pipeline()
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
        """Say how it is going, for a minute; looks keep to that interval."""
        pipe = self.client.pipeline()
        pipe.hset(redis_key("watching"), mapping=cast(Any, asdict(watching)))
        pipe.expire(redis_key("watching"), 60)
        pipe.execute()

    def watching(self) -> Watching | None:
        """How it is going, or None where nobody has watched for a minute."""
        record = cast(dict[bytes, bytes], self.client.hgetall(redis_key("watching")))
        if not record:
            return None
        told = {name.decode(): float(value) for name, value in record.items()}
        return Watching(int(told["gists"]), told["interval_s"], int(told["looked_at"]), told["looked_at_interval_s"])

    def leads(self, role: str, name: str, seconds: int) -> bool:
        """True when that process is the one that does this for all; for so many seconds from now."""
        leader = redis_key("leader", role)
        return bool(self._leads(keys=[leader], args=[name, seconds]))


def look(gist_id: str, now: datetime, interval: float) -> tuple[list[str], list[Any]]:
    """The keys and arguments that `LOOKED` takes."""
    moment = now.timestamp()
    keys = [redis_key(name) for name in ("looked", "popular", "checked", "revisits")]
    keys += [redis_key("missing", gist_id), redis_key("watching")]
    return keys, [gist_id, moment, moment / _POPULAR_HALF, interval]
