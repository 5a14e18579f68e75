"""Pages and badges as they are sent, kept as long as they show the current state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import redis

from gistrun.errors import StoreReadOnly
from gistrun.store.connection import Client, script
from gistrun.store.direct import DirectConnections
from gistrun.store.keys import DAY, redis_key
from gistrun.store.watches import view_arguments

#: Seconds that rendering may take; and how many renderings of one gist are kept.
_RENDERING, _RENDERINGS = 60, 32


@dataclass(frozen=True, slots=True)
class Shown:
    """A rendering that is kept."""

    digest: str
    #: Time of the epoch after which it is not to be shown; 0 for none.
    until: float


@dataclass(frozen=True, slots=True)
class Token:
    """Stands for the state of gist and images at the moment when it was given."""

    value: str
    gist: str
    #: The name under which a rendering was asked for, and will be kept.
    name: str


class RenderedShelf:
    """Renderings of gists."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._show = script(client, "view", "show")
        self._keep = script(client, "keep")
        self._direct = DirectConnections(client)

    def show(self, gist_id: str, name: str, token: str, now: datetime, interval: float) -> Shown | Token:
        """The rendering kept under that name, if it still shows the current state. Counts as a view; one round trip.

        Args:
            token: a new one each time.
            interval: seconds, as for `WatchShelf.view`.

        Returns:
            Shown, or a Token. Give the token to `keep`, with what is rendered from what is read from now on.

        Raises:
            StoreReadOnly: Redis takes no writes, so there is no token, and none that is kept.
        """
        keys, args = view_arguments(gist_id, now, interval)
        keys += [redis_key("rendered", gist_id), redis_key("images")]
        args += [name, token, _RENDERING]
        try:
            words = [str(word).encode() for word in ("EVALSHA", self._show.sha, len(keys), *keys, *args)]
            found, answer = self._direct.ask(*words)
        except redis.exceptions.NoScriptError:
            found, answer = cast(Any, self._show(keys=keys, args=args))
        except StoreReadOnly:
            if shown := self._read(gist_id, name):
                return shown
            raise
        return _shown(answer) if found else Token(answer.decode(), gist_id, name)

    def _read(self, gist_id: str, name: str) -> Shown | None:
        """The rendering that is kept and still true, without anything written: no view is counted."""
        pipe = self._client.pipeline(transaction=False)
        pipe.get(redis_key("images"))
        pipe.hget(redis_key("rendered", gist_id), name)
        version, found = pipe.execute()
        counted, _, answer = (found or b"").partition(b" ")
        return _shown(answer) if found and counted == (version or b"0") else None

    def keep(self, token: Token, run_id: str, digest: str, until: float, body: bytes) -> bool:
        """Keep a rendering with that run under the token's name, until the state that it shows changes.

        Args:
            digest: names the body; equal digests mean equal bodies.
            until: time of the epoch after which it is not shown although it is kept; 0 for none.

        Returns:
            False when something has changed since the token was given.
        """
        keys = [redis_key("rendered", token.gist), redis_key("images"), redis_key("run", run_id)]
        args: list[Any] = [token.value, token.name, f"{digest} {until}", f"body {digest}", body, DAY, 2 * _RENDERINGS]
        return bool(self._keep(keys=keys, args=args))

    def body(self, gist_id: str, digest: str) -> bytes | None:
        """What was kept with that digest."""
        return cast(bytes | None, self._client.hget(redis_key("rendered", gist_id), f"body {digest}"))


def _shown(record: bytes) -> Shown:
    digest, _, until = record.decode().partition(" ")
    return Shown(digest, float(until))


def changed(pipe: Any, gist_id: str) -> None:
    """What is shown of the gist may differ from now on. What is being rendered at this moment will not be kept."""
    pipe.delete(redis_key("rendered", gist_id))
