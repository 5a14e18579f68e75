"""GitHub's budget, and who asks GitHub now, for all processes that share this Redis: the ledger of `gistrun.github`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, cast

import redis
from redis.exceptions import LockError

from gistrun.errors import GitHubUnavailable
from gistrun.store.connection import Connected
from gistrun.store.keys import redis_key

#: Seconds for which one may ask GitHub before another is let in; `gistrun.github` asks for less.
_ASKING_KEPT = 75
#: Requests to GitHub for visitors at a time. GitHub allows 100 and asks for fewer.
_VISITORS_AT_ONCE = 8


# A visitor's request to GitHub begins, unless so many are under way; gives its number, or 0. What a lost process has
# begun counts until its time is over. By Redis's own clock, which is the same for all hosts.
_ENTER = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
local visit = redis.call('INCR', KEYS[2])
redis.call('ZADD', KEYS[1], now + ARGV[2], visit)
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], 86400)
return visit
"""


class Ledger(Connected):
    """What the processes that ask GitHub tell each other."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client)
        self._enter = client.register_script(_ENTER)

    def github_standing(self, account: str) -> dict[str, str]:
        """What is known of the account's limits."""
        fields = cast(dict[bytes, bytes], self.client.hgetall(redis_key("github", account)))
        return {name.decode(): value.decode() for name, value in fields.items()}

    def change_github_standing(
        self, account: str, change: Callable[[Mapping[str, str]], Mapping[str, str]], seconds: int
    ) -> None:
        """Replace what is known by what `change` makes of it, as one step; forgotten after so many seconds."""
        name = redis_key("github", account)
        while True:
            with cast(Any, self.client.pipeline()) as pipe:
                try:
                    pipe.watch(name)
                    fields = {key.decode(): value.decode() for key, value in pipe.hgetall(name).items()}
                    pipe.multi()
                    pipe.hset(name, mapping=dict(change(fields)))
                    pipe.expire(name, seconds)
                    pipe.execute()
                    return
                except redis.WatchError:
                    continue

    @contextmanager
    def github_visitor(self, account: str, patience_s: float) -> Iterator[bool]:
        """Held while GitHub is asked for a visitor; False where too many were asking for all that time."""
        name = redis_key("github", account, "visitors")
        deadline = time.monotonic() + patience_s
        args = [_VISITORS_AT_ONCE, _ASKING_KEPT]
        keys = [name, redis_key("github", account, "visits")]
        while not (visit := cast(int, self._enter(keys=keys, args=args))) and time.monotonic() < deadline:
            time.sleep(0.02)
        try:
            yield bool(visit)
        finally:
            if visit:
                self.client.zrem(name, visit)

    @contextmanager
    def github_turn(self, account: str, patience_s: float, yield_s: float) -> Iterator[bool]:
        """Held by the one who asks in the background, from when no visitor asks, or after `yield_s`. False as above."""
        visitors = redis_key("github", account, "visitors")
        with self._held(redis_key("github", account, "turn"), patience_s, sleep=0.05) as taken:
            deadline = time.monotonic() + yield_s
            while taken and time.monotonic() < deadline and self.client.zcard(visitors):
                time.sleep(0.02)
            yield taken

    @contextmanager
    def looking(self, gist_id: str, patience_s: float = _ASKING_KEPT) -> Iterator[None]:
        """Held while asking GitHub for a gist, at whatever revision: of all that want it one asks at a time.

        Raises:
            GitHubUnavailable: others asked for it before, for longer than one waits.
        """
        with self._held(redis_key("looking", gist_id), patience_s, sleep=0.02) as taken:
            if not taken:
                raise GitHubUnavailable(
                    "GitHub is slow to answer, and others are waiting for this gist too. Try again in a moment.",
                    retry_after=10,
                )
            yield

    @contextmanager
    def _held(self, name: str, patience_s: float, sleep: float) -> Iterator[bool]:
        """A lock that is lost with its holder; False where it could not be had."""
        lock: Any = self.client.lock(name, timeout=_ASKING_KEPT, blocking_timeout=patience_s, sleep=sleep)
        taken = bool(lock.acquire())
        try:
            yield taken
        finally:
            if taken:
                with suppress(LockError):  # held for too long: it is another's by now
                    lock.release()

    def github_note(self, name: str) -> dict[str, Any] | None:
        """What was noted under that name, or None."""
        raw = self.client.get(redis_key("github_note", name))
        return cast(dict[str, Any], json.loads(raw)) if raw else None

    def put_github_note(self, name: str, note: dict[str, Any] | None, seconds: int = 0) -> None:
        """Note something for so many seconds; None forgets it."""
        if note is None:
            self.client.delete(redis_key("github_note", name))
        else:
            self.client.set(redis_key("github_note", name), json.dumps(note), ex=seconds)
