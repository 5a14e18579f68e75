"""Gists at their revisions, the latest one known, and what GitHub has not."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

import redis

from gistrun.errors import Gone, NotFound
from gistrun.model import Gist, GistFile, shown_edition, timestamp
from gistrun.store.connection import Connected
from gistrun.store.keys import DAY, gist_stream, redis_key
from gistrun.store.rendered import changed

_GIST_KEPT = 30 * DAY
#: Longer than anything that it names.
INDEX_KEPT = 31 * DAY
#: What GitHub does not have is asked for again by who merely shows a badge after a minute, then two, four, … a day.
_MISSING_AGAIN, _MISSING_LONGEST = 60, DAY
_GONE_KEPT = 30 * DAY
#: What open pages may still have to be told; a page that comes later is told how things stand.
_GIST_EVENTS, _GIST_EVENTS_KEPT = 16, DAY


@dataclass(frozen=True, slots=True)
class Missing:
    """What GitHub answered it does not have."""

    asked_at: datetime
    #: How often it was missing in a row.
    times: int
    #: What a person is told.
    sentence: str
    #: True when it was known before, or GitHub says that it took it down.
    gone: bool

    def error(self) -> NotFound:
        """To be raised to who asks for it."""
        return Gone(self.sentence) if self.gone else NotFound(self.sentence)


@dataclass(frozen=True, slots=True)
class Latest:
    """What is known of a gist without its files."""

    revision: str
    etag: str | None
    checked_at: datetime
    #: When GitHub was asked for this very gist: later, it may have been confirmed by a list of its owner's.
    asked_at: datetime
    updated_at: datetime | None
    owner: str | None
    public: bool


class Gists(Connected):
    """Gists, and those that GitHub has not."""

    def gist(self, gist_id: str, revision: str | None = None) -> Gist | None:
        """The gist as last stored, or None. What is known of the gist whatever its revision is of today."""
        raw = self.client.get(redis_key("gist", gist_id))
        latest = latest_record(raw) or {}
        pinned = revision is not None
        if revision is None:
            if not latest:
                return None
            revision = latest["revision"]
        raw = self.client.get(redis_key("gist", gist_id, revision))
        if raw is None:
            return None
        gist = gist_from_json(json.loads(raw))
        if not latest:
            return gist
        gist = replace(gist, public=latest["public"])
        if pinned:
            return gist
        checked_at = datetime.fromisoformat(latest["checked_at"])
        return replace(gist, etag=latest["etag"], checked_at=checked_at, trouble=latest["trouble"])

    def put_gist(self, gist: Gist, pinned: bool) -> None:
        """Keep a gist; unless pinned it is the latest revision from now on, and open pages are told."""
        name = redis_key("gist", gist.id, gist.revision)
        pipe = self.client.pipeline()
        pipe.set(name, json.dumps(_gist_as_json(gist)), ex=_GIST_KEPT)
        index(pipe, gist.id, gist.checked_at, name)
        pipe.delete(redis_key("missing", gist.id, gist.revision))
        if not pinned:
            checked_at = (gist.checked_at or datetime.fromtimestamp(0, UTC)).isoformat()
            latest = {
                "revision": gist.revision,
                "etag": gist.etag,
                "checked_at": checked_at,
                "asked_at": checked_at,
                "updated_at": gist.updated_at,
                "owner": gist.owner,
                "public": gist.public,
                "edition": gist.edition,
                "trouble": None,
            }
            self._put_latest(pipe, gist.id, latest)
        pipe.execute()

    def confirm_gist(
        self, gist_id: str, checked_at: datetime | None, *, trouble: str | None = None, listed: bool = False
    ) -> None:
        """GitHub said at that time that the latest revision is the one stored; None: it gave no answer, `trouble`.

        Args:
            listed: it did not speak of this gist, but of what its owner changed.
        """
        name = redis_key("gist", gist_id)
        while True:
            with cast(Any, self.client.pipeline()) as pipe:
                try:
                    pipe.watch(name)
                    raw = pipe.get(name)
                    latest = latest_record(raw)
                    if latest is None:
                        return
                    if checked_at and checked_at < datetime.fromisoformat(latest["checked_at"]):
                        return
                    if checked_at:
                        latest["checked_at"] = checked_at.isoformat()
                    if checked_at and not listed:
                        latest["asked_at"] = checked_at.isoformat()
                    latest["trouble"] = trouble
                    pipe.multi()
                    if checked_at:
                        snapshot = redis_key("gist", gist_id, latest["revision"])
                        pipe.expire(snapshot, _GIST_KEPT)
                        index(pipe, gist_id, checked_at, snapshot)
                    self._put_latest(pipe, gist_id, latest)
                    pipe.execute()
                    return
                except redis.WatchError:
                    continue

    def latest(self, gist_id: str) -> Latest | None:
        """What is known of the gist without its files; None when they are not stored."""
        raw = self.client.get(redis_key("gist", gist_id))
        latest = latest_record(raw)
        if latest is None or not self.client.exists(redis_key("gist", gist_id, latest["revision"])):
            return None
        return _latest(latest)

    def latest_of(self, gist_ids: list[str]) -> dict[str, Latest]:
        """What is known of those of the gists that are stored."""
        found = self.client.mget([redis_key("gist", gist_id) for gist_id in gist_ids]) if gist_ids else []
        records = zip(gist_ids, map(latest_record, found), strict=True)
        return {gist_id: _latest(record) for gist_id, record in records if record}

    def latest_revision(self, gist_id: str) -> str | None:
        """The latest revision known, without the files.

        Raises:
            NotFound: GitHub said when it was asked last that there is none.
        """
        pipe = self.client.pipeline(transaction=False)
        pipe.get(redis_key("gist", gist_id))
        pipe.exists(redis_key("missing", gist_id))
        raw, missing = pipe.execute()
        if missing:
            raise NotFound(f"GitHub has no gist {gist_id}, or it is not for us to see.")
        latest = latest_record(raw)
        return latest["revision"] if latest else None

    def _put_latest(self, pipe: Any, gist_id: str, latest: dict[str, Any]) -> None:
        pipe.set(redis_key("gist", gist_id), json.dumps(latest), ex=_GIST_KEPT)
        pipe.delete(redis_key("missing", gist_id))
        changed(pipe, gist_id)
        checked_at = timestamp(datetime.fromisoformat(latest["checked_at"]))
        edition = shown_edition(latest["edition"], latest["trouble"])
        told = {"revision": latest["revision"], "checked_at": checked_at, "edition": edition}
        _tell(pipe, gist_id, "gist", told)

    def forget_gist(self, gist_id: str, sentence: str, now: datetime) -> None:
        """GitHub has it no more: everything kept of it is removed, and its pages and badge say so."""
        indexed = redis_key("gist", gist_id, "keys")
        names = cast(list[bytes], self.client.zrange(indexed, 0, -1))
        pipe = self.client.pipeline()
        pipe.unlink(indexed, redis_key("gist", gist_id), *names)
        changed(pipe, gist_id)
        _tell(pipe, gist_id, "gone", {"message": sentence})
        pipe.execute()
        self.put_missing(gist_id, None, sentence, now, gone=True)

    def put_missing(self, gist_id: str, revision: str | None, sentence: str, now: datetime, *, gone: bool) -> None:
        """GitHub has no such gist or revision; the oftener it says so, the later it is asked again for a badge."""
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
        pipe = self.client.pipeline()
        pipe.hset(name, mapping=cast(Any, record))
        pipe.expire(name, _GONE_KEPT if gone else 2 * wait + 600)
        if revision is None:
            changed(pipe, gist_id)
            for watch in ("looked", "popular", "checked"):
                pipe.zrem(redis_key(watch), gist_id)
        pipe.execute()

    def missing(self, gist_id: str, revision: str | None = None) -> Missing | None:
        """What GitHub answered it does not have; for a revision, that it has not even the gist."""
        names = [redis_key("missing", gist_id)] + ([redis_key("missing", gist_id, revision)] if revision else [])
        pipe = self.client.pipeline(transaction=False)
        for name in names:
            pipe.hgetall(name)
        record: dict[bytes, bytes] = next((found for found in pipe.execute() if found), {})
        if not record:
            return None
        asked_at = datetime.fromisoformat(record[b"asked_at"].decode())
        return Missing(asked_at, int(record[b"times"]), record[b"sentence"].decode(), record[b"gone"] == b"1")


def index(pipe: Any, gist_id: str, at: datetime | None, *names: str) -> None:
    """Remember the keys as this gist's, so that they are removed when it is gone.

    Whatever is written of a gist comes by here, so that this is where what was rendered before ends.
    """
    changed(pipe, gist_id)
    moment = at.timestamp() if at else time.time()
    indexed = redis_key("gist", gist_id, "keys")
    pipe.zadd(indexed, dict.fromkeys(names, moment))
    pipe.zremrangebyscore(indexed, "-inf", moment - INDEX_KEPT)
    pipe.expire(indexed, INDEX_KEPT)


def _tell(pipe: Any, gist_id: str, event: str, data: dict[str, Any]) -> None:
    name = gist_stream(gist_id)
    pipe.xadd(name, {"event": event, "data": json.dumps(data)}, maxlen=_GIST_EVENTS)
    pipe.expire(name, _GIST_EVENTS_KEPT)


def latest_record(raw: bytes | str | None) -> dict[str, Any] | None:
    """What is kept under `gist:<id>`; None where that is nothing, or what an earlier version kept, so that GitHub is
    asked as for a gist never seen.
    """
    record = json.loads(raw) if raw else {}
    return record if "public" in record else None


def _latest(record: dict[str, Any]) -> Latest:
    checked_at, asked_at = (datetime.fromisoformat(record[name]) for name in ("checked_at", "asked_at"))
    try:
        updated_at = datetime.fromisoformat(record["updated_at"] or "")
    except ValueError:  # GitHub's text, taken as it came
        updated_at = None
    return Latest(
        record["revision"], record["etag"], checked_at, asked_at, updated_at, record["owner"], record["public"]
    )


def _gist_as_json(gist: Gist) -> dict[str, Any]:
    record = asdict(gist)
    for file in record["files"]:
        file["content"] = base64.b64encode(file["content"]).decode()
    record["checked_at"] = gist.checked_at.isoformat() if gist.checked_at else None
    return record


def gist_from_json(record: dict[str, Any]) -> Gist:
    files = tuple(GistFile(f["name"], base64.b64decode(f["content"]), f["language"]) for f in record.pop("files"))
    checked_at = record.pop("checked_at")
    return Gist(files=files, checked_at=datetime.fromisoformat(checked_at) if checked_at else None, **record)
