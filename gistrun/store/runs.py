"""Runs, from a request to the end that is kept for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import redis

from gistrun.model import Gist, Output, ReadyLanguage, Request, Run, State
from gistrun.store.gists import INDEX_KEPT, gist_from_json, index, latest_record
from gistrun.store.keys import DAY, redis_key, run_stream
from gistrun.store.rendered import changed
from gistrun.store.streams import Streams

#: An end that the same program would reach again is kept long; one that it might not, for minutes.
_TRUTH_KEPT = 30 * DAY
_CHANCE_KEPT = 10 * 60
_RECENT = 30


# One run for a request, however many ask for it at the same time: whoever comes first writes it all at once.
_CREATE = """
local first = redis.call('GET', KEYS[1])
if first then
    local attempt = redis.call('HGET', ARGV[1] .. first, 'attempt')
    if attempt and attempt ~= '0' then return first end
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[2], 'json', ARGV[3], 'attempt', 1, 'worker', '',
           'request', ARGV[4], 'key', ARGV[5], 'public', ARGV[6], 'gist', ARGV[8], 'visitor', ARGV[9])
redis.call('ZADD', KEYS[3], ARGV[7], ARGV[2])
redis.call('XADD', KEYS[4], '*', 'event', 'state', 'data', ARGV[3])
redis.call('ZADD', KEYS[6], ARGV[7], ARGV[10])
redis.call('DEL', KEYS[7])
for at = 8, #KEYS do redis.call('ZADD', KEYS[5], ARGV[7], KEYS[at]) end
redis.call('EXPIRE', KEYS[5], ARGV[11])
return ARGV[2]
"""

# The runs that a request leads to, and the image of its language, in one round trip.
_REQUESTED = """
local function pointed(key)
    local id = redis.call('GET', key)
    return id and redis.call('HGET', ARGV[1] .. id, 'json')
end
local image, toolchain = unpack(redis.call('HMGET', KEYS[3], 'image', 'toolchain'))
return {pointed(KEYS[1]), pointed(KEYS[2]), image, toolchain}
"""

# A worker takes a run, and with it all that it needs to know.
_BEGIN = """
local attempt, worker, gist = unpack(redis.call('HMGET', KEYS[1], 'attempt', 'worker', 'gist'))
if attempt ~= ARGV[1] or worker ~= '' then return false end
redis.call('HSET', KEYS[1], 'worker', ARGV[2])
return {redis.call('HGETALL', KEYS[1]), gist and redis.call('GET', gist)}
"""

# A lost worker that comes back must not write: every write of a run checks that its attempt still counts.
# An ended run has attempt 0.
_APPEND = """
if redis.call('HGET', KEYS[1], 'attempt') ~= ARGV[1] then return 0 end
redis.call('XADD', KEYS[2], '*', 'event', ARGV[2], 'data', ARGV[3])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'json', ARGV[4]) end
return 1
"""

# The end of a run and all that it means for the caches, so that whoever is told of it finds them as they will be.
_FINISH = """
local run, attempt, ended, id, kept = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local now, key, public = unpack(redis.call('HMGET', run, 'attempt', 'key', 'public'))
if now ~= attempt then return 0 end
redis.call('HSET', run, 'json', ended, 'attempt', 0)
redis.call('HDEL', run, 'visitor')
redis.call('EXPIRE', run, kept)
redis.call('ZREM', KEYS[3], id)
redis.call('DEL', KEYS[5])
redis.call('DEL', ARGV[5] .. key)
if ARGV[7] == '1' then
    redis.call('SET', ARGV[6] .. key, id, 'EX', kept, 'NX') -- a good end stays
else
    redis.call('SET', ARGV[6] .. key, id, 'EX', kept)
    if ARGV[8] ~= '' then
        -- One by chance is one for an edited description as well, but never in place of the truth.
        if ARGV[10] == '1' then redis.call('SET', ARGV[8], id, 'EX', kept)
        else redis.call('SET', ARGV[8], id, 'EX', kept, 'NX') end
    end
    if public == '1' then
        redis.call('LPUSH', KEYS[4], id)
        redis.call('LTRIM', KEYS[4], 0, ARGV[9])
    end
end
redis.call('XADD', KEYS[2], '*', 'event', 'end', 'data', ended)
redis.call('EXPIRE', KEYS[2], kept)
return 1
"""


@dataclass(frozen=True, slots=True)
class Requested:
    """What is known of a request."""

    under_way: Run | None
    #: The run that ended last for it.
    shown: Run | None
    #: Its language as it can be run now.
    ready: ReadyLanguage | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A run not yet ended, and how often and how long it has been kept from its end."""

    run: Run
    request: Request
    #: The one that counts: what another attempt writes is refused.
    attempt: int
    #: Who took that attempt, or "".
    worker: str
    #: Attempts whose worker or engine was lost in the middle.
    lost: int
    #: Since when the run waits for an engine (seconds since the epoch), or None; and how many seconds it did before.
    waiting: float | None
    waited: float
    #: Whose it is, to hold turns by; "" for nobody's.
    visitor: str = ""


class Runs(Streams):
    """Runs, and what they wrote."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client)
        self._create = client.register_script(_CREATE)
        self._requested = client.register_script(_REQUESTED)
        self._begin = client.register_script(_BEGIN)
        self._append = client.register_script(_APPEND)
        self._finish = client.register_script(_FINISH)

    def create(self, run: Run, key: str, request: Request, public: bool, visitor: str = "") -> Run:
        """Keep a new run under way for its request, or give the one that another visitor created first.

        Args:
            visitor: names whose it is, to hold turns by; forgotten with its end.
        """
        keys = [redis_key("under_way", key), redis_key("run", run.id), redis_key("active"), run_stream(run.id)]
        keys += [redis_key("gist", run.gist, "keys"), redis_key("asked"), redis_key("rendered", run.gist)]
        keys += _keys_of(run, key)
        record, asked = json.dumps(run.as_json()), json.dumps(_request_as_json(request))
        args: list[Any] = [redis_key("run", ""), run.id, record, asked, key, int(public)]
        args += [run.created_at.timestamp(), redis_key("gist", run.gist, run.revision), visitor]
        first = cast(bytes, self._create(keys=keys, args=[*args, run.language, INDEX_KEPT])).decode()
        return run if first == run.id else self.run(first) or run

    def requested(self, key: str, language: str) -> Requested:
        """The runs of a request and its language, all at one moment."""
        keys = [redis_key("under_way", key), redis_key("shown", key), redis_key("language", language)]
        under_way, shown, image, toolchain = cast(list[Any], self._requested(keys=keys, args=[redis_key("run", "")]))
        run = _run(under_way)
        ready = ReadyLanguage(language, image.decode(), toolchain.decode()) if image else None
        return Requested(run if run and not run.state.finished else None, _run(shown), ready)

    def run(self, run_id: str) -> Run | None:
        """The run, or None when there is none or its end is kept no longer."""
        raw = self.client.hget(redis_key("run", run_id), "json")
        return Run.from_json(json.loads(raw)) if raw else None

    def under_way(self, key: str) -> Run | None:
        """The run under way for a request."""
        run = self._pointed(redis_key("under_way", key))
        return run if run and not run.state.finished else None

    def shown(self, key: str) -> Run | None:
        """The run that ended last for a request."""
        return self._pointed(redis_key("shown", key))

    def kept(self, identity: str) -> Run | None:
        """The run whose end is kept for an identical program."""
        return self._pointed(redis_key("kept", identity))

    def _pointed(self, key: str) -> Run | None:
        run_id = cast(bytes | None, self.client.get(key))
        return self.run(run_id.decode()) if run_id else None

    def begin(self, run_id: str, attempt: int, worker: str) -> tuple[Standing, Gist | None] | None:
        """A worker takes the run, and its gist if that is still stored; None when that attempt does not count, or has
        been taken.
        """
        begun = cast(list[Any] | None, self._begin(keys=[redis_key("run", run_id)], args=[attempt, worker]))
        if begun is None:
            return None
        fields, gist = begun
        standing = _standing(dict(zip(fields[::2], fields[1::2], strict=True)))
        return standing, gist_from_json(json.loads(gist)) if gist else None

    def started(self, run: Run, attempt: int) -> bool:
        """The run is `running`. False when the attempt does not count any more."""
        record = json.dumps(run.as_json())
        return self._write(run.id, attempt, "state", record, record)

    def append(self, run_id: str, attempt: int, output: Output) -> bool:
        """One piece of output. False when the attempt does not count any more."""
        return self._write(run_id, attempt, "output", json.dumps(output.as_json()), "")

    def _write(self, run_id: str, attempt: int, event: str, data: str, record: str) -> bool:
        return bool(
            self._append(keys=[redis_key("run", run_id), run_stream(run_id)], args=[attempt, event, data, record])
        )

    def restart(self, run: Run, attempt: int, lost: int, waiting: float | None = None) -> bool:
        """Queue a run anew, to start over; readers are told. False when the attempt does not count any more.

        Args:
            lost, waiting: how the run stands from now on; see `Standing`.
        """

        def write(pipe: Any) -> None:
            fields = {"json": json.dumps(run.as_json()), "attempt": attempt + 1, "worker": "", "lost": lost}
            pipe.hset(redis_key("run", run.id), mapping={**fields, "waiting": "" if waiting is None else waiting})
            pipe.xadd(run_stream(run.id), {"event": "state", "data": fields["json"]})

        return self._fenced(run, attempt, write)

    def waited(self, run: Run, attempt: int, seconds: float) -> bool:
        """The run waits for an engine no longer, and has done so for so long in all. False as with the others."""

        def write(pipe: Any) -> None:
            pipe.hset(redis_key("run", run.id), mapping={"waiting": "", "waited": seconds})

        return self._fenced(run, attempt, write)

    def _fenced(self, run: Run, attempt: int, write: Callable[[Any], None]) -> bool:
        name = redis_key("run", run.id)
        while True:
            with cast(Any, self.client.pipeline()) as pipe:
                try:
                    pipe.watch(name)
                    counts = cast(bytes | None, pipe.hget(name, "attempt"))
                    if counts is None or int(counts) != attempt:
                        return False
                    pipe.multi()
                    write(pipe)
                    changed(pipe, run.gist)
                    pipe.execute()
                    return True
                except redis.WatchError:
                    continue

    def finish(self, run: Run, attempt: int, identity: str | None) -> bool:
        """The end of a run, and what it means for the caches. False when the attempt does not count any more."""
        kept = _TRUTH_KEPT if run.state.repeatable else _CHANCE_KEPT
        name = redis_key("kept", identity) if identity else ""
        keys = [redis_key("run", run.id), run_stream(run.id), redis_key("active"), redis_key("recent")]
        keys.append(redis_key("rendered", run.gist))
        args: list[Any] = [attempt, json.dumps(run.as_json()), run.id, kept]
        args += [redis_key("under_way", ""), redis_key("shown", ""), int(run.state is State.ERROR), name]
        args += [4 * _RECENT, int(run.state.repeatable)]
        return bool(self._finish(keys=keys, args=args))

    def copy(self, source_id: str, run: Run, key: str, public: bool) -> bool:
        """Keep `run` as a run of its own with the output of another. False when that one is kept no longer."""
        kept = self.client.ttl(redis_key("run", source_id))
        if kept <= 0:
            return False
        pipe = self.client.pipeline()
        ended = json.dumps(run.as_json())
        outputs = [event for event in self._since_start(source_id) if event.name == "output"]
        for event in outputs:
            pipe.xadd(run_stream(run.id), {"event": "output", "data": json.dumps(event.data)})
        # Its other events name the gist it ran for, which may be a secret one.
        pipe.xadd(run_stream(run.id), {"event": "end", "data": ended})
        pipe.hset(
            redis_key("run", run.id),
            mapping={"json": ended, "attempt": 0, "worker": "", "key": key, "public": int(public)},
        )
        pipe.expire(redis_key("run", run.id), kept)
        pipe.expire(run_stream(run.id), kept)
        pipe.set(redis_key("shown", key), run.id, ex=kept)
        index(pipe, run.gist, None, *_keys_of(run, key))
        if public:
            self._push_recent(pipe, run.id)
        pipe.execute()
        return True

    def _push_recent(self, pipe: Any, run_id: str) -> None:
        pipe.lpush(redis_key("recent"), run_id)
        pipe.ltrim(redis_key("recent"), 0, 4 * _RECENT)

    def recent(self, count: int = 10) -> list[Run]:
        """The last runs of public gists, each gist once, newest first."""
        runs: dict[str, Run] = {}
        for run_id in cast(list[bytes], self.client.lrange(redis_key("recent"), 0, -1)):
            run = self.run(run_id.decode())
            if run and run.gist not in runs and self._is_public(run.gist):
                runs[run.gist] = run
            if len(runs) == count:
                break
        return list(runs.values())

    def _is_public(self, gist_id: str) -> bool:
        """As GitHub said last: a gist may have turned secret since it ran."""
        latest = latest_record(self.client.get(redis_key("gist", gist_id)))
        return bool(latest and latest["public"])

    def active(self) -> Iterator[Standing]:
        """Every run not yet ended, oldest first."""
        for run_id in cast(list[bytes], self.client.zrange(redis_key("active"), 0, -1)):
            record = cast(dict[bytes, bytes], self.client.hgetall(redis_key("run", run_id.decode())))
            if not record:
                self.client.zrem(redis_key("active"), run_id)
                continue
            yield _standing(record)


def _run(record: bytes | None) -> Run | None:
    return Run.from_json(json.loads(record)) if record else None


def _keys_of(run: Run, key: str) -> list[str]:
    """What is kept of a run."""
    return [redis_key("run", run.id), run_stream(run.id), redis_key("under_way", key), redis_key("shown", key)]


def _standing(record: dict[bytes, bytes]) -> Standing:
    waiting = record.get(b"waiting")
    return Standing(
        Run.from_json(json.loads(record[b"json"])),
        _request_from_json(json.loads(record[b"request"])),
        int(record[b"attempt"]),
        record[b"worker"].decode(),
        int(record.get(b"lost", 0)),
        float(waiting) if waiting else None,
        float(record.get(b"waited", 0)),
        record.get(b"visitor", b"").decode(),
    )


def _request_as_json(request: Request) -> dict[str, Any]:
    return {"file": request.file, "args": request.args, "stdin": base64.b64encode(request.stdin).decode()}


def _request_from_json(record: dict[str, Any]) -> Request:
    return Request(record["file"], tuple(record["args"]), base64.b64decode(record["stdin"]))
