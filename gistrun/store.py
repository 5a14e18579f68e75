"""Everything kept in Redis: gists, runs, their output, who is at work. The only importer of redis.

Keys, all under `gistrun:`

    gist:<id>              the latest revision known, GitHub's ETag, when asked    30 days
    gist:<id>:<sha>        a gist at a revision, whole                             30 days
    gist:<id>:events       stream: what open pages of the gist are told            1 day
    gist:<id>:keys         sorted set: every other key kept of the gist, by time   31 days
    missing:<id>[:<sha>]   hash: GitHub has no such gist (or no longer), since     by how often it was missing
    looked                 sorted set: gists by when somebody looked last          for ever, cut to 7 days
    popular                sorted set: gists by how much they are looked at        as `looked`
    checked                sorted set: gists by when GitHub was asked last         as `looked`
    revisits               sorted set: gists that wait for a revisit               for ever
    revisits:unknown       sorted set: gists never seen whose badge was shown      for ever, 1,000 at most
    watching               hash: how many are watched, how often each is checked   a minute
    leader:<role>          who does what one process does for all                  seconds
    rendered:<id>          hash: pages and badges of the gist as they are sent     as long as they are true
    languages              counts the changes of any language                      for ever
    run:<id>               hash: json, attempt, worker, request, key, public,      as long as its end is kept
                           gist, lost, waiting, waited, visitor (the last until its end)
    run:<id>:events        stream: state, output and end events                    as long as the run
    active                 sorted set: runs not yet ended, by creation time        for ever
    under_way:<key>        the run under way for a request                         until its end
    shown:<key>            the run last ended for a request                        as long as the run
    kept:<identity>        the run whose end is kept for a program                 as long as the run
    recent                 list: the last public runs                              for ever, cut to length
    asked                  sorted set: languages, by when a run was last asked for for ever
    language:<name>        hash: image and toolchain, or why it is broken          for ever
    worker:<name>          a worker's sign of life                                 seconds
    looking:<id>           somebody asks GitHub for the gist                       75 seconds
    github:<account>       hash: GitHub's budget, and until when not to ask        2 hours
    github:<account>:visitors, :visits, :turn   who asks GitHub now                75 seconds
    github_note:…          a refusal, or an owner's list, with GitHub's ETag       1 day, 7 days
    delivery:<id>          a webhook delivery was accepted                         3 days
    readmes                sorted set: repositories whose README is to be read     for ever
    readme:<repository>    the gists whose badges it shows, and GitHub's ETag      30 days
    reader:<name>          stream: wakes a process' reader of runs' events         a minute
    visitor:…              new runs a visitor has started (the library `limits`)   the rate's window

Caches carry an expiry and may be evicted (`volatile-*`); the others carry none and must stay.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

import redis
from redis.exceptions import LockError
from redis.sentinel import Sentinel

from gistrun.errors import GitHubUnavailable, Gone, NotFound
from gistrun.model import Gist, GistFile, Output, ReadyLanguage, Request, Run, State, shown_edition, timestamp

#: What redis raises when the server, or who holds a lock on it, does not answer; the edge turns it into an answer.
UNREACHABLE = (redis.ConnectionError, redis.TimeoutError, LockError)

_DAY = 86_400
_GIST_KEPT = 30 * _DAY
_INDEX_KEPT = 31 * _DAY
#: What GitHub does not have is asked for again by who merely shows a badge after a minute, then two, four, … a day.
_MISSING_AGAIN, _MISSING_LONGEST = 60, _DAY
_GONE_KEPT = 30 * _DAY
#: What open pages may still have to be told; a page that comes later is told how things stand.
_GIST_EVENTS, _GIST_EVENTS_KEPT = 16, _DAY
_DELIVERY_KEPT = 3 * _DAY
_README_KEPT = 30 * _DAY
_READER_KEPT = 60
#: Seconds that rendering may take; and how many renderings of one gist are kept.
_RENDERING, _RENDERINGS = 60, 32
#: An end that the same program would reach again is kept long; one that it might not, for minutes.
_TRUTH_KEPT = 30 * _DAY
_CHANCE_KEPT = 10 * 60
_RECENT = 30
#: Seconds for which one may ask GitHub before another is let in; `gistrun.github` asks for less.
_ASKING_KEPT = 75
#: Requests to GitHub for visitors at a time. GitHub allows 100 and asks for fewer.
_VISITORS_AT_ONCE = 8
#: A worker is taken for dead after this many seconds without a sign of life.
WORKER_KEPT = 10
#: Longest wait in one blocking read. Below the socket's timeout.
_BLOCK_S = 15.0
#: Seconds after which a look counts half as much.
_POPULAR_HALF = 6 * 3600
#: A gist that nobody looked at for so long is not watched any more; nor more than so many.
_WATCHED_FOR = 7 * _DAY
_WATCHED_MOST = 10_000
#: Puts the watcher's revisits behind all others in the queue, which is sorted by time.
_LATER = 10**10

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
return {redis.call('HGETALL', KEYS[1]), redis.call('GET', gist)}
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

# Somebody looks at a gist. How much it is looked at is one number that never needs ageing: the logarithm of a sum in
# which a look of now counts twice as much as one of _POPULAR_HALF ago. Whoever finds that GitHub was asked longer than
# an interval ago takes that turn for all processes. What GitHub does not have waits for its time; what was never seen
# may be made up by whoever shows its badge: it is not watched, and waits apart until the watcher can spend something.
_LOOKED = """
local id, now, interval = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4])
local stretched = redis.call('HGET', KEYS[6], 'looked_at_interval_s')
if stretched then interval = math.max(interval, tonumber(stretched)) end
local wait = redis.call('HGET', KEYS[5], 'again_at')
if wait and now < tonumber(wait) then return 0 end
local last = redis.call('ZSCORE', KEYS[3], id)
local asked = last and now - tonumber(last) < interval
if redis.call('EXISTS', (string.gsub(KEYS[5], ':missing:', ':gist:', 1))) == 0 then
    local unknown = KEYS[4] .. ':unknown'
    if not asked and redis.call('ZCARD', unknown) < 1000 then redis.call('ZADD', unknown, 'NX', now, id) end
    return 0
end
redis.call('ZADD', KEYS[1], now, id)
local score, before = tonumber(ARGV[3]), redis.call('ZSCORE', KEYS[2], id)
if before then
    before = tonumber(before)
    local more, less = math.max(before, score), math.min(before, score)
    score = more + math.log(1 + 2 ^ (less - more)) / math.log(2)
end
redis.call('ZADD', KEYS[2], string.format('%.9f', score), id)
if asked then return 0 end
redis.call('ZADD', KEYS[3], now, id)
local turn = redis.call('ZSCORE', KEYS[4], id)
if not turn or tonumber(turn) > now then redis.call('ZADD', KEYS[4], now, id) end
return 1
"""

# What was rendered counts as long as neither its gist nor any language has changed: a change of the gist removes the
# whole hash, one of a language is counted. What has been shown was looked at, which is written once a second.
# Whoever finds nothing is given a mark, which goes with the hash, so that what was rendered from what has changed
# meanwhile is not kept.
_SHOW = f"""
local languages = redis.call('GET', KEYS[8]) or '0'
local found = redis.call('HGET', KEYS[7], ARGV[5])
if found and string.sub(found, 1, #languages + 1) == languages .. ' ' then
    local function looked() {_LOOKED} end
    local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
    if not at or tonumber(ARGV[2]) - tonumber(at) >= 1 then looked() end
    return {{1, string.sub(found, #languages + 2)}}
end
if found then redis.call('DEL', KEYS[7]) end
local mark = redis.call('HGET', KEYS[7], 'mark')
if not mark then
    mark = ARGV[6]
    redis.call('HSET', KEYS[7], 'mark', mark)
    redis.call('EXPIRE', KEYS[7], {_RENDERING})
end
return {{0, mark .. ' ' .. languages}}
"""

# A gist with very many renderings is one that somebody plays with: it begins anew.
_KEEP = f"""
local languages = redis.call('GET', KEYS[2]) or '0'
local mark = redis.call('HGET', KEYS[1], 'mark')
if not mark or mark .. ' ' .. languages ~= ARGV[1] then return 0 end
if redis.call('HLEN', KEYS[1]) > {2 * _RENDERINGS} then
    redis.call('DEL', KEYS[1])
    return 0
end
local kept = redis.call('TTL', KEYS[3])
if kept <= 0 then return 0 end
local before = redis.call('TTL', KEYS[1])
if redis.call('HLEN', KEYS[1]) == 1 or before < 0 then before = {_DAY} end
redis.call('HSET', KEYS[1], ARGV[2], languages .. ' ' .. ARGV[3], 'body ' .. ARGV[4], ARGV[5])
redis.call('EXPIRE', KEYS[1], math.min(kept, before, {_DAY}))
return 1
"""

# Waiting once is enough; who waits for a later turn than this one is moved up.
_WANT = """
local turn = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not turn or tonumber(turn) > tonumber(ARGV[2]) then redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1]) end
"""


# Who leads goes on leading as long as it says so; whoever comes after it is silent is next.
_LEADS = """
local leader = redis.call('GET', KEYS[1])
if leader and leader ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
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


@dataclass(frozen=True, slots=True)
class Watched:
    """A gist that was looked at lately."""

    id: str
    #: When GitHub was asked last, seconds since 1970; 0 when it never was.
    checked: float
    #: One more is twice as popular.
    popularity: float


@dataclass(frozen=True, slots=True)
class Watching:
    """How the gists that people look at are kept fresh: counts, and seconds between two checks of one gist."""

    gists: int
    interval_s: float
    #: Of those that somebody looks at just now.
    looked_at: int
    looked_at_interval_s: float


@dataclass(frozen=True, slots=True)
class Shown:
    """Something rendered that is kept."""

    digest: str
    #: Time of the epoch after which it is not to be shown; 0 for none.
    until: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Stands for how things stood when it was given."""

    value: str


# A visitor's request to GitHub begins, unless so many are under way; gives its number, or 0. What a lost process has
# begun counts until its time is over. By Redis's own clock, which is the same for all hosts.
_ENTER = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
local visit = redis.call('INCR', KEYS[2])
redis.call('ZADD', KEYS[1], now + ARGV[2], visit)
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], 86400)
return visit
"""


# A delivery is remembered when its work is queued, and not before: whoever is told of a failure sends it again.
_TAKE = """
if not redis.call('SET', KEYS[1], 1, 'NX', 'EX', ARGV[1]) then return 0 end
local function want(queue, name)
    local turn = redis.call('ZSCORE', queue, name)
    if not turn or tonumber(turn) > tonumber(ARGV[2]) then redis.call('ZADD', queue, ARGV[2], name) end
end
for number = 4, #ARGV do want(KEYS[2], ARGV[number]) end
if ARGV[3] ~= '' then want(KEYS[3], ARGV[3]) end
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


class _Lanes:
    """Connections for the one question that is asked all the time: what a client does around a question costs twice it.

    A lane is taken by one asker at a time; there are as many as were needed at once.
    """

    def __init__(self, pool: redis.ConnectionPool) -> None:
        self._pool = pool
        self._free: list[Any] = []

    def ask(self, *command: bytes) -> Any:
        """The answer. A lane that lay idle may have lost its server: then another one is tried."""
        packed = b"*%d\r\n%b" % (len(command), b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in command]))
        while True:
            try:
                lane, idle = self._free.pop(), True
            except IndexError:
                lane, idle = cast(Any, self._pool).make_connection(), False
            try:
                lane.send_packed_command([packed], check_health=False)
                answer = lane.read_response()
            except redis.ResponseError:
                self._free.append(lane)
                raise
            except BaseException as error:  # also a greenlet's end: an answer may still be under way
                lane.disconnect()
                if idle and isinstance(error, (redis.ConnectionError, redis.TimeoutError)):
                    continue
                raise
            self._free.append(lane)
            return answer


class Store:
    """gistrun's memory. Raises one of `UNREACHABLE` when Redis does not answer."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self._create = client.register_script(_CREATE)
        self._requested = client.register_script(_REQUESTED)
        self._begin = client.register_script(_BEGIN)
        self._append = client.register_script(_APPEND)
        self._looked = client.register_script(_LOOKED)
        self._want = client.register_script(_WANT)
        self._show = client.register_script(_SHOW)
        self._keep = client.register_script(_KEEP)
        self._lanes = _Lanes(client.connection_pool)
        self._leads = client.register_script(_LEADS)
        self._enter = client.register_script(_ENTER)

        self._take = client.register_script(_TAKE)
        self._finish = client.register_script(_FINISH)

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
        """The gist as last stored, or None. What is known of the gist whatever its revision is of today."""
        raw = self.client.get(_key("gist", gist_id))
        latest = json.loads(raw) if raw else {}
        pinned = revision is not None
        if revision is None:
            if not latest:
                return None
            revision = latest["revision"]
        raw = self.client.get(_key("gist", gist_id, revision))
        if raw is None:
            return None
        gist = _gist_from_json(json.loads(raw))
        if not latest:
            return gist
        gist = replace(gist, public=latest["public"])
        if pinned:
            return gist
        checked_at = datetime.fromisoformat(latest["checked_at"])
        return replace(gist, etag=latest["etag"], checked_at=checked_at, trouble=latest["trouble"])

    def put_gist(self, gist: Gist, pinned: bool) -> None:
        """Keep a gist; unless pinned it is the latest revision from now on, and open pages are told."""
        name = _key("gist", gist.id, gist.revision)
        pipe = self.client.pipeline()
        pipe.set(name, json.dumps(_gist_as_json(gist)), ex=_GIST_KEPT)
        self._index(pipe, gist.id, gist.checked_at, name)
        pipe.delete(_key("missing", gist.id, gist.revision))
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
        name = _key("gist", gist_id)
        while True:
            with cast(Any, self.client.pipeline()) as pipe:
                try:
                    pipe.watch(name)
                    raw = pipe.get(name)
                    if raw is None:
                        return
                    latest = json.loads(raw)
                    if checked_at and checked_at < datetime.fromisoformat(latest["checked_at"]):
                        return
                    if checked_at:
                        latest["checked_at"] = checked_at.isoformat()
                    if checked_at and not listed:
                        latest["asked_at"] = checked_at.isoformat()
                    latest["trouble"] = trouble
                    pipe.multi()
                    if checked_at:
                        snapshot = _key("gist", gist_id, latest["revision"])
                        pipe.expire(snapshot, _GIST_KEPT)
                        self._index(pipe, gist_id, checked_at, snapshot)
                    self._put_latest(pipe, gist_id, latest)
                    pipe.execute()
                    return
                except redis.WatchError:
                    continue

    def latest(self, gist_id: str) -> Latest | None:
        """What is known of the gist without its files; None when they are not stored."""
        raw = self.client.get(_key("gist", gist_id))
        latest = json.loads(raw) if raw else None
        if latest is None or not self.client.exists(_key("gist", gist_id, latest["revision"])):
            return None
        return _latest(latest)

    def latest_of(self, gist_ids: list[str]) -> dict[str, Latest]:
        """What is known of those of the gists that are stored."""
        found = self.client.mget([_key("gist", gist_id) for gist_id in gist_ids]) if gist_ids else []
        return {gist_id: _latest(json.loads(raw)) for gist_id, raw in zip(gist_ids, found, strict=True) if raw}

    def _put_latest(self, pipe: Any, gist_id: str, latest: dict[str, Any]) -> None:
        pipe.set(_key("gist", gist_id), json.dumps(latest), ex=_GIST_KEPT)
        pipe.delete(_key("missing", gist_id))
        self._changed(pipe, gist_id)
        checked_at = timestamp(datetime.fromisoformat(latest["checked_at"]))
        edition = shown_edition(latest["edition"], latest["trouble"])
        told = {"revision": latest["revision"], "checked_at": checked_at, "edition": edition}
        self._tell(pipe, gist_id, "gist", told)

    def _index(self, pipe: Any, gist_id: str, at: datetime | None, *names: str) -> None:
        """Remember the keys as this gist's, so that they are removed when it is gone.

        Whatever is written of a gist comes by here, so that this is where what was rendered before ends.
        """
        self._changed(pipe, gist_id)
        moment = at.timestamp() if at else time.time()
        pipe.zadd(_key("gist", gist_id, "keys"), dict.fromkeys(names, moment))
        pipe.zremrangebyscore(_key("gist", gist_id, "keys"), "-inf", moment - _INDEX_KEPT)
        pipe.expire(_key("gist", gist_id, "keys"), _INDEX_KEPT)

    def _changed(self, pipe: Any, gist_id: str) -> None:
        """What is shown of the gist may be another from now on; what is being rendered will not be kept."""
        pipe.delete(_key("rendered", gist_id))

    def forget_gist(self, gist_id: str, sentence: str, now: datetime) -> None:
        """GitHub has it no more: everything kept of it is removed, and its pages and badge say so."""
        index = _key("gist", gist_id, "keys")
        names = cast(list[bytes], self.client.zrange(index, 0, -1))
        pipe = self.client.pipeline()
        pipe.unlink(index, _key("gist", gist_id), *names)
        self._changed(pipe, gist_id)
        self._tell(pipe, gist_id, "gone", {"message": sentence})
        pipe.execute()
        self.put_missing(gist_id, None, sentence, now, gone=True)

    def put_missing(self, gist_id: str, revision: str | None, sentence: str, now: datetime, *, gone: bool) -> None:
        """GitHub has no such gist or revision; the oftener it says so, the later it is asked again for a badge."""
        before = self.missing(gist_id, revision)
        times = before.times + 1 if before else 1
        wait = min(_MISSING_AGAIN * 2 ** min(times - 1, 20), _MISSING_LONGEST)
        name = _key("missing", gist_id, *([revision] if revision else []))
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
            self._changed(pipe, gist_id)
            for watch in ("looked", "popular", "checked"):
                pipe.zrem(_key(watch), gist_id)
        pipe.execute()

    def missing(self, gist_id: str, revision: str | None = None) -> Missing | None:
        """What GitHub answered it does not have; for a revision, that it has not even the gist."""
        names = [_key("missing", gist_id)] + ([_key("missing", gist_id, revision)] if revision else [])
        pipe = self.client.pipeline(transaction=False)
        for name in names:
            pipe.hgetall(name)
        record: dict[bytes, bytes] = next((found for found in pipe.execute() if found), {})
        if not record:
            return None
        asked_at = datetime.fromisoformat(record[b"asked_at"].decode())
        return Missing(asked_at, int(record[b"times"]), record[b"sentence"].decode(), record[b"gone"] == b"1")

    def latest_revision(self, gist_id: str) -> str | None:
        """The latest revision known, without the files.

        Raises:
            NotFound: GitHub said when it was asked last that there is none.
        """
        pipe = self.client.pipeline(transaction=False)
        pipe.get(_key("gist", gist_id))
        pipe.exists(_key("missing", gist_id))
        raw, missing = pipe.execute()
        if missing:
            raise NotFound(f"GitHub has no gist {gist_id}, or it is not for us to see.")
        return json.loads(raw)["revision"] if raw else None

    @contextmanager
    def looking(self, gist_id: str, patience_s: float = _ASKING_KEPT) -> Iterator[None]:
        """Held while asking GitHub for a gist, at whatever revision: of all that want it one asks at a time.

        Raises:
            GitHubUnavailable: others asked for it before, for longer than one waits.
        """
        with self._held(_key("looking", gist_id), patience_s, sleep=0.02) as taken:
            if not taken:
                raise GitHubUnavailable(
                    "GitHub is slow to answer, and others are waiting for this gist too. Try again in a moment.",
                    retry_after=10,
                )
            yield

    @contextmanager
    def _held(self, name: str, patience_s: float, sleep: float) -> Iterator[bool]:
        """A lock that is lost with its holder; False where it could not be had."""
        lock: Any = self.client.lock(name, timeout=_ASKING_KEPT, blocking_timeout=patience_s, sleep=sleep)
        taken = bool(lock.acquire())
        try:
            yield taken
        finally:
            if taken:
                with suppress(LockError):  # held for too long: it is another's by now
                    lock.release()

    # GitHub's budget and whose turn it is, for all processes that share this Redis: the ledger of `gistrun.github`

    def github_standing(self, account: str) -> dict[str, str]:
        """What is known of the account's limits."""
        fields = cast(dict[bytes, bytes], self.client.hgetall(_key("github", account)))
        return {name.decode(): value.decode() for name, value in fields.items()}

    def change_github_standing(
        self, account: str, change: Callable[[Mapping[str, str]], Mapping[str, str]], seconds: int
    ) -> None:
        """Replace what is known by what `change` makes of it, as one step; forgotten after so many seconds."""
        name = _key("github", account)
        while True:
            with cast(Any, self.client.pipeline()) as pipe:
                try:
                    pipe.watch(name)
                    fields = {key.decode(): value.decode() for key, value in pipe.hgetall(name).items()}
                    pipe.multi()
                    pipe.hset(name, mapping=dict(change(fields)))
                    pipe.expire(name, seconds)
                    pipe.execute()
                    return
                except redis.WatchError:
                    continue

    @contextmanager
    def github_visitor(self, account: str, patience_s: float) -> Iterator[bool]:
        """Held while GitHub is asked for a visitor; False where too many were asking for all that time."""
        name = _key("github", account, "visitors")
        deadline = time.monotonic() + patience_s
        args = [_VISITORS_AT_ONCE, _ASKING_KEPT]
        keys = [name, _key("github", account, "visits")]
        while not (visit := cast(int, self._enter(keys=keys, args=args))) and time.monotonic() < deadline:
            time.sleep(0.02)
        try:
            yield bool(visit)
        finally:
            if visit:
                self.client.zrem(name, visit)

    @contextmanager
    def github_turn(self, account: str, patience_s: float, yield_s: float) -> Iterator[bool]:
        """Held by the one who asks in the background, from when no visitor asks, or after `yield_s`. False as above."""
        visitors = _key("github", account, "visitors")
        with self._held(_key("github", account, "turn"), patience_s, sleep=0.05) as taken:
            deadline = time.monotonic() + yield_s
            while taken and time.monotonic() < deadline and self.client.zcard(visitors):
                time.sleep(0.02)
            yield taken

    def github_note(self, name: str) -> dict[str, Any] | None:
        """What was noted under that name, or None."""
        raw = self.client.get(_key("github_note", name))
        return cast(dict[str, Any], json.loads(raw)) if raw else None

    def put_github_note(self, name: str, note: dict[str, Any] | None, seconds: int = 0) -> None:
        """Note something for so many seconds; None forgets it."""
        if note is None:
            self.client.delete(_key("github_note", name))
        else:
            self.client.set(_key("github_note", name), json.dumps(note), ex=seconds)

    # Runs

    def create(self, run: Run, key: str, request: Request, public: bool, visitor: str = "") -> Run:
        """Keep a new run under way for its request, or give the one that another visitor created first.

        Args:
            visitor: names whose it is, to hold turns by; forgotten with its end.
        """
        keys = [_key("under_way", key), _key("run", run.id), _key("active"), run_stream(run.id)]
        keys += [_key("gist", run.gist, "keys"), _key("asked"), _key("rendered", run.gist), *_keys_of(run, key)]
        args: list[Any] = [_key("run", ""), run.id, json.dumps(run.as_json()), json.dumps(_request_as_json(request))]
        args += [key, int(public), run.created_at.timestamp(), _key("gist", run.gist, run.revision), visitor]
        first = cast(bytes, self._create(keys=keys, args=[*args, run.language, _INDEX_KEPT])).decode()
        return run if first == run.id else self.run(first) or run

    def requested(self, key: str, language: str) -> Requested:
        """The runs of a request and its language, all at one moment."""
        keys = [_key("under_way", key), _key("shown", key), _key("language", language)]
        under_way, shown, image, toolchain = cast(list[Any], self._requested(keys=keys, args=[_key("run", "")]))
        run = _run(under_way)
        ready = ReadyLanguage(language, image.decode(), toolchain.decode()) if image else None
        return Requested(run if run and not run.state.finished else None, _run(shown), ready)

    def languages_asked_for(self) -> dict[str, datetime]:
        """When a run was last asked for, of every language that ever was."""
        answer = cast(list[tuple[bytes, float]], self.client.zrange(_key("asked"), 0, -1, withscores=True))
        return {name.decode(): datetime.fromtimestamp(at, UTC) for name, at in answer}

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

    def begin(self, run_id: str, attempt: int, worker: str) -> tuple[Standing, Gist | None] | None:
        """A worker takes the run, and its gist if that is still stored; None when that attempt does not count, or has
        been taken.
        """
        begun = cast(list[Any] | None, self._begin(keys=[_key("run", run_id)], args=[attempt, worker]))
        if begun is None:
            return None
        fields, gist = begun
        standing = _standing(dict(zip(fields[::2], fields[1::2], strict=True)))
        return standing, _gist_from_json(json.loads(gist)) if gist else None

    def started(self, run: Run, attempt: int) -> bool:
        """The run is `running`. False when the attempt does not count any more."""
        record = json.dumps(run.as_json())
        return self._write(run.id, attempt, "state", record, record)

    def append(self, run_id: str, attempt: int, output: Output) -> bool:
        """One piece of output. False when the attempt does not count any more."""
        return self._write(run_id, attempt, "output", json.dumps(output.as_json()), "")

    def _write(self, run_id: str, attempt: int, event: str, data: str, record: str) -> bool:
        return bool(self._append(keys=[_key("run", run_id), run_stream(run_id)], args=[attempt, event, data, record]))

    def restart(self, run: Run, attempt: int, lost: int, waiting: float | None = None) -> bool:
        """Queue a run anew, to start over; readers are told. False when the attempt does not count any more.

        Args:
            lost, waiting: how the run stands from now on; see `Standing`.
        """

        def write(pipe: Any) -> None:
            fields = {"json": json.dumps(run.as_json()), "attempt": attempt + 1, "worker": "", "lost": lost}
            pipe.hset(_key("run", run.id), mapping={**fields, "waiting": "" if waiting is None else waiting})
            pipe.xadd(run_stream(run.id), {"event": "state", "data": fields["json"]})

        return self._fenced(run, attempt, write)

    def waited(self, run: Run, attempt: int, seconds: float) -> bool:
        """The run waits for an engine no longer, and has done so for so long in all. False as with the others."""

        def write(pipe: Any) -> None:
            pipe.hset(_key("run", run.id), mapping={"waiting": "", "waited": seconds})

        return self._fenced(run, attempt, write)

    def _fenced(self, run: Run, attempt: int, write: Callable[[Any], None]) -> bool:
        name = _key("run", run.id)
        while True:
            with cast(Any, self.client.pipeline()) as pipe:
                try:
                    pipe.watch(name)
                    counts = cast(bytes | None, pipe.hget(name, "attempt"))
                    if counts is None or int(counts) != attempt:
                        return False
                    pipe.multi()
                    write(pipe)
                    self._changed(pipe, run.gist)
                    pipe.execute()
                    return True
                except redis.WatchError:
                    continue

    def finish(self, run: Run, attempt: int, identity: str | None) -> bool:
        """The end of a run, and what it means for the caches. False when the attempt does not count any more."""
        kept = _TRUTH_KEPT if run.state.repeatable else _CHANCE_KEPT
        name = _key("kept", identity) if identity else ""
        keys = [_key("run", run.id), run_stream(run.id), _key("active"), _key("recent"), _key("rendered", run.gist)]
        args: list[Any] = [attempt, json.dumps(run.as_json()), run.id, kept, _key("under_way", ""), _key("shown", "")]
        args += [int(run.state is State.ERROR), name, 4 * _RECENT, int(run.state.repeatable)]
        return bool(self._finish(keys=keys, args=args))

    def copy(self, source_id: str, run: Run, key: str, public: bool) -> bool:
        """Keep `run` as a run of its own with the output of another. False when that one is kept no longer."""
        kept = self.client.ttl(_key("run", source_id))
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
            _key("run", run.id),
            mapping={"json": ended, "attempt": 0, "worker": "", "key": key, "public": int(public)},
        )
        pipe.expire(_key("run", run.id), kept)
        pipe.expire(run_stream(run.id), kept)
        pipe.set(_key("shown", key), run.id, ex=kept)
        self._index(pipe, run.gist, None, *_keys_of(run, key))
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
            if run and run.gist not in runs and self._is_public(run.gist):
                runs[run.gist] = run
            if len(runs) == count:
                break
        return list(runs.values())

    def _is_public(self, gist_id: str) -> bool:
        """As GitHub said last: a gist may have turned secret since it ran."""
        raw = self.client.get(_key("gist", gist_id))
        return bool(raw and json.loads(raw)["public"])

    def active(self) -> Iterator[Standing]:
        """Every run not yet ended, oldest first."""
        for run_id in cast(list[bytes], self.client.zrange(_key("active"), 0, -1)):
            record = cast(dict[bytes, bytes], self.client.hgetall(_key("run", run_id.decode())))
            if not record:
                self.client.zrem(_key("active"), run_id)
                continue
            yield _standing(record)

    # Output

    def events(self, run_id: str, after: str = "0") -> list[Event]:
        """The run's events after the one named, in order."""
        return self.stream(run_stream(run_id), after)

    def stream(self, name: str, after: str = "0", count: int | None = None) -> list[Event]:
        """The events of a stream after the one named, in order, `count` at most."""
        start = f"({after}" if after not in ("0", "0-0") else "-"
        entries = cast(Any, self.client.xrange(name, min=start, count=count))
        return [_event(entry_id, fields) for entry_id, fields in entries]

    def last_event(self, stream: str) -> Event | None:
        """The stream's last event so far."""
        entries = cast(Any, self.client.xrevrange(stream, count=1))
        return _event(*entries[0]) if entries else None

    def new_events(
        self, after: Mapping[str, str], wait: float, reader: str, woken: str
    ) -> tuple[list[tuple[str, list[Event]]], str]:
        """The new events of many streams at once: of each, by its name, those after the one named.

        Waits up to `wait` seconds (15 at most) for the first, or until the reader of that name is woken.

        Args:
            woken: what the last call gave second; "0" for the first call.
        """
        streams: dict[Any, Any] = {_key("reader", reader): woken, **after}
        block = max(1, int(min(wait, _BLOCK_S) * 1000))
        found: list[tuple[str, list[Event]]] = []
        for raw, entries in cast(Any, self.client.xread(streams, block=block)):
            name = raw.decode()
            if name in after:
                found.append((name, [_event(entry_id, fields) for entry_id, fields in entries]))
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

    # Watching

    def looked(self, gist_id: str, now: datetime, interval: float) -> bool:
        """Somebody looked at the gist, its badge included: one round trip.

        Its revisit is queued when GitHub was asked for it longer than `interval` seconds ago, once per interval; where
        GitHub's budget is small the watcher may have stretched that.

        Returns:
            True when this look queued one.
        """
        moment = now.timestamp()
        keys = [_key("looked"), _key("popular"), _key("checked"), _key("revisits"), _key("missing", gist_id)]
        keys.append(_key("watching"))
        return bool(self._looked(keys=keys, args=[gist_id, moment, moment / _POPULAR_HALF, interval]))

    def asked(self, gist_ids: Iterable[str], now: datetime) -> None:
        """GitHub is being asked for the gists."""
        self.client.zadd(_key("checked"), dict.fromkeys(gist_ids, now.timestamp()))

    def watched(self, now: datetime, looked_at_s: float) -> tuple[int, int]:
        """How many gists are watched, and how many of them were looked at within so many seconds.

        Those that nobody looked at for 7 days are dropped first, and the least popular beyond what is watched at most.
        """
        last_week = now.timestamp() - _WATCHED_FOR
        old = cast(list[bytes], self.client.zrangebyscore(_key("looked"), "-inf", last_week))
        old += cast(list[bytes], self.client.zrange(_key("popular"), 0, -_WATCHED_MOST - 1))
        pipe = self.client.pipeline()
        if old:
            for name in ("looked", "popular", "checked"):
                pipe.zrem(_key(name), *old)
        pipe.zremrangebyscore(_key("checked"), "-inf", last_week)  # of those asked for that nobody looked at
        pipe.zcard(_key("looked"))
        pipe.zcount(_key("looked"), now.timestamp() - looked_at_s, "+inf")
        return cast(tuple[int, int], tuple(pipe.execute()[-2:]))

    def due(self, checked_before: datetime) -> list[Watched]:
        """The watched gists that GitHub was asked for last at that time or before."""
        pipe = self.client.pipeline()
        pipe.zrange(_key("checked"), 0, -1, withscores=True)
        pipe.zrange(_key("popular"), 0, -1, withscores=True)
        checked, popular = pipe.execute()
        when, before = dict(checked), checked_before.timestamp()
        return [
            Watched(gist_id.decode(), when.get(gist_id, 0.0), score)
            for gist_id, score in popular
            if when.get(gist_id, 0.0) <= before
        ]

    def put_watching(self, watching: Watching) -> None:
        """Say how it is going, for a minute; looks keep to that interval."""
        pipe = self.client.pipeline()
        pipe.hset(_key("watching"), mapping=cast(Any, asdict(watching)))
        pipe.expire(_key("watching"), 60)
        pipe.execute()

    def watching(self) -> Watching | None:
        """How it is going, or None where nobody has watched for a minute."""
        record = cast(dict[bytes, bytes], self.client.hgetall(_key("watching")))
        if not record:
            return None
        told = {name.decode(): float(value) for name, value in record.items()}
        return Watching(int(told["gists"]), told["interval_s"], int(told["looked_at"]), told["looked_at_interval_s"])

    def leads(self, role: str, name: str, seconds: int) -> bool:
        """True when that process is the one that does this for all; for so many seconds from now."""
        leader = _key("leader", role)
        return bool(self._leads(keys=[leader], args=[name, seconds]))

    def want_revisit(self, gist_id: str, now: datetime, *, later: bool = False) -> None:
        """Have the gist wait for a revisit, once; `later`: behind all that somebody has asked for."""
        self._want(keys=[_key("revisits")], args=[gist_id, now.timestamp() + (_LATER if later else 0)])

    def next_revisit(self, wait: float = 0.0) -> str | None:
        """The gist whose revisit is next, taken out of the queue; waits up to `wait` seconds (15 at most) for one."""
        if wait > 0:
            return self._next("revisits", wait)
        first = cast(Any, self.client.zpopmin(_key("revisits")))
        return first[0][0].decode() if first else None

    def next_unknown(self) -> str | None:
        """The gist never seen whose badge was shown first, taken out of those that wait for GitHub to be asked."""
        first = cast(Any, self.client.zpopmin(_key("revisits", "unknown")))
        return first[0][0].decode() if first else None

    def _tell(self, pipe: Any, gist_id: str, event: str, data: dict[str, Any]) -> None:
        name = gist_stream(gist_id)
        pipe.xadd(name, {"event": event, "data": json.dumps(data)}, maxlen=_GIST_EVENTS)
        pipe.expire(name, _GIST_EVENTS_KEPT)

    # What was rendered

    def show(self, gist_id: str, name: str, mark: str, now: datetime, interval: float) -> Shown | Mark:
        """What is kept under that name of the gist as it stands, and is looked at by that; one round trip.

        Args:
            mark: another one each time.
            interval: as `looked` takes it.

        Returns:
            Shown, or a Mark to be given to `keep` with what is rendered from what is read from now on.
        """
        moment = now.timestamp()
        keys = [_key("looked"), _key("popular"), _key("checked"), _key("revisits"), _key("missing", gist_id)]
        keys += [_key("watching"), _key("rendered", gist_id), _key("languages")]
        args: list[Any] = [gist_id, moment, moment / _POPULAR_HALF, interval, name, mark]
        try:
            words = [str(word).encode() for word in ("EVALSHA", self._show.sha, len(keys), *keys, *args)]
            found, told = self._lanes.ask(*words)
        except redis.exceptions.NoScriptError:
            found, told = cast(Any, self._show(keys=keys, args=args))
        if not found:
            return Mark(told.decode())
        digest, _, until = told.decode().partition(" ")
        return Shown(digest, float(until))

    def keep(self, gist_id: str, name: str, mark: Mark, run_id: str, digest: str, until: float, body: bytes) -> bool:
        """Keep what was rendered of the gist with that run, as long as it shows how things stand.

        Args:
            digest: names the body; equal ones are equal.
            until: time of the epoch after which it is not shown, kept though it be; 0 for none.

        Returns:
            False when something has changed since the mark was given.
        """
        keys = [_key("rendered", gist_id), _key("languages"), _key("run", run_id)]
        return bool(self._keep(keys=keys, args=[mark.value, name, f"{digest} {until}", digest, body]))

    def body(self, gist_id: str, digest: str) -> bytes | None:
        """What was kept with that digest."""
        return cast(bytes | None, self.client.hget(_key("rendered", gist_id), f"body {digest}"))

    # Languages, workers, deliveries

    def publish_language(self, ready: ReadyLanguage) -> None:
        """The language can be run from now on, with that image."""
        name = _key("language", ready.name)
        pipe = self.client.pipeline()
        pipe.delete(name)
        pipe.hset(name, mapping={"image": ready.image, "toolchain": ready.toolchain})
        pipe.incr(_key("languages"))
        pipe.execute()

    def publish_broken_language(self, name: str, reason: str) -> None:
        """The language's image could not be made; the reason is a sentence."""
        pipe = self.client.pipeline()
        pipe.delete(_key("language", name))
        pipe.hset(_key("language", name), "broken", reason)
        pipe.incr(_key("languages"))
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

    def engine_answers(self) -> bool:
        """True when a living worker says that its engine could run something."""
        return any(facts.get("engine") is True for facts in self.workers().values())

    def instance(self) -> str:
        """A random name of this installation, the same for all that share this Redis."""
        name = _key("instance")
        self.client.set(name, base64.b32encode(time.time_ns().to_bytes(10, "big")).decode().lower(), nx=True)
        return cast(bytes, self.client.get(name)).decode()

    def take_delivery(self, delivery_id: str, gists: Sequence[str], repository: str | None, now: datetime) -> bool:
        """Remember the webhook delivery for three days, have its gists revisited and the README read: all or nothing.

        False if the delivery was taken before; of several that come at the same time one is taken.
        """
        keys = [_key("delivery", delivery_id), _key("revisits"), _key("readmes")]
        return bool(self._take(keys=keys, args=[_DELIVERY_KEPT, now.timestamp(), repository or "", *gists]))

    def next_readme(self, wait: float) -> str | None:
        """The repository whose README has waited longest to be read, taken out; waits up to `wait` seconds for one."""
        return self._next("readmes", wait)

    def _next(self, waiting: str, wait: float) -> str | None:
        answer = cast(Any, self.client.bzpopmin(_key(waiting), min(wait, _BLOCK_S)))
        return answer[1].decode() if answer else None

    def readme(self, repository: str) -> tuple[list[str], str | None] | None:
        """The gists whose badges the repository's README showed when last read, and its ETag; None if unknown."""
        raw = self.client.get(_key("readme", repository.lower()))
        if raw is None:
            return None
        record = json.loads(raw)
        return record["gists"], record["etag"]

    def put_readme(self, repository: str, gists: list[str], etag: str | None) -> None:
        """The repository's README shows these gists' badges."""
        record = json.dumps({"gists": gists, "etag": etag})
        self.client.set(_key("readme", repository.lower()), record, ex=_README_KEPT)

    def forget_readme(self, repository: str) -> None:
        """The repository's README has changed, and what it shows now is not known."""
        self.client.delete(_key("readme", repository.lower()))


def _latest(record: dict[str, Any]) -> Latest:
    checked_at, asked_at = (datetime.fromisoformat(record[name]) for name in ("checked_at", "asked_at"))
    try:
        updated_at = datetime.fromisoformat(record["updated_at"] or "")
    except ValueError:  # GitHub's text, taken as it came
        updated_at = None
    return Latest(
        record["revision"], record["etag"], checked_at, asked_at, updated_at, record["owner"], record["public"]
    )


def _run(record: bytes | None) -> Run | None:
    return Run.from_json(json.loads(record)) if record else None


def _key(*parts: str) -> str:
    return ":".join(("gistrun", *parts))


def _keys_of(run: Run, key: str) -> list[str]:
    """What is kept of a run."""
    return [_key("run", run.id), run_stream(run.id), _key("under_way", key), _key("shown", key)]


def run_stream(run_id: str) -> str:
    """The stream of what happens in the run: `state`, `output`, and `end` last."""
    return _key("run", run_id, "events")


def gist_stream(gist_id: str) -> str:
    """The stream of what open pages of the gist are told: `gist`, and `gone` last."""
    return _key("gist", gist_id, "events")


def _event(entry_id: bytes, fields: dict[bytes, bytes]) -> Event:
    return Event(entry_id.decode(), fields[b"event"].decode(), fields[b"data"])


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
