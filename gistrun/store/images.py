"""The images that programs can run on now, those that are asked for, and when each was last used."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from gistrun.model import Image, Run
from gistrun.store.connection import Client
from gistrun.store.keys import redis_key

#: Seconds after which an image that could not be made may be asked for again.
_BROKEN_S = 600


class ImageShelf:
    """Images, each by its name: the language's, or "language@version"."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def publish(self, image: Image) -> None:
        """Programs can run on that image from now on."""
        self._replace(image.name, {"digest": image.digest, "toolchain": image.toolchain}, None)

    def publish_broken(self, name: str, reason: str) -> None:
        """The image could not be made; the reason is a sentence. It may be asked for again after a while."""
        self._replace(name, {"broken": reason}, _BROKEN_S)

    def _replace(self, name: str, fields: Mapping[str, str], kept_s: int | None) -> None:
        key = redis_key("image", name)
        pipe = self._client.pipeline()
        pipe.delete(key)
        pipe.hset(key, mapping=dict(fields))
        if kept_s:
            pipe.expire(key, kept_s)
        pipe.zrem(redis_key("images", "wanted"), name)
        pipe.incr(redis_key("images"))
        pipe.execute()

    def ready(self, name: str) -> Image | None:
        """The image, or None while no program can run on it."""
        record = cast(dict[bytes, bytes], self._client.hgetall(redis_key("image", name)))
        if b"digest" not in record:
            return None
        return Image(name, record[b"digest"].decode(), record[b"toolchain"].decode())

    def ready_for(self, run: Run) -> Image | None:
        """The image on which the same program would run now, or None while that is not ready."""
        return self.ready(f"{run.language}@{run.version}") or self.ready(run.language)

    def broken(self, name: str) -> str | None:
        """Why the image could not be made, or None."""
        return self._field(name, "broken")

    def forget(self, name: str) -> None:
        """The image was removed."""
        pipe = self._client.pipeline()
        pipe.delete(redis_key("image", name))
        pipe.incr(redis_key("images"))
        pipe.execute()

    def want(self, name: str) -> None:
        """Ask for an image that is not there. A builder makes it, unless it could not be made a short while ago."""
        if self.broken(name) is None:
            self._client.zadd(redis_key("images", "wanted"), {name: time.time()}, nx=True)

    def wanted(self) -> list[str]:
        """The images that are asked for, the one asked for first leading."""
        return [name.decode() for name in cast(list[bytes], self._client.zrange(redis_key("images", "wanted"), 0, -1))]

    def report(self, name: str, progress: str) -> None:
        """How far a builder has come with an image, as a sentence."""
        self._client.hset(redis_key("image", name), "progress", progress)

    def progress(self, name: str) -> str | None:
        """The last report about an image that is being made, or None."""
        return self._field(name, "progress")

    def _field(self, name: str, field: str) -> str | None:
        value = cast(bytes | None, self._client.hget(redis_key("image", name), field))
        return value.decode() if value else None

    def last_asked_for(self) -> dict[str, datetime]:
        """When a run was last asked for, of every image that ever was needed."""
        answer = cast(list[tuple[bytes, float]], self._client.zrange(redis_key("asked"), 0, -1, withscores=True))
        return {name.decode(): datetime.fromtimestamp(at, UTC) for name, at in answer}
