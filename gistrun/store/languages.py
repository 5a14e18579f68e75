"""The languages that can be run now, and when each was last asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from gistrun.model import ReadyLanguage
from gistrun.store.connection import Client
from gistrun.store.keys import redis_key


class LanguageShelf:
    """The languages that can be run."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def publish(self, ready: ReadyLanguage) -> None:
        """The language can be run from now on, with that image."""
        self._replace(ready.name, {"image": ready.image, "toolchain": ready.toolchain})

    def publish_broken(self, name: str, reason: str) -> None:
        """The language's image could not be made; the reason is a sentence."""
        self._replace(name, {"broken": reason})

    def _replace(self, name: str, fields: dict[str, str]) -> None:
        key = redis_key("language", name)
        pipe = self._client.pipeline()
        pipe.delete(key)
        pipe.hset(key, mapping=fields)
        pipe.incr(redis_key("languages"))
        pipe.execute()

    def ready(self, name: str) -> ReadyLanguage | None:
        """The language as it can be run now, or None."""
        record = cast(dict[bytes, bytes], self._client.hgetall(redis_key("language", name)))
        if b"image" not in record:
            return None
        return ReadyLanguage(name, record[b"image"].decode(), record[b"toolchain"].decode())

    def broken(self, name: str) -> str | None:
        """Why the language's image could not be made, or None."""
        reason = cast(bytes | None, self._client.hget(redis_key("language", name), "broken"))
        return reason.decode() if reason else None

    def last_asked_for(self) -> dict[str, datetime]:
        """When a run was last asked for, of every language that ever was."""
        answer = cast(list[tuple[bytes, float]], self._client.zrange(redis_key("asked"), 0, -1, withscores=True))
        return {name.decode(): datetime.fromtimestamp(at, UTC) for name, at in answer}
