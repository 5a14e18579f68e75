"""Who is at work: the workers' signs of life, and the installation they belong to."""

from __future__ import annotations

import base64
import json
import time
from typing import Any, cast

from gistrun.store.connection import Connected
from gistrun.store.keys import redis_key

#: A worker is taken for dead after this many seconds without a sign of life.
WORKER_KEPT = 10


class Workers(Connected):
    """Who is at work."""

    def sign_of_life(self, worker: str, facts: dict[str, Any]) -> None:
        """A worker says that it is alive and what it can do."""
        self.client.set(redis_key("worker", worker), json.dumps(facts), ex=WORKER_KEPT)

    def gone(self, worker: str) -> None:
        """A worker says goodbye."""
        self.client.delete(redis_key("worker", worker))

    def is_alive(self, worker: str) -> bool:
        return bool(self.client.exists(redis_key("worker", worker)))

    def workers(self) -> dict[str, dict[str, Any]]:
        """The living workers and what each said of itself."""
        names = list(self.client.scan_iter(match=redis_key("worker", "*"), count=1000))
        values = cast(list[bytes | None], self.client.mget(names)) if names else []
        found = zip(names, values, strict=True)
        return {name.decode().rpartition(":")[2]: json.loads(value) for name, value in found if value}

    def engine_answers(self) -> bool:
        """True when a living worker says that its engine could run something."""
        return any(facts.get("engine") is True for facts in self.workers().values())

    def instance(self) -> str:
        """A random name of this installation, the same for all that share this Redis."""
        name = redis_key("instance")
        self.client.set(name, base64.b32encode(time.time_ns().to_bytes(10, "big")).decode().lower(), nx=True)
        return cast(bytes, self.client.get(name)).decode()
