"""The ids and revisions for which GitHub has no gist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from gistrun.errors import Gone, NotFound
from gistrun.store.connection import Client
from gistrun.store.keys import DAY, redis_key
from gistrun.store.rendered import changed

#: Seconds after which a badge may have GitHub asked again for a gist that it does not have: doubled each time.
_AGAIN, _LONGEST = 60, DAY
_GONE_KEPT = 30 * DAY


@dataclass(frozen=True, slots=True)
class Missing:
    """GitHub answered that it has no such gist."""

    asked_at: datetime
    #: How often GitHub said so in a row.
    times: int
    #: The sentence for a visitor.
    sentence: str
    #: True when the gist was known before, or when GitHub says that it took the gist down.
    gone: bool

    def error(self) -> NotFound:
        """The error to raise for whoever asks for the gist."""
        return Gone(self.sentence) if self.gone else NotFound(self.sentence)


class MissingShelf:
    """What GitHub answered that it does not have."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def put(self, gist_id: str, revision: str | None, sentence: str, now: datetime, *, gone: bool) -> None:
        """GitHub has no such gist or revision. Badges have it asked for again with exponential backoff."""
        before = self.get(gist_id, revision)
        times = before.times + 1 if before else 1
        wait = min(_AGAIN * 2 ** min(times - 1, 20), _LONGEST)
        name = redis_key("missing", gist_id, *([revision] if revision else []))
        gone = gone or (before is not None and before.gone)
        record = {
            "asked_at": now.isoformat(),
            "again_at": now.timestamp() + wait,
            "times": times,
            "sentence": before.sentence if before and before.gone else sentence,
            "gone": int(gone),
        }
        pipe = self._client.pipeline()
        pipe.hset(name, mapping=cast(Any, record))
        pipe.expire(name, _GONE_KEPT if gone else 2 * wait + 600)
        if revision is None:
            changed(pipe, gist_id)
            for watch in ("looked", "popular", "checked"):
                pipe.zrem(redis_key(watch), gist_id)
        pipe.execute()

    def get(self, gist_id: str, revision: str | None = None) -> Missing | None:
        """What GitHub answered about a gist that it does not have; for a revision also that it lacks the gist."""
        names = [redis_key("missing", gist_id)] + ([redis_key("missing", gist_id, revision)] if revision else [])
        pipe = self._client.pipeline(transaction=False)
        for name in names:
            pipe.hgetall(name)
        record: dict[bytes, bytes] = next((found for found in pipe.execute() if found), {})
        if not record:
            return None
        asked_at = datetime.fromisoformat(record[b"asked_at"].decode())
        return Missing(asked_at, int(record[b"times"]), record[b"sentence"].decode(), record[b"gone"] == b"1")
