"""Gists at their revisions, the latest revision known, and the ids for which GitHub has no gist."""

from __future__ import annotations

import json
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

from gistrun.errors import Gone, NotFound
from gistrun.model import Gist, from_record, shown_edition, timestamp, to_record
from gistrun.store.connection import Client, atomically, lock
from gistrun.store.keys import DAY, gist_stream, redis_key
from gistrun.store.rendered import changed

_GIST_KEPT = 30 * DAY
#: Seconds; longer than any key in the index is kept.
INDEX_KEPT = 31 * DAY
#: Seconds after which a badge may have GitHub asked again for a gist that it does not have: doubled each time.
_MISSING_AGAIN, _MISSING_LONGEST = 60, DAY
_GONE_KEPT = 30 * DAY
#: Events kept for open pages that reconnect. A page that is opened later is told the current state.
_GIST_EVENTS, _GIST_EVENTS_KEPT = 16, DAY
#: Seconds for which one process may ask GitHub for a gist. `gistrun.github` gives up earlier.
_FETCH_LEASE_S = 75


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


@dataclass(frozen=True, slots=True)
class Latest:
    """What is known of a gist's latest revision, without its files."""

    revision: str
    etag: str | None
    checked_at: datetime
    #: When GitHub was asked for this very gist. A list of its owner's gists may have confirmed the gist later.
    asked_at: datetime
    #: GitHub's text, as it came.
    updated_at: str | None
    owner: str | None
    public: bool
    edition: str
    trouble: str | None = None

    @property
    def changed_at(self) -> datetime | None:
        """`updated_at` as a time; None where GitHub gave none that can be read."""
        try:
            return datetime.fromisoformat(self.updated_at or "")
        except ValueError:
            return None


class GistShelf:
    """Gists, and the ids for which GitHub has none."""

    def __init__(self, client: Client) -> None:
        self._client = client

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
        pipe.set(name, _gist_record(gist), ex=_GIST_KEPT)
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
            latest = _read_latest(pipe.get(redis_key("gist", gist_id)))
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
            latest = _read_latest(pipe.get(redis_key("gist", gist_id)))
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
        records = zip(gist_ids, map(_read_latest, cast(list[Any], found)), strict=True)
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
        latest = _read_latest(raw)
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
        self.put_missing(gist_id, None, sentence, now, gone=True)

    def put_missing(self, gist_id: str, revision: str | None, sentence: str, now: datetime, *, gone: bool) -> None:
        """GitHub has no such gist or revision. Badges have it asked for again with exponential backoff."""
        before = self.missing(gist_id, revision)
        times = before.times + 1 if before else 1
        wait = min(_MISSING_AGAIN * 2 ** min(times - 1, 20), _MISSING_LONGEST)
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

    def missing(self, gist_id: str, revision: str | None = None) -> Missing | None:
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

    def fetch_lock(self, gist_id: str, patience_s: float = _FETCH_LEASE_S) -> AbstractContextManager[bool]:
        """Held while GitHub is asked for a gist, at whatever revision; False when it was not free in time."""
        return lock(self._client, redis_key("looking", gist_id), _FETCH_LEASE_S, patience_s, poll_s=0.02)

    def _latest(self, gist_id: str) -> Latest | None:
        return _read_latest(self._client.get(redis_key("gist", gist_id)))


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


def read_gist(raw: Any) -> Gist | None:
    """The gist in a stored record; None where there is none that can be read, so that GitHub is asked again."""
    if not raw:
        return None
    end = raw.find(b"\n")
    head = json.loads(raw[:end] if end >= 0 else raw)
    try:
        gist = from_record(Gist, head)
    except KeyError:
        return None
    if end < 0:
        return gist  # an earlier version wrote it, with the contents in the JSON
    files, at = [], end + 1
    for file, size in zip(gist.files, head["sizes"], strict=True):
        files.append(replace(file, content=raw[at : at + size]))
        at += size
    return replace(gist, files=tuple(files))


def _gist_record(gist: Gist) -> bytes:
    """A line of JSON, then the contents of the files as they are: a base64 of 10 MB costs more than all of Redis."""
    head = to_record(replace(gist, files=tuple(replace(file, content=b"") for file in gist.files)))
    head["sizes"] = [file.size for file in gist.files]
    return b"".join([json.dumps(head).encode(), b"\n", *(file.content for file in gist.files)])


def _read_latest(raw: Any) -> Latest | None:
    try:
        return from_record(Latest, json.loads(raw)) if raw else None
    except KeyError:  # an earlier version wrote it
        return None


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
