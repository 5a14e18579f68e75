"""The workers' heartbeats, who leads, and the name of the installation they belong to."""

from __future__ import annotations

import base64
import json
import time
from typing import Any, cast

from gistrun.store.connection import Client, script
from gistrun.store.keys import redis_key

#: Seconds without a heartbeat after which a worker counts as dead.
WORKER_KEPT = 10


class WorkerShelf:
    """Which processes are at work."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lead = script(client, "lead")
        self._probe = script(client, "probe")

    def try_to_write(self) -> None:
        """Return when Redis runs scripts and takes writes of every kind, which it may not although it answers."""
        self._probe(keys=[redis_key("written")])

    def heartbeat(self, worker: str, facts: dict[str, Any]) -> None:
        """A worker says that it is alive, and what it can do."""
        pipe = self._client.pipeline()
        pipe.set(redis_key("worker", worker), json.dumps(facts), ex=WORKER_KEPT)
        pipe.zadd(redis_key("workers"), {worker: time.time()})
        pipe.zremrangebyscore(redis_key("workers"), "-inf", time.time() - 10 * WORKER_KEPT)
        pipe.execute()

    def gone(self, worker: str) -> None:
        """A worker has stopped."""
        pipe = self._client.pipeline()
        pipe.delete(redis_key("worker", worker))
        pipe.zrem(redis_key("workers"), worker)
        pipe.execute()

    def is_alive(self, worker: str) -> bool:
        """True when the worker gave a heartbeat within the last 10 seconds."""
        return bool(self._client.exists(redis_key("worker", worker)))

    def alive(self) -> dict[str, dict[str, Any]]:
        """The living workers, and what each said of itself."""
        names = [name.decode() for name in cast(list[bytes], self._client.zrange(redis_key("workers"), 0, -1))]
        keys = [redis_key("worker", name) for name in names]
        values = cast(list[bytes | None], self._client.mget(keys)) if keys else []
        return {name: json.loads(value) for name, value in zip(names, values, strict=True) if value}

    def engine_answers(self) -> bool:
        """True when a living worker says that its engine can run something."""
        return any(facts.get("engine") is True for facts in self.alive().values())

    def leads(self, role: str, name: str, seconds: int) -> bool:
        """True when that process does this for all processes. It then holds the role for so many seconds from now."""
        return bool(self._lead(keys=[redis_key("leader", role)], args=[name, seconds]))

    def instance(self) -> str:
        """A random name of this installation, the same for all processes that share this Redis."""
        name = redis_key("instance")
        self._client.set(name, base64.b32encode(time.time_ns().to_bytes(10, "big")).decode().lower(), nx=True)
        return cast(bytes, self._client.get(name)).decode()
