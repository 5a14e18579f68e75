"""Runs, from a request to the end that is kept for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from gistrun.model import Attempt, Gist, Image, Output, Request, Run, State, from_record, to_record
from gistrun.store.connection import Client, script
from gistrun.store.gist_records import read_gist
from gistrun.store.gists import INDEX_KEPT, GistShelf, index
from gistrun.store.keys import DAY, redis_key, run_stream
from gistrun.store.streams import StreamShelf

#: Seconds. A program would reach a repeatable end again, so that one is kept long; any other for minutes.
_REPEATABLE_KEPT = 30 * DAY
_OTHER_KEPT = 10 * 60
_ERRORS_KEPT = DAY
#: Ids in the list of recent runs. Several can be of one gist, and some of gists that have turned secret since.
_RECENT_MOST = 120


@dataclass(frozen=True, slots=True)
class ActiveRun:
    """A run that has not ended yet, and what has kept it from its end so far."""

    run: Run
    request: Request
    #: The request's key.
    key: str
    #: The attempt that counts: writes of any other attempt are refused.
    attempt: int
    #: Who took that attempt, or "".
    worker: str = ""
    #: Attempts whose worker or engine was lost while they ran.
    lost: int = 0
    #: Since when the run waits for an engine (seconds since the epoch), or None; and how many seconds it did before.
    waiting: float | None = None
    waited: float = 0.0
    #: In whose turn it waits; "" when nobody waits for it.
    visitor: str = ""

    @property
    def job(self) -> Attempt:
        """The attempt that counts, as a job names it."""
        return Attempt(self.run.id, self.attempt, self.run.gist, self.run.revision)


@dataclass(frozen=True, slots=True)
class Requested:
    """What is known of a request."""

    under_way: ActiveRun | None
    last_ended: Run | None
    #: Its language as it can be run now.
    ready: Image | None


class RunShelf:
    """Runs, and what they wrote."""

    def __init__(self, client: Client, gists: GistShelf, streams: StreamShelf) -> None:
        self._client = client
        self._gists = gists
        self._streams = streams
        self._create = script(client, "create")
        self._begin = script(client, "begin")
        self._append = script(client, "append")
        self._restart = script(client, "restart")
        self._waited = script(client, "waited")
        self._finish = script(client, "finish")

    def create(self, new: ActiveRun, public: bool) -> Run:
        """Keep a new run under way for its request, or give the one that another visitor created first."""
        run, key = new.run, new.key
        keys = [redis_key("under_way", key), redis_key("run", run.id), redis_key("active"), run_stream(run.id)]
        keys += [redis_key("gist", run.gist, "keys"), redis_key("asked"), redis_key("rendered", run.gist)]
        keys += _keys_of(run, key)
        args: list[Any] = [run.id, json.dumps(run.as_json()), json.dumps(to_record(new.request)), key, int(public)]
        args += [run.created_at.timestamp(), new.visitor, run.language, INDEX_KEPT]
        while (first := cast(bytes, self._create(keys=keys, args=args)).decode()) != run.id:
            found = self.active_run(first)
            if found:
                return found.run
            # The run that the key names is not under way any more, so the key is out of date.
            self._client.delete(redis_key("under_way", key))
        return run

    def requested(self, key: str, language: str) -> Requested:
        """The runs of a request, and its language."""
        pipe = self._client.pipeline(transaction=False)
        pipe.get(redis_key("under_way", key))
        pipe.get(redis_key("ended", key))
        pipe.hmget(redis_key("language", language), "image", "toolchain")
        under_way, ended, (image, toolchain) = pipe.execute()
        ready = Image(language, image.decode(), language, toolchain.decode()) if image else None
        return Requested(self.active_run(under_way.decode()) if under_way else None, _read_run(ended), ready)

    def get(self, run_id: str) -> Run | None:
        """The run, or None when there is none or its end is not kept any more."""
        return _read_run(self._client.hget(redis_key("run", run_id), "json"))

    def under_way(self, key: str) -> Run | None:
        """The run under way for a request."""
        run_id = cast(bytes | None, self._client.get(redis_key("under_way", key)))
        active = self.active_run(run_id.decode()) if run_id else None
        return active.run if active else None

    def last_ended(self, key: str) -> Run | None:
        """The run that ended last for a request."""
        return _read_run(self._client.get(redis_key("ended", key)))

    def errors(self, key: str) -> int:
        """How often in a row, within a day, runs of the request ended in our own error."""
        return int(cast(bytes | None, self._client.get(redis_key("errors", key))) or 0)

    def of_program(self, identity: str) -> Run | None:
        """The ended run that is kept for an identical program."""
        run_id = cast(bytes | None, self._client.get(redis_key("kept", identity)))
        return self.get(run_id.decode()) if run_id else None

    def begin(self, attempt: Attempt, worker: str) -> tuple[ActiveRun, Gist | None] | None:
        """A worker takes the run, and its gist if that is still stored.

        Returns:
            None when that attempt does not count, or when another worker has taken it.
        """
        keys = [redis_key("run", attempt.run)]
        fields = cast(list[Any] | None, self._begin(keys=keys, args=[attempt.number, worker]))
        if fields is None:
            return None
        # Not by the script: Lua would copy a gist of 10 MB twice.
        gist = read_gist(self._client.get(redis_key("gist", attempt.gist, attempt.revision)))
        return _read_active(dict(zip(fields[::2], fields[1::2], strict=True))), gist

    def started(self, run: Run, attempt: int) -> bool:
        """The run is `running`. False when the attempt does not count any more."""
        record = json.dumps(run.as_json())
        return self._write(run.id, attempt, "state", record, record)

    def append(self, run_id: str, attempt: int, output: Output) -> bool:
        """Add one piece of output. False when the attempt does not count any more."""
        return self._write(run_id, attempt, "output", json.dumps(output.as_json()), "")

    def _write(self, run_id: str, attempt: int, event: str, data: str, record: str) -> bool:
        keys = [redis_key("run", run_id), run_stream(run_id)]
        return bool(self._append(keys=keys, args=[attempt, event, data, record]))

    def restart(self, run: Run, attempt: int, lost: int, waiting: float | None = None) -> bool:
        """Queue a run again, to start over; readers are told. False when the attempt does not count any more.

        Args:
            lost, waiting: as in `ActiveRun`, from now on.
        """
        keys = [redis_key("run", run.id), run_stream(run.id), redis_key("rendered", run.gist)]
        since = "" if waiting is None else waiting
        return bool(self._restart(keys=keys, args=[attempt, attempt + 1, json.dumps(run.as_json()), lost, since]))

    def waited(self, run_id: str, attempt: int, seconds: float) -> bool:
        """The run does not wait for an engine any more, after so many seconds in all. False as with `restart`."""
        return bool(self._waited(keys=[redis_key("run", run_id)], args=[attempt, seconds]))

    def finish(self, run: Run, key: str, attempt: int, identity: str | None) -> bool:
        """The end of a run, and what it means for the caches. False when the attempt does not count any more.

        Args:
            key: the request's.
            identity: the program's, where its end may serve an identical program.
        """
        kept = _REPEATABLE_KEPT if run.state.repeatable else _OTHER_KEPT
        keys = [redis_key("run", run.id), run_stream(run.id), redis_key("active"), redis_key("recent")]
        keys += [redis_key("rendered", run.gist), redis_key("under_way", key), redis_key("ended", key)]
        keys += [redis_key("errors", key)] + ([redis_key("kept", identity)] if identity else [])
        args: list[Any] = [attempt, json.dumps(run.as_json()), run.id, kept, int(run.state is State.ERROR)]
        return bool(self._finish(keys=keys, args=[*args, int(run.state.repeatable), _RECENT_MOST, _ERRORS_KEPT]))

    def copy(self, source_id: str, run: Run, key: str, public: bool) -> bool:
        """Keep `run` as a run of its own with the output of another. False when that one is not kept any more."""
        kept = self._client.ttl(redis_key("run", source_id))
        if kept <= 0:
            return False
        pipe = self._client.pipeline()
        ended = json.dumps(run.as_json())
        for event in self._streams.current_events(source_id):
            # Other events name the gist that the other run was of, and that gist may be a secret one.
            if event.name == "output":
                pipe.xadd(run_stream(run.id), {"event": "output", "data": event.json})
        pipe.xadd(run_stream(run.id), {"event": "end", "data": ended})
        fields = {"json": ended, "attempt": 0, "worker": "", "key": key, "public": int(public)}
        pipe.hset(redis_key("run", run.id), mapping=cast(Any, fields))
        pipe.expire(redis_key("run", run.id), kept)
        pipe.expire(run_stream(run.id), kept)
        pipe.set(redis_key("ended", key), ended, ex=kept)
        index(pipe, run.gist, None, *_keys_of(run, key))
        if public:
            pipe.lpush(redis_key("recent"), run.id)
            pipe.ltrim(redis_key("recent"), 0, _RECENT_MOST)
        pipe.execute()
        return True

    def recent(self, count: int = 10) -> list[Run]:
        """The last runs of public gists, each gist once, newest first."""
        pipe = self._client.pipeline(transaction=False)
        for run_id in cast(list[bytes], self._client.lrange(redis_key("recent"), 0, -1)):
            pipe.hget(redis_key("run", run_id.decode()), "json")
        runs: dict[str, Run] = {}
        for run in filter(None, map(_read_run, pipe.execute())):
            runs.setdefault(run.gist, run)
        known = self._gists.latest_of(list(runs))
        public = [run for gist_id, run in runs.items() if gist_id in known and known[gist_id].public]
        return public[:count]

    def active(self) -> Iterator[ActiveRun]:
        """Every run that has not ended, oldest first."""
        for run_id in cast(list[bytes], self._client.zrange(redis_key("active"), 0, -1)):
            if found := self.active_run(run_id.decode()):
                yield found
            else:
                self._client.zrem(redis_key("active"), run_id)

    def active_run(self, run_id: str) -> ActiveRun | None:
        """The run, unless it has ended or there is none."""
        record = cast(dict[bytes, bytes], self._client.hgetall(redis_key("run", run_id)))
        return _read_active(record) if record.get(b"attempt", b"0") != b"0" else None


def _read_run(record: Any) -> Run | None:
    """The run in a stored record; None where there is none that can be read."""
    try:
        return Run.from_json(json.loads(record)) if record else None
    except (KeyError, ValueError):  # another version wrote it
        return None


def _read_active(record: dict[bytes, bytes]) -> ActiveRun:
    waiting = record.get(b"waiting")
    return ActiveRun(
        run=Run.from_json(json.loads(record[b"json"])),
        request=from_record(Request, json.loads(record[b"request"])),
        key=record[b"key"].decode(),
        attempt=int(record[b"attempt"]),
        worker=record[b"worker"].decode(),
        lost=int(record.get(b"lost", 0)),
        waiting=float(waiting) if waiting else None,
        waited=float(record.get(b"waited", 0)),
        visitor=record.get(b"visitor", b"").decode(),
    )


def _keys_of(run: Run, key: str) -> list[str]:
    """The keys that are kept of a run."""
    names = [redis_key("run", run.id), redis_key("under_way", key), redis_key("ended", key), redis_key("errors", key)]
    return [*names, run_stream(run.id)]
