"""Gists at their revisions, and the latest revision known."""

from __future__ import annotations

import json
import time
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from gistrun.errors import NotFound
from gistrun.model import Gist, shown_edition, timestamp, to_record
from gistrun.store.connection import Client, atomically, lock
from gistrun.store.gist_records import Latest, gist_record, read_gist, read_latest
from gistrun.store.keys import DAY, gist_stream, redis_key
from gistrun.store.missing import MissingShelf
from gistrun.store.rendered import changed

_GIST_KEPT = 30 * DAY
#: Seconds; longer than any key in the index is kept.
INDEX_KEPT = 31 * DAY
#: Events kept for open pages that reconnect. A page that is opened later is told the current state.
_GIST_EVENTS, _GIST_EVENTS_KEPT = 16, DAY
#: Seconds for which one process may ask GitHub for a gist. `gistrun.github` gives up earlier.
_FETCH_LEASE_S = 75


class GistShelf:
    """The gists that are known."""

    def __init__(self, client: Client, missing: MissingShelf) -> None:
        self._client = client
        self._missing = missing

    def get(self, gist_id: str, revision: str | None = None) -> Gist | None:
        """The gist as last stored, or None. `public` is always the current value, even for an old revision."""
        latest = self._latest(gist_id)
        pinned = revision is not None
        if revision is None:
            if latest is None:
                return None
            revision = latest.revision
        gist = read_gist(self._client.get(redis_key("gist", gist_id, revision)))
        if gist is None or latest is None:
            return gist
        gist = replace(gist, public=latest.public)
        if pinned:
            return gist
        return replace(gist, etag=latest.etag, checked_at=latest.checked_at, trouble=latest.trouble)

    def put(self, gist: Gist, pinned: bool) -> None:
        """Keep a gist. Unless it is pinned it is the latest revision from now on, and open pages are told."""
        name = redis_key("gist", gist.id, gist.revision)
        pipe = self._client.pipeline()
        pipe.set(name, gist_record(gist), ex=_GIST_KEPT)
        index(pipe, gist.id, gist.checked_at, name)
        pipe.delete(redis_key("missing", gist.id, gist.revision))
        if not pinned:
            checked_at = gist.checked_at or datetime.fromtimestamp(0, UTC)
            latest = Latest(
                revision=gist.revision,
                etag=gist.etag,
                checked_at=checked_at,
                asked_at=checked_at,
                updated_at=gist.updated_at,
                owner=gist.owner,
                public=gist.public,
                edition=gist.edition,
            )
            _put_latest(pipe, gist.id, latest)
        pipe.execute()

    def confirm(self, gist_id: str, checked_at: datetime, *, listed: bool = False) -> None:
        """GitHub said at that time that the stored revision is the latest one.

        Args:
            listed: GitHub said so by a list of its owner's changed gists, not by an answer about this gist.
        """

        def confirmed(latest: Latest) -> Latest:
            asked_at = latest.asked_at if listed else checked_at
            return replace(latest, checked_at=checked_at, asked_at=asked_at, trouble=None)

        def change(pipe: Any) -> None:
            latest = read_latest(pipe.get(redis_key("gist", gist_id)))
            pipe.multi()
            if latest is None or checked_at < latest.checked_at:
                return
            snapshot = redis_key("gist", gist_id, latest.revision)
            pipe.expire(snapshot, _GIST_KEPT)
            index(pipe, gist_id, checked_at, snapshot)
            _put_latest(pipe, gist_id, confirmed(latest))

        atomically(self._client, redis_key("gist", gist_id), change)

    def put_trouble(self, gist_id: str, trouble: str) -> None:
        """GitHub gave no answer about the gist; the sentence says why. Its pages show the sentence."""

        def change(pipe: Any) -> None:
            latest = read_latest(pipe.get(redis_key("gist", gist_id)))
            pipe.multi()
            if latest is not None:
                _put_latest(pipe, gist_id, replace(latest, trouble=trouble))

        atomically(self._client, redis_key("gist", gist_id), change)

    def latest(self, gist_id: str) -> Latest | None:
        """What is known of the gist's latest revision; None when its files are not stored."""
        latest = self._latest(gist_id)
        if latest is None or not self._client.exists(redis_key("gist", gist_id, latest.revision)):
            return None
        return latest

    def latest_of(self, gist_ids: list[str]) -> dict[str, Latest]:
        """What is known of those of the gists that are stored."""
        found = self._client.mget([redis_key("gist", gist_id) for gist_id in gist_ids]) if gist_ids else []
        records = zip(gist_ids, map(read_latest, cast(list[Any], found)), strict=True)
        return {gist_id: latest for gist_id, latest in records if latest}

    def latest_revision(self, gist_id: str) -> str | None:
        """The latest revision known, or None; whether its files are stored is not looked at.

        Raises:
            NotFound: GitHub said when it was last asked that there is none.
        """
        pipe = self._client.pipeline(transaction=False)
        pipe.get(redis_key("gist", gist_id))
        pipe.exists(redis_key("missing", gist_id))
        raw, missing = pipe.execute()
        if missing:
            raise NotFound(f"GitHub has no gist {gist_id}, or it is private.")
        latest = read_latest(raw)
        return latest.revision if latest else None

    def is_public(self, gist_id: str) -> bool:
        """As GitHub said last: a gist may have turned secret since it ran."""
        latest = self._latest(gist_id)
        return latest is not None and latest.public

    def remove(self, gist_id: str, sentence: str, now: datetime) -> None:
        """GitHub does not have the gist any more: everything kept of it goes, and its pages and badge say so."""
        indexed = redis_key("gist", gist_id, "keys")
        names = cast(list[bytes], self._client.zrange(indexed, 0, -1))
        pipe = self._client.pipeline()
        pipe.unlink(indexed, redis_key("gist", gist_id), *names)
        changed(pipe, gist_id)
        _publish(pipe, gist_id, "gone", {"message": sentence})
        pipe.execute()
        self._missing.put(gist_id, None, sentence, now, gone=True)

    def fetch_lock(self, gist_id: str, patience_s: float = _FETCH_LEASE_S) -> AbstractContextManager[bool]:
        """Held while GitHub is asked for a gist, at whatever revision; False when it was not free in time."""
        return lock(self._client, redis_key("looking", gist_id), _FETCH_LEASE_S, patience_s, poll_s=0.02)

    def _latest(self, gist_id: str) -> Latest | None:
        return read_latest(self._client.get(redis_key("gist", gist_id)))


def index(pipe: Any, gist_id: str, at: datetime | None, *names: str) -> None:
    """Remember the keys as this gist's, so that they are removed when it is gone.

    Everything that is written about a gist goes through here, so this also ends what was rendered of it before.
    """
    changed(pipe, gist_id)
    moment = at.timestamp() if at else time.time()
    indexed = redis_key("gist", gist_id, "keys")
    pipe.zadd(indexed, dict.fromkeys(names, moment))
    pipe.zremrangebyscore(indexed, "-inf", moment - INDEX_KEPT)
    pipe.expire(indexed, INDEX_KEPT)


def _put_latest(pipe: Any, gist_id: str, latest: Latest) -> None:
    pipe.set(redis_key("gist", gist_id), json.dumps(to_record(latest)), ex=_GIST_KEPT)
    pipe.delete(redis_key("missing", gist_id))
    changed(pipe, gist_id)
    event = {
        "revision": latest.revision,
        "checked_at": timestamp(latest.checked_at),
        "edition": shown_edition(latest.edition, latest.trouble),
    }
    _publish(pipe, gist_id, "gist", event)


def _publish(pipe: Any, gist_id: str, event: str, data: dict[str, Any]) -> None:
    name = gist_stream(gist_id)
    pipe.xadd(name, {"event": event, "data": json.dumps(data)}, maxlen=_GIST_EVENTS)
    pipe.expire(name, _GIST_EVENTS_KEPT)
