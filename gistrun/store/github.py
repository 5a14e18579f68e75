"""GitHub's budget, and who may ask GitHub now, for all processes together: the ledger of `gistrun.github`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from gistrun.store.connection import Client, atomically, lock, script
from gistrun.store.keys import DAY, redis_key

#: Seconds for which one process may ask GitHub before the next one may. `gistrun.github` gives up earlier.
_LEASE_S = 75
#: Requests to GitHub for visitors at a time. GitHub allows 100 and recommends fewer.
_VISITORS_AT_ONCE = 8


class GitHubShelf:
    """What the processes that ask GitHub share."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._enter = script(client, "enter_github")

    def github_standing(self, account: str) -> dict[str, str]:
        """What is known of the account's limits."""
        fields = cast(dict[bytes, bytes], self._client.hgetall(redis_key("github", account)))
        return {name.decode(): value.decode() for name, value in fields.items()}

    def change_github_standing(
        self, account: str, change: Callable[[Mapping[str, str]], Mapping[str, str]], seconds: int
    ) -> None:
        """Replace what is known by what `change` makes of it, as one step. It is forgotten after so many seconds."""
        name = redis_key("github", account)

        def replace(pipe: Any) -> None:
            fields = {key.decode(): value.decode() for key, value in pipe.hgetall(name).items()}
            pipe.multi()
            pipe.hset(name, mapping=dict(change(fields)))
            pipe.expire(name, seconds)

        atomically(self._client, name, replace)

    @contextmanager
    def github_visitor(self, account: str, patience_s: float) -> Iterator[bool]:
        """Held while GitHub is asked for a visitor; False when too many were asking for all that time."""
        asking = redis_key("github", account, "visitors")
        deadline = time.monotonic() + patience_s
        keys, args = [asking, redis_key("github", account, "visits")], [_VISITORS_AT_ONCE, _LEASE_S, DAY]
        while not (visit := cast(int, self._enter(keys=keys, args=args))) and time.monotonic() < deadline:
            time.sleep(0.02)
        try:
            yield bool(visit)
        finally:
            if visit:
                self._client.zrem(asking, visit)

    @contextmanager
    def github_turn(self, account: str, patience_s: float, yield_s: float) -> Iterator[bool]:
        """Held by the one process that asks in the background; it first waits up to `yield_s` while visitors ask.

        Gives False when another process held it for longer than `patience_s`.
        """
        visitors = redis_key("github", account, "visitors")
        with lock(self._client, redis_key("github", account, "turn"), _LEASE_S, patience_s, poll_s=0.05) as taken:
            deadline = time.monotonic() + yield_s
            while taken and time.monotonic() < deadline and self._client.zcard(visitors):
                time.sleep(0.02)
            yield taken

    def github_note(self, name: str) -> dict[str, Any] | None:
        """The cached answer of that name, or None."""
        raw = self._client.get(redis_key("github_note", name))
        return cast(dict[str, Any], json.loads(raw)) if raw else None

    def put_github_note(self, name: str, note: dict[str, Any] | None, seconds: int = 0) -> None:
        """Cache an answer for so many seconds; None removes it."""
        if note is None:
            self._client.delete(redis_key("github_note", name))
        else:
            self._client.set(redis_key("github_note", name), json.dumps(note), ex=seconds)
