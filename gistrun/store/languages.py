"""Languages as they can be run now, and when they were asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from gistrun.model import ReadyLanguage
from gistrun.store.connection import Connected
from gistrun.store.keys import redis_key


class Languages(Connected):
    """The languages that can be run."""

    def publish_language(self, ready: ReadyLanguage) -> None:
        """The language can be run from now on, with that image."""
        name = redis_key("language", ready.name)
        pipe = self.client.pipeline()
        pipe.delete(name)
        pipe.hset(name, mapping={"image": ready.image, "toolchain": ready.toolchain})
        pipe.incr(redis_key("languages"))
        pipe.execute()

    def publish_broken_language(self, name: str, reason: str) -> None:
        """The language's image could not be made; the reason is a sentence."""
        pipe = self.client.pipeline()
        pipe.delete(redis_key("language", name))
        pipe.hset(redis_key("language", name), "broken", reason)
        pipe.incr(redis_key("languages"))
        pipe.execute()

    def ready_language(self, name: str) -> ReadyLanguage | None:
        """The language as it can be run now, or None."""
        record = cast(dict[bytes, bytes], self.client.hgetall(redis_key("language", name)))
        if b"image" not in record:
            return None
        return ReadyLanguage(name, record[b"image"].decode(), record[b"toolchain"].decode())

    def broken_language(self, name: str) -> str | None:
        """Why the language's image could not be made, or None."""
        reason = cast(bytes | None, self.client.hget(redis_key("language", name), "broken"))
        return reason.decode() if reason else None

    def languages_asked_for(self) -> dict[str, datetime]:
        """When a run was last asked for, of every language that ever was."""
        answer = cast(list[tuple[bytes, float]], self.client.zrange(redis_key("asked"), 0, -1, withscores=True))
        return {name.decode(): datetime.fromtimestamp(at, UTC) for name, at in answer}
