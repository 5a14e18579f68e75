"""Pages and badges as they are sent, kept as long as they show how things stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import redis

from gistrun.store.connection import Connected, Lanes
from gistrun.store.keys import DAY, redis_key
from gistrun.store.watches import LOOKED, look

#: Seconds that rendering may take; and how many renderings of one gist are kept.
_RENDERING, _RENDERINGS = 60, 32


# What was rendered counts as long as neither its gist nor any language has changed: a change of the gist removes the
# whole hash, one of a language is counted. What has been shown was looked at, which is written once a second.
# Whoever finds nothing is given a mark, which goes with the hash, so that what was rendered from what has changed
# meanwhile is not kept.
_SHOW = f"""
local languages = redis.call('GET', KEYS[8]) or '0'
local found = redis.call('HGET', KEYS[7], ARGV[5])
if found and string.sub(found, 1, #languages + 1) == languages .. ' ' then
    local function looked() {LOOKED} end
    local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
    if not at or tonumber(ARGV[2]) - tonumber(at) >= 1 then looked() end
    return {{1, string.sub(found, #languages + 2)}}
end
if found then redis.call('DEL', KEYS[7]) end
local mark = redis.call('HGET', KEYS[7], 'mark')
if not mark then
    mark = ARGV[6]
    redis.call('HSET', KEYS[7], 'mark', mark)
    redis.call('EXPIRE', KEYS[7], {_RENDERING})
end
return {{0, mark .. ' ' .. languages}}
"""

# A gist with very many renderings is one that somebody plays with: it begins anew.
_KEEP = f"""
local languages = redis.call('GET', KEYS[2]) or '0'
local mark = redis.call('HGET', KEYS[1], 'mark')
if not mark or mark .. ' ' .. languages ~= ARGV[1] then return 0 end
if redis.call('HLEN', KEYS[1]) > {2 * _RENDERINGS} then
    redis.call('DEL', KEYS[1])
    return 0
end
local kept = redis.call('TTL', KEYS[3])
if kept <= 0 then return 0 end
local before = redis.call('TTL', KEYS[1])
if redis.call('HLEN', KEYS[1]) == 1 or before < 0 then before = {DAY} end
redis.call('HSET', KEYS[1], ARGV[2], languages .. ' ' .. ARGV[3], 'body ' .. ARGV[4], ARGV[5])
redis.call('EXPIRE', KEYS[1], math.min(kept, before, {DAY}))
return 1
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """Something rendered that is kept."""

    digest: str
    #: Time of the epoch after which it is not to be shown; 0 for none.
    until: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Stands for how things stood when it was given."""

    value: str


class Rendered(Connected):
    """What was rendered of gists."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client)
        self._show = client.register_script(_SHOW)
        self._keep = client.register_script(_KEEP)
        self._lanes = Lanes(client.connection_pool)

    def show(self, gist_id: str, name: str, mark: str, now: datetime, interval: float) -> Shown | Mark:
        """What is kept under that name of the gist as it stands, and is looked at by that; one round trip.

        Args:
            mark: another one each time.
            interval: as `looked` takes it.

        Returns:
            Shown, or a Mark to be given to `keep` with what is rendered from what is read from now on.
        """
        keys, args = look(gist_id, now, interval)
        keys += [redis_key("rendered", gist_id), redis_key("languages")]
        args += [name, mark]
        try:
            words = [str(word).encode() for word in ("EVALSHA", self._show.sha, len(keys), *keys, *args)]
            found, told = self._lanes.ask(*words)
        except redis.exceptions.NoScriptError:
            found, told = cast(Any, self._show(keys=keys, args=args))
        if not found:
            return Mark(told.decode())
        digest, _, until = told.decode().partition(" ")
        return Shown(digest, float(until))

    def keep(self, gist_id: str, name: str, mark: Mark, run_id: str, digest: str, until: float, body: bytes) -> bool:
        """Keep what was rendered of the gist with that run, as long as it shows how things stand.

        Args:
            digest: names the body; equal ones are equal.
            until: time of the epoch after which it is not shown, kept though it be; 0 for none.

        Returns:
            False when something has changed since the mark was given.
        """
        keys = [redis_key("rendered", gist_id), redis_key("languages"), redis_key("run", run_id)]
        return bool(self._keep(keys=keys, args=[mark.value, name, f"{digest} {until}", digest, body]))

    def body(self, gist_id: str, digest: str) -> bytes | None:
        """What was kept with that digest."""
        return cast(bytes | None, self.client.hget(redis_key("rendered", gist_id), f"body {digest}"))


def changed(pipe: Any, gist_id: str) -> None:
    """What is shown of the gist may be another from now on; what is being rendered will not be kept."""
    pipe.delete(redis_key("rendered", gist_id))
