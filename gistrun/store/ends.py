"""Ended runs: what is kept of them, for how long, and how much of it one owner's gists may hold."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, cast

from gistrun.model import Gist, Request, Run, State, request_key
from gistrun.store.connection import Client, script
from gistrun.store.gists import GistShelf, index
from gistrun.store.history import HistoryShelf
from gistrun.store.keys import DAY, redis_key, run_stream
from gistrun.store.run_records import keys_of, read_run
from gistrun.store.streams import StreamShelf

#: Seconds. A program would reach a repeatable end again, so that end is kept long. Any other end is kept for minutes.
#: So is one with arguments or input of a visitor's own, until somebody comes back to it.
_LONG, _SHORT = 30 * DAY, 10 * 60
_ERRORS_KEPT = DAY
#: Ids in the list of recent runs. Several can be of one gist, and some of gists that have turned secret since.
_RECENT_MOST = 120
#: Bytes that an ended run takes besides its record: the keys that point to it.
_POINTER_BYTES = 512


@dataclass(frozen=True, slots=True)
class End:
    """The end of an attempt, and what it means for the caches."""

    run: Run
    #: The request's.
    key: str
    #: The attempt that ended.
    attempt: int
    #: The program's, where its end may serve an identical program.
    identity: str | None = None
    #: The gist's owner, for whose gists all results together may hold so much.
    owner: str | None = None
    #: False for a run that a visitor has stopped. It is kept for those who watched it, and answers nobody else.
    is_result: bool = True

    @property
    def kept_s(self) -> int:
        """Seconds for which it is kept."""
        lasts = self.is_result and self.run.repeatable and not _has_input(self.run)
        return _LONG if lasts else _SHORT


class EndShelf:
    """Ended runs. `keep_bytes`: what those of one owner's gists may hold together; None for no limit."""

    def __init__(
        self, client: Client, gists: GistShelf, streams: StreamShelf, history: HistoryShelf, keep_bytes: int | None
    ) -> None:
        self._client = client
        self._gists = gists
        self._history = history
        self._streams = streams
        self._keep_bytes = keep_bytes
        self._finish = script(client, "finish")
        self._account = script(client, "account")
        self._drop = script(client, "drop")

    def finish(self, end: End) -> bool:
        """Keep the end of a run. False when the attempt does not count any more."""
        run, key = end.run, end.key
        keys = [redis_key("run", run.id), run_stream(run.id), redis_key("active"), redis_key("recent")]
        keys += [redis_key("rendered", run.gist), redis_key("under_way", key), redis_key("ended", key)]
        keys += [redis_key("errors", key), redis_key("active", "bytes")] + (
            [redis_key("kept", end.identity)] if end.identity else []
        )
        args: list[Any] = [end.attempt, json.dumps(run.as_json()), run.id, end.kept_s, run.state]
        args += [int(run.repeatable), _RECENT_MOST, _ERRORS_KEPT, int(end.is_result)]
        if not self._finish(keys=keys, args=args):
            return False
        # From here on only how it is stored changes. If this process dies, it is stored as it is.
        self._streams.pack(run.id)
        self._charge(end.owner, run, key, end.kept_s)
        if end.is_result:
            self._remember(run, key)
        return True

    def copy(self, source_id: str, run: Run, key: str, gist: Gist) -> bool:
        """Keep `run`, of that gist, as a run of its own with the output of another. False when that one is gone."""
        kept = self._client.ttl(redis_key("run", source_id))
        if kept <= 0:
            return False
        ended = json.dumps(run.as_json())
        # Other events name the gist that the other run was of, and that gist may be a secret one.
        packed = self._streams.packed_copy(source_id, ended)
        pipe = self._client.pipeline()
        fields = {"json": ended, "attempt": 0, "key": key, "public": int(gist.public), "output": packed}
        pipe.hset(redis_key("run", run.id), mapping=cast(Any, fields))
        pipe.expire(redis_key("run", run.id), kept)
        pipe.set(redis_key("ended", key), json.dumps({"id": run.id, "state": run.state}), ex=kept)
        index(pipe, run.gist, None, *keys_of(run, key))
        if gist.public:
            pipe.lpush(redis_key("recent"), run.id)
            pipe.ltrim(redis_key("recent"), 0, _RECENT_MOST)
        pipe.execute()
        self._charge(gist.owner, run, key, kept)
        self._remember(run, key)
        return True

    def last(self, key: str) -> Run | None:
        """The run that ended last for a request."""
        return self.pointed(self._client.get(redis_key("ended", key)))

    def pointed(self, record: Any) -> Run | None:
        """The ended run that a stored `ended:<key>` names."""
        return self._run(json.loads(record)["id"]) if record else None

    def of_program(self, identity: str) -> Run | None:
        """The ended run that is kept for an identical program."""
        run_id = cast(bytes | None, self._client.get(redis_key("kept", identity)))
        return self._run(run_id.decode()) if run_id else None

    def _run(self, run_id: str) -> Run | None:
        return read_run(self._client.hget(redis_key("run", run_id), "json"))

    def errors(self, key: str) -> int:
        """How often in a row, within a day, runs of the request ended in our own error."""
        return int(cast(bytes | None, self._client.get(redis_key("errors", key))) or 0)

    def keep_longer(self, run: Run, key: str) -> None:
        """Keep a result with arguments or input as long as any other, because somebody came back to it."""
        if not run.repeatable or not _has_input(run):
            return
        charge = cast(bytes | None, self._client.hget(redis_key("run", run.id), "charge"))
        pipe = self._client.pipeline()
        pipe.expire(redis_key("run", run.id), _LONG)
        pipe.expire(redis_key("ended", key), _LONG)
        if charge:
            account, _, member = charge.decode().partition("\n")
            pipe.zadd(redis_key("owner", account), {member: time.time() + _LONG}, xx=True)
        pipe.execute()

    def recent(self, count: int = 10) -> list[Run]:
        """The last runs of public gists, each gist once, newest first."""
        pipe = self._client.pipeline(transaction=False)
        for run_id in cast(list[bytes], self._client.lrange(redis_key("recent"), 0, -1)):
            pipe.hget(redis_key("run", run_id.decode()), "json")
        runs: dict[str, Run] = {}
        for run in filter(None, map(read_run, pipe.execute())):
            runs.setdefault(run.gist, run)
        known = self._gists.latest_of(list(runs))
        public = [run for gist_id, run in runs.items() if gist_id in known and known[gist_id].public]
        return public[:count]

    def _remember(self, run: Run, key: str) -> None:
        """Note the end for the history, if it is that of the program which the gist runs by itself."""
        if run.state is not State.ERROR and key == request_key(run.gist, run.revision, Request()):
            self._history.add(run)

    def _charge(self, owner: str | None, run: Run, key: str, kept_s: int) -> None:
        """Count what the run takes of Redis's memory for its owner. The owner's oldest results go beyond the limit."""
        if self._keep_bytes is None:
            return
        record = redis_key("run", run.id)
        account = (owner or "").lower()
        size = (self._client.memory_usage(record, samples=0) or 0) + _POINTER_BYTES
        member = f"{size} {run.id} {key} {run.gist}"
        keys = [redis_key("owner", account), record]
        now = time.time()
        args: list[Any] = [member, size, now, now + kept_s, self._keep_bytes, _LONG, account]
        for gone in cast(list[bytes], self._account(keys=keys, args=args)):
            _, run_id, its_key, gist_id = gone.decode().split(" ")
            names = [redis_key("run", run_id), run_stream(run_id)]
            names += [redis_key("ended", its_key), redis_key("rendered", gist_id)]
            self._drop(keys=names, args=[run_id])


def _has_input(run: Run) -> bool:
    return bool(run.args or run.stdin_bytes)
