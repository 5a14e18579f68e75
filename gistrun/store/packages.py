"""The locks of what programs wanted, and when each environment was used last."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Mapping
from typing import Any, cast

from gistrun.model import Gist, Lock, Program, digest, from_record, to_record
from gistrun.store.connection import Client
from gistrun.store.gists import INDEX_KEPT, index
from gistrun.store.keys import DAY, redis_key

#: Seconds for which the same wish leads to the same lock in every gist, and for which a gist keeps its own.
_TODAY, _KEPT = DAY, INDEX_KEPT


class PackageShelf:
    """What is remembered of packages."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def lock_of(self, gist: Gist, program: Program) -> Lock | None:
        """The lock of the packages with which a program of that revision ran before."""
        return self._read(_key(gist, program))

    def keep(self, gist: Gist, program: Program, lock: Lock) -> None:
        """A program of that revision has these packages from now on."""
        pipe = self._client.pipeline()
        name = _key(gist, program)
        pipe.set(name, _packed(lock), ex=_KEPT)
        index(pipe, gist.id, None, name)
        pipe.execute()

    def forget(self, gist: Gist, program: Program) -> None:
        """Have what a program of that revision wants resolved anew, with the packages that there are today."""
        if lock := self.lock_of(gist, program):
            self._client.delete(_key(gist, program), redis_key("lock", lock.wanted))

    def lock_of_today(self, wanted: str) -> Lock | None:
        """See `packages.memory.Memory`."""
        return self._read(redis_key("lock", wanted))

    def resolved(self, lock: Lock) -> None:
        """See `packages.memory.Memory`."""
        self._client.set(redis_key("lock", lock.wanted), _packed(lock), ex=_TODAY)

    def used(self, image: str) -> None:
        """See `packages.memory.Memory`."""
        self._client.zadd(redis_key("asked"), {image: time.time()})

    def last_used(self) -> Mapping[str, float]:
        """See `packages.memory.Memory`."""
        answer = cast(list[tuple[bytes, float]], self._client.zrange(redis_key("asked"), 0, -1, withscores=True))
        return {name.decode(): at for name, at in answer}

    def removed(self, image: str) -> None:
        """See `packages.memory.Memory`."""
        self._client.zrem(redis_key("asked"), image)

    def shared(self, key: str) -> str | None:
        """See `packages.memory.Memory`."""
        pipe = self._client.pipeline()
        pipe.get(redis_key("shared", key))
        pipe.expire(redis_key("shared", key), _KEPT)
        value = cast(list[bytes | None], pipe.execute())[0]
        return value.decode() if value else None

    def was_shared(self, key: str, digest: str) -> None:
        """See `packages.memory.Memory`."""
        self._client.set(redis_key("shared", key), digest, ex=_KEPT)

    def is_not_shared(self, key: str) -> None:
        """See `packages.memory.Memory`."""
        self._client.delete(redis_key("shared", key), redis_key("sharing", key))

    def may_share(self, key: str, seconds: int) -> bool:
        """See `packages.memory.Memory`."""
        return bool(self._client.set(redis_key("sharing", key), 1, nx=True, ex=seconds))

    def _read(self, name: str) -> Lock | None:
        value = cast(bytes | None, self._client.get(name))
        return from_record(Lock, json.loads(zlib.decompress(value))) if value else None


def _key(gist: Gist, program: Program) -> str:
    which = digest([program.file, program.language, program.version])
    return redis_key("lock", gist.id, gist.revision, which)


def _packed(lock: Lock) -> Any:
    return zlib.compress(json.dumps(to_record(lock)).encode())
