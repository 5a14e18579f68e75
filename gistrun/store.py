"""Everything kept in Redis: gists, runs, their output, who is at work. The only importer of redis.

Keys, all under `gistrun:`

    gist:<id>              the latest revision known, and GitHub's ETag            30 days
    gist:<id>:<sha>        a gist at a revision, whole                             30 days
    missing:<id>           GitHub has no such gist                                 1 minute
    run:<id>               hash: json, attempt, worker, request, key, public       as long as its end is kept
    run:<id>:events        stream: state, output and end events                    as long as the run
    active                 sorted set: runs not yet ended, by creation time        for ever
    under_way:<key>        the run under way for a request                         until its end
    shown:<key>            the run last ended for a request                        as long as the run
    kept:<identity>        the run whose end is kept for a program                 as long as the run
    recent                 list: the last public runs                              for ever, cut to length
    language:<name>        hash: image and toolchain, or why it is broken          for ever
    worker:<name>          a worker's sign of life                                 seconds
    delivery:<id>          a webhook delivery was seen                             3 days
    reader:<name>          stream: wakes a process' reader of runs' events         a minute
    hinted:<key>           a badge has had the gist looked at                      a check interval
    visitor:…              new runs a visitor has started (the library `limits`)   the rate's window

Caches carry an expiry and may be evicted (`volatile-*`); `active`, `recent` and `language:*` carry none and must stay.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, cast

import redis
from redis.exceptions import LockError
from redis.sentinel import Sentinel

from gistrun.errors import NotFound
from gistrun.model import Gist, GistFile, Output, ReadyLanguage, Request, Run, State

#: What redis raises when the server, or who holds a lock on it, does not answer; the edge turns it into an answer.
UNREACHABLE = (redis.ConnectionError, redis.TimeoutError, LockError)

_DAY = 86_400
_GIST_KEPT = 30 * _DAY
_MISSING_KEPT = 60
_DELIVERY_KEPT = 3 * _DAY
_READER_KEPT = 60
#: An end that the same program would reach again is kept long; one that it might not, for minutes.
_TRUTH_KEPT = 30 * _DAY
_CHANCE_KEPT = 10 * 60
_RECENT = 30
#: A worker is taken for dead after this many seconds without a sign of life.
WORKER_KEPT = 10
#: Longest wait in one blocking read. Below the socket's timeout.
_BLOCK_S = 15.0

# One run for a request, however many ask for it at the same time: whoever comes first writes it all at once.
_CREATE = """
local first = redis.call('GET', KEYS[1])
if first then
    local attempt = redis.call('HGET', ARGV[1] .. first, 'attempt')
    if attempt and attempt ~= '0' then return first end
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[2], 'json', ARGV[3], 'attempt', 1, 'worker', '',
           'request', ARGV[4], 'key', ARGV[5], 'public', ARGV[6])
redis.call('ZADD', KEYS[3], ARGV[7], ARGV[2])
redis.call('XADD', KEYS[4], '*', 'event', 'state', 'data', ARGV[3])
return ARGV[2]
"""

# A lost worker that comes back must not write: every write of a run checks that its attempt still counts.
# An ended run has attempt 0.
_APPEND = """
if redis.call('HGET', KEYS[1], 'attempt') ~= ARGV[1] then return 0 end
redis.call('XADD', KEYS[2], '*', 'event', ARGV[2], 'data', ARGV[3])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'json', ARGV[4]) end
return 1
"""


class Event:
    """One event of a run's stream. `id` orders events and is what a reconnecting reader names."""

    __slots__ = ("_data", "id", "json", "name")

    def __init__(self, id: str, name: str, json: bytes) -> None:
        self.id = id
        self.name = name  # state, output, end
        #: The data as it is stored: one line.
        self.json = json
        self._data: dict[str, Any] | None = None

    @property
    def data(self) -> dict[str, Any]:
        """What happened. Parsed when first asked for, since what is only passed on need not be."""
        if self._data is None:
            self._data = json.loads(self.json)
        return self._data


def connect(url: str) -> redis.Redis:
    """A client for a `redis://`, `rediss://`, `unix://` or `redis+sentinel://host:port,…/service[/db]` address."""
    options: dict[str, Any] = {
        "decode_responses": False,
        "socket_timeout": _BLOCK_S + 15,
        "socket_connect_timeout": 5,
        "health_check_interval": 30,
    }
    if url.startswith("redis+sentinel://"):
        hosts, _, path = url.removeprefix("redis+sentinel://").partition("/")
        service, _, db = path.partition("/")
        nodes = [
            (host or "localhost", int(port or 26379)) for host, _, port in (h.partition(":") for h in hosts.split(","))
        ]
        sentinel: Any = cast(Any, Sentinel)(nodes, **options)
        return cast(redis.Redis, sentinel.master_for(service or "mymaster", db=int(db or 0)))
    return redis.Redis.from_url(url, **options)


class Store:
    """gistrun's memory. Raises one of `UNREACHABLE` when Redis does not answer."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self._create = client.register_script(_CREATE)
        self._append = client.register_script(_APPEND)

    def ping(self) -> None:
        """Raises one of `UNREACHABLE` when Redis does not answer."""
        self.client.ping()

    def eviction_policy(self) -> str:
        """What Redis does when its memory is full (`maxmemory-policy`); "unknown" where it does not say."""
        try:
            answer = cast(dict[str, str], self.client.config_get("maxmemory-policy"))
        except redis.ResponseError:  # hosted ones forbid CONFIG
            return "unknown"
        return str(answer.get("maxmemory-policy", "unknown"))

    # Gists

    def gist(self, gist_id: str, revision: str | None = None) -> Gist | None:
        """The gist as last stored, or None.

        Raises:
            NotFound: GitHub said a moment ago that there is none.
        """
        latest: dict[str, Any] = {}
        if revision is None:
            raw, missing = self.client.mget(_key("gist", gist_id), _key("missing", gist_id))
            if missing:
                raise NotFound(f"GitHub has no gist {gist_id}, or it is not for us to see.")
            if raw is None:
                return None
            latest = json.loads(raw)
            revision = latest["revision"]
        raw = self.client.get(_key("gist", gist_id, revision))
        if raw is None:
            return None
        gist = _gist_from_json(json.loads(raw))
        if latest:
            gist = replace(gist, etag=latest["etag"], checked_at=datetime.fromisoformat(latest["checked_at"]))
        return gist

    def put_gist(self, gist: Gist, pinned: bool) -> None:
        """Keep a gist; unless pinned it is the latest revision from now on."""
        pipe = self.client.pipeline()
        pipe.set(_key("gist", gist.id, gist.revision), json.dumps(_gist_as_json(gist)), ex=_GIST_KEPT)
        if not pinned:
            checked_at = (gist.checked_at or datetime.fromtimestamp(0, UTC)).isoformat()
            latest = {"revision": gist.revision, "etag": gist.etag, "checked_at": checked_at}
            pipe.set(_key("gist", gist.id), json.dumps(latest), ex=_GIST_KEPT)
        pipe.execute()

    def forget_gist(self, gist_id: str) -> None:
        """GitHub has it no more: its pages and badge must say so. Spares GitHub the question for a minute."""
        pipe = self.client.pipeline()
        pipe.delete(_key("gist", gist_id))
        pipe.set(_key("missing", gist_id), 1, ex=_MISSING_KEPT)
        pipe.execute()

    def latest_revision(self, gist_id: str) -> str | None:
        """The latest revision known, without the files.

        Raises:
            NotFound: GitHub said a moment ago that there is none.
        """
        raw, missing = self.client.mget(_key("gist", gist_id), _key("missing", gist_id))
        if missing:
            raise NotFound(f"GitHub has no gist {gist_id}, or it is not for us to see.")
        return json.loads(raw)["revision"] if raw else None

    def looking(self, gist_id: str, revision: str | None) -> AbstractContextManager[Any]:
        """Held while asking GitHub, so that many visitors of one gist ask once."""
        name = _key("looking", gist_id, revision or "")
        return cast(AbstractContextManager[Any], self.client.lock(name, timeout=60, blocking_timeout=60, sleep=0.02))

    # Runs

    def create(self, run: Run, key: str, request: Request, public: bool) -> Run:
        """Keep a new run under way for its request, or give the one that another visitor created first."""
        keys = [_key("under_way", key), _key("run", run.id), _key("active"), _events(run.id)]
        args: list[Any] = [_key("run", ""), run.id, json.dumps(run.as_json()), json.dumps(_request_as_json(request))]
        args += [key, int(public), run.created_at.timestamp()]
        first = cast(bytes, self._create(keys=keys, args=args)).decode()
        return run if first == run.id else self.run(first) or run

    def run(self, run_id: str) -> Run | None:
        """The run, or None when there is none or its end is kept no longer."""
        raw = self.client.hget(_key("run", run_id), "json")
        return Run.from_json(json.loads(raw)) if raw else None

    def under_way(self, key: str) -> Run | None:
        """The run under way for a request."""
        run = self._pointed(_key("under_way", key))
        return run if run and not run.state.finished else None

    def shown(self, key: str) -> Run | None:
        """The run that ended last for a request."""
        return self._pointed(_key("shown", key))

    def kept(self, identity: str) -> Run | None:
        """The run whose end is kept for an identical program."""
        return self._pointed(_key("kept", identity))

    def _pointed(self, key: str) -> Run | None:
        run_id = cast(bytes | None, self.client.get(key))
        return self.run(run_id.decode()) if run_id else None

    def begin(self, run_id: str, attempt: int, worker: str) -> tuple[Run, Request] | None:
        """A worker takes the run; None when that attempt does not count, or has been taken."""
        name = _key("run", run_id)
        with cast(Any, self.client.pipeline()) as pipe:
            try:
                pipe.watch(name)
                record = cast(dict[bytes, bytes], pipe.hgetall(name))
                if not record or int(record[b"attempt"]) != attempt or record[b"worker"]:
                    return None
                run = Run.from_json(json.loads(record[b"json"]))
                if run.state is not State.QUEUED:
                    return None
                pipe.multi()
                pipe.hset(name, "worker", worker)
                pipe.execute()
            except redis.WatchError:
                return None
        return run, _request_from_json(json.loads(record[b"request"]))

    def started(self, run: Run, attempt: int) -> bool:
        """The run is `running`. False when the attempt does not count any more."""
        record = json.dumps(run.as_json())
        return self._write(run.id, attempt, "state", record, record)

    def append(self, run_id: str, attempt: int, output: Output) -> bool:
        """One piece of output. False when the attempt does not count any more."""
        return self._write(run_id, attempt, "output", json.dumps(output.as_json()), "")

    def _write(self, run_id: str, attempt: int, event: str, data: str, record: str) -> bool:
        return bool(self._append(keys=[_key("run", run_id), _events(run_id)], args=[attempt, event, data, record]))

    def restart(self, run: Run, attempt: int) -> bool:
        """Queue a run anew whose worker was lost; readers are told to start over. False when it has ended meanwhile."""

        def write(pipe: Any, _: dict[bytes, bytes]) -> None:
            fields = {"json": json.dumps(run.as_json()), "attempt": attempt + 1, "worker": ""}
            pipe.hset(_key("run", run.id), mapping=fields)
            pipe.xadd(_events(run.id), {"event": "state", "data": fields["json"]})

        return self._fenced(run.id, attempt, write)

    def finish(self, run: Run, attempt: int, identity: str | None) -> bool:
        """The end of a run, and what it means for the caches. False when the attempt does not count any more."""

        def write(pipe: Any, record: dict[bytes, bytes]) -> None:
            ended = json.dumps(run.as_json())
            key = record[b"key"].decode()
            kept = _TRUTH_KEPT if run.state.repeatable else _CHANCE_KEPT
            pipe.hset(_key("run", run.id), mapping={"json": ended, "attempt": 0})
            pipe.xadd(_events(run.id), {"event": "end", "data": ended})
            pipe.expire(_key("run", run.id), kept)
            pipe.expire(_events(run.id), kept)
            pipe.zrem(_key("active"), run.id)
            pipe.delete(_key("under_way", key))
            if run.state is State.ERROR:
                pipe.set(_key("shown", key), run.id, ex=kept, nx=True)  # a good end stays
            else:
                pipe.set(_key("shown", key), run.id, ex=kept)
                if run.state.repeatable and identity:
                    pipe.set(_key("kept", identity), run.id, ex=kept)
                if int(record[b"public"]):
                    self._push_recent(pipe, run.id)

        return self._fenced(run.id, attempt, write)

    def _fenced(self, run_id: str, attempt: int, write: Callable[[Any, dict[bytes, bytes]], None]) -> bool:
        name = _key("run", run_id)
        while True:
            with cast(Any, self.client.pipeline()) as pipe:
                try:
                    pipe.watch(name)
                    record = cast(dict[bytes, bytes], pipe.hgetall(name))
                    if not record or int(record[b"attempt"]) != attempt:
                        return False
                    pipe.multi()
                    write(pipe, record)
                    pipe.execute()
                    return True
                except redis.WatchError:
                    continue

    def copy(self, source_id: str, run: Run, key: str, public: bool) -> bool:
        """Keep `run` as a run of its own with the output of another. False when that one is kept no longer."""
        kept = self.client.ttl(_key("run", source_id))
        if kept <= 0:
            return False
        pipe = self.client.pipeline()
        ended = json.dumps(run.as_json())
        outputs = [event for event in self._since_start(source_id) if event.name == "output"]
        for event in outputs:
            pipe.xadd(_events(run.id), {"event": "output", "data": json.dumps(event.data)})
        # Its other events name the gist it ran for, which may be a secret one.
        pipe.xadd(_events(run.id), {"event": "end", "data": ended})
        pipe.hset(
            _key("run", run.id),
            mapping={"json": ended, "attempt": 0, "worker": "", "key": key, "public": int(public)},
        )
        pipe.expire(_key("run", run.id), kept)
        pipe.expire(_events(run.id), kept)
        pipe.set(_key("shown", key), run.id, ex=kept)
        if public:
            self._push_recent(pipe, run.id)
        pipe.execute()
        return True

    def _push_recent(self, pipe: Any, run_id: str) -> None:
        pipe.lpush(_key("recent"), run_id)
        pipe.ltrim(_key("recent"), 0, 4 * _RECENT)

    def recent(self, count: int = 10) -> list[Run]:
        """The last runs of public gists, each gist once, newest first."""
        runs: dict[str, Run] = {}
        for run_id in cast(list[bytes], self.client.lrange(_key("recent"), 0, -1)):
            run = self.run(run_id.decode())
            if run and run.gist not in runs:
                runs[run.gist] = run
            if len(runs) == count:
                break
        return list(runs.values())

    def active(self) -> Iterator[tuple[Run, int, str]]:
        """Every run not yet ended with its attempt and the worker that took it ("" if none), oldest first."""
        for run_id in cast(list[bytes], self.client.zrange(_key("active"), 0, -1)):
            record = cast(dict[bytes, bytes], self.client.hgetall(_key("run", run_id.decode())))
            if not record:
                self.client.zrem(_key("active"), run_id)
                continue
            run = Run.from_json(json.loads(record[b"json"]))
            yield run, int(record[b"attempt"]), record[b"worker"].decode()

    # Output

    def events(self, run_id: str, after: str = "0", count: int | None = None) -> list[Event]:
        """The events after the one named, in order, `count` at most."""
        start = f"({after}" if after not in ("0", "0-0") else "-"
        entries = cast(Any, self.client.xrange(_events(run_id), min=start, count=count))
        return [_event(entry_id, fields) for entry_id, fields in entries]

    def last_event_id(self, run_id: str) -> str:
        """The id of the run's last event so far, "0" when there is none."""
        entries = cast(Any, self.client.xrevrange(_events(run_id), count=1))
        return entries[0][0].decode() if entries else "0"

    def new_events(
        self, after: Mapping[str, str], wait: float, reader: str, woken: str
    ) -> tuple[list[tuple[str, list[Event]]], str]:
        """The new events of many runs at once: of each run, by its id, those after the one named.

        Waits up to `wait` seconds (15 at most) for the first, or until the reader of that name is woken.

        Args:
            woken: what the last call gave second; "0" for the first call.
        """
        streams: dict[Any, Any] = {_key("reader", reader): woken}
        names = {_events(run_id).encode(): run_id for run_id in after}
        streams.update(zip(names, after.values(), strict=True))
        block = max(1, int(min(wait, _BLOCK_S) * 1000))
        found: list[tuple[str, list[Event]]] = []
        for name, entries in cast(Any, self.client.xread(streams, block=block)):
            if name in names:
                found.append((names[name], [_event(entry_id, fields) for entry_id, fields in entries]))
            else:
                woken = entries[-1][0].decode()
        return found, woken

    def wake(self, reader: str) -> None:
        """Have a reader that waits for events come back at once, also if it does not wait yet."""
        name = _key("reader", reader)
        pipe = self.client.pipeline(transaction=False)
        pipe.xadd(name, {"wake": 1}, maxlen=1, approximate=False)
        pipe.expire(name, _READER_KEPT)
        pipe.execute()

    def output(self, run_id: str) -> tuple[str, str]:
        """Standard output and standard error so far, each joined."""
        parts: dict[str, list[str]] = {"stdout": [], "stderr": []}
        for event in self._since_start(run_id):
            if event.name == "output":
                parts[event.data["stream"]].append(event.data["data"])
        return "".join(parts["stdout"]), "".join(parts["stderr"])

    def _since_start(self, run_id: str) -> list[Event]:
        """The events of the attempt that counts: a run whose worker was lost has started over."""
        events: list[Event] = []
        for event in self.events(run_id):
            if event.name == "state" and event.data["state"] == State.QUEUED:
                events = []
            events.append(event)
        return events

    # Languages, workers, deliveries

    def publish_language(self, ready: ReadyLanguage) -> None:
        """The language can be run from now on, with that image."""
        name = _key("language", ready.name)
        pipe = self.client.pipeline()
        pipe.delete(name)
        pipe.hset(name, mapping={"image": ready.image, "toolchain": ready.toolchain})
        pipe.execute()

    def publish_broken_language(self, name: str, reason: str) -> None:
        """The language's image could not be made; the reason is a sentence."""
        pipe = self.client.pipeline()
        pipe.delete(_key("language", name))
        pipe.hset(_key("language", name), "broken", reason)
        pipe.execute()

    def ready_language(self, name: str) -> ReadyLanguage | None:
        """The language as it can be run now, or None."""
        record = cast(dict[bytes, bytes], self.client.hgetall(_key("language", name)))
        if b"image" not in record:
            return None
        return ReadyLanguage(name, record[b"image"].decode(), record[b"toolchain"].decode())

    def broken_language(self, name: str) -> str | None:
        """Why the language's image could not be made, or None."""
        reason = cast(bytes | None, self.client.hget(_key("language", name), "broken"))
        return reason.decode() if reason else None

    def sign_of_life(self, worker: str, facts: dict[str, Any]) -> None:
        """A worker says that it is alive and what it can do."""
        self.client.set(_key("worker", worker), json.dumps(facts), ex=WORKER_KEPT)

    def gone(self, worker: str) -> None:
        """A worker says goodbye."""
        self.client.delete(_key("worker", worker))

    def is_alive(self, worker: str) -> bool:
        return bool(self.client.exists(_key("worker", worker)))

    def workers(self) -> dict[str, dict[str, Any]]:
        """The living workers and what each said of itself."""
        names = list(self.client.scan_iter(match=_key("worker", "*"), count=1000))
        values = cast(list[bytes | None], self.client.mget(names)) if names else []
        found = zip(names, values, strict=True)
        return {name.decode().rpartition(":")[2]: json.loads(value) for name, value in found if value}

    def instance(self) -> str:
        """A random name of this installation, the same for all that share this Redis."""
        name = _key("instance")
        self.client.set(name, base64.b32encode(time.time_ns().to_bytes(10, "big")).decode().lower(), nx=True)
        return cast(bytes, self.client.get(name)).decode()

    def first_hint(self, key: str, seconds: int) -> bool:
        """True the first time a hint is given, within so many seconds."""
        return bool(self.client.set(_key("hinted", key), 1, nx=True, ex=max(1, seconds)))

    def delivery_seen(self, delivery_id: str) -> bool:
        """True once the webhook delivery was remembered, for three days."""
        return bool(self.client.exists(_key("delivery", delivery_id)))

    def remember_delivery(self, delivery_id: str) -> None:
        """The webhook delivery was dealt with."""
        self.client.set(_key("delivery", delivery_id), 1, ex=_DELIVERY_KEPT)


def _key(*parts: str) -> str:
    return ":".join(("gistrun", *parts))


def _events(run_id: str) -> str:
    return _key("run", run_id, "events")


def _event(entry_id: bytes, fields: dict[bytes, bytes]) -> Event:
    return Event(entry_id.decode(), fields[b"event"].decode(), fields[b"data"])


def _gist_as_json(gist: Gist) -> dict[str, Any]:
    record = asdict(gist)
    for file in record["files"]:
        file["content"] = base64.b64encode(file["content"]).decode()
    record["checked_at"] = gist.checked_at.isoformat() if gist.checked_at else None
    return record


def _gist_from_json(record: dict[str, Any]) -> Gist:
    files = tuple(GistFile(f["name"], base64.b64decode(f["content"]), f["language"]) for f in record.pop("files"))
    checked_at = record.pop("checked_at")
    return Gist(files=files, checked_at=datetime.fromisoformat(checked_at) if checked_at else None, **record)


def _request_as_json(request: Request) -> dict[str, Any]:
    return {"file": request.file, "args": request.args, "stdin": base64.b64encode(request.stdin).decode()}


def _request_from_json(record: dict[str, Any]) -> Request:
    return Request(record["file"], tuple(record["args"]), base64.b64decode(record["stdin"]))
