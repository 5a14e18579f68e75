"""Runs from a request to their end; `ends` is about what is kept of them then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from gistrun.errors import QueueFull
from gistrun.model import Attempt, Gist, Image, Output, Run, State, to_record
from gistrun.store.connection import Client, script
from gistrun.store.ends import EndShelf
from gistrun.store.gist_records import read_gist
from gistrun.store.gists import INDEX_KEPT
from gistrun.store.keys import redis_key, run_stream
from gistrun.store.run_records import ActiveRun, keys_of, read_active, read_run


@dataclass(frozen=True, slots=True)
class Requested:
    """What is known of a request."""

    under_way: ActiveRun | None
    last_ended: Run | None
    #: The image that it needs, if it is ready.
    ready: Image | None


#: Bytes that a run takes until it ends, besides its request: its record, its job, its first events.
_RECORD_BYTES = 4096
#: A run whose request is larger than this has much input. Such runs may hold half of what all may.
_MUCH_INPUT = 64 * 1024
#: Of how many of the newest runs those that are running now are told.
_LOOKED_AT = 50
#: Seconds after which a visitor may try again when no more runs are taken.
_RETRY_AFTER_S = 10


class RunShelf:
    """Runs that have not ended. `most_bytes`: what they may hold together; 0 for no limit."""

    def __init__(self, client: Client, ends: EndShelf, most_bytes: int = 0) -> None:
        self._client = client
        self._most_bytes = most_bytes
        self._ends = ends
        self._create = script(client, "create")
        self._begin = script(client, "begin")
        self._append = script(client, "append")
        self._restart = script(client, "restart")
        self._waited = script(client, "waited")

    def create(self, new: ActiveRun, public: bool) -> Run:
        """Keep a new run under way for its request, or give the one that another visitor created first.

        Raises:
            QueueFull
        """
        run, key = new.run, new.key
        keys = [redis_key("under_way", key), redis_key("run", run.id), redis_key("active"), run_stream(run.id)]
        keys += [redis_key("gist", run.gist, "keys"), redis_key("asked"), redis_key("rendered", run.gist)]
        keys += [redis_key("active", "bytes"), *keys_of(run, key)]
        request = json.dumps(to_record(new.request))
        args: list[Any] = [run.id, json.dumps(run.as_json()), request, key, int(public)]
        args += [run.created_at.timestamp(), new.visitor, new.image, INDEX_KEPT]
        args += [len(request) + _RECORD_BYTES, self._most_bytes, _MUCH_INPUT]
        while (first := cast(bytes | None, self._create(keys=keys, args=args))) != run.id.encode():
            if first is None:
                megabytes = self._most_bytes // 2**20
                sentence = (
                    f"The runs that wait on this server hold the {megabytes} MB that they may. Try again in a moment."
                )
                raise QueueFull(sentence, retry_after=_RETRY_AFTER_S)
            found = self.active_run(first.decode())
            if found:
                return found.run
            # The run that the key names is not under way any more, so the key is out of date.
            self._client.delete(redis_key("under_way", key))
        return run

    def requested(self, key: str, image: str) -> Requested:
        """The runs of a request, and the image of that name."""
        pipe = self._client.pipeline(transaction=False)
        pipe.get(redis_key("under_way", key))
        pipe.get(redis_key("ended", key))
        pipe.hmget(redis_key("image", image), "digest", "toolchain")
        under_way, ended, (digest, toolchain) = pipe.execute()
        ready = Image(image, digest.decode(), toolchain.decode()) if digest else None
        active = self.active_run(under_way.decode()) if under_way else None
        return Requested(active, self._ends.pointed(ended), ready)

    def get(self, run_id: str) -> Run | None:
        """The run, or None when there is none or its end is not kept any more."""
        return read_run(self._client.hget(redis_key("run", run_id), "json"))

    def under_way(self, key: str) -> Run | None:
        """The run under way for a request."""
        run_id = cast(bytes | None, self._client.get(redis_key("under_way", key)))
        active = self.active_run(run_id.decode()) if run_id else None
        return active.run if active else None

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
        return read_active(dict(zip(fields[::2], fields[1::2], strict=True))), gist

    def changed(self, run: Run, attempt: int) -> bool:
        """The run stands as given: it is `running`, or queued for another reason. False when the attempt does not count
        any more.
        """
        record = json.dumps(run.as_json())
        return self._write(run.id, attempt, "state", record, record)

    def append(self, run_id: str, attempt: int, *outputs: Output) -> bool:
        """Add pieces of output, each as an event, in order. False when the attempt does not count any more."""
        return self._write(run_id, attempt, "output", "", *(json.dumps(output.as_json()) for output in outputs))

    def _write(self, run_id: str, attempt: int, event: str, record: str, *data: str) -> bool:
        keys = [redis_key("run", run_id), run_stream(run_id)]
        return bool(self._append(keys=keys, args=[attempt, event, record, *data]))

    def restart(self, run: Run, attempt: int, lost: int, waiting: float | None = None) -> bool:
        """Queue a run again, to start over; readers are told. False when the attempt does not count any more.

        Args:
            lost, waiting: as in `ActiveRun`, from now on.
        """
        keys = [redis_key("run", run.id), run_stream(run.id), redis_key("rendered", run.gist)]
        since = "" if waiting is None else waiting
        return bool(self._restart(keys=keys, args=[attempt, attempt + 1, json.dumps(run.as_json()), lost, since]))

    def counts(self, attempt: Attempt) -> bool:
        """Whether that attempt is the one that counts, of a run that has not ended."""
        return cast(bytes | None, self._client.hget(redis_key("run", attempt.run), "attempt")) == b"%d" % attempt.number

    def taken_by(self, run_id: str) -> str:
        """The worker that took the run last; "" when none has."""
        return (cast(bytes | None, self._client.hget(redis_key("run", run_id), "worker")) or b"").decode()

    def started_by(self, run_id: str) -> str:
        """The visitor who started the run; "" when it was none, or the run has ended."""
        return (cast(bytes | None, self._client.hget(redis_key("run", run_id), "starter")) or b"").decode()

    def waited(self, run_id: str, attempt: int, seconds: float) -> bool:
        """The run does not wait for an engine any more, after so many seconds in all. False as with `restart`."""
        return bool(self._waited(keys=[redis_key("run", run_id)], args=[attempt, seconds]))

    def active(self) -> Iterator[ActiveRun]:
        """Every run that has not ended, oldest first."""
        for run_id in cast(list[bytes], self._client.zrange(redis_key("active"), 0, -1)):
            if found := self.active_run(run_id.decode()):
                yield found
            else:
                self._client.zrem(redis_key("active"), run_id)
        if not self._client.exists(redis_key("active")):
            # Runs that were removed with their gist did not end, and still counted.
            self._client.delete(redis_key("active", "bytes"))

    def running(self, count: int) -> list[Run]:
        """The newest runs of public gists that are running now, at most so many."""
        newest = cast(list[bytes], self._client.zrevrange(redis_key("active"), 0, _LOOKED_AT - 1))
        pipe = self._client.pipeline(transaction=False)
        for run_id in newest:
            pipe.hmget(redis_key("run", run_id.decode()), "json", "public")
        runs = [read_run(record) for record, public in pipe.execute() if record and public == b"1"]
        return [run for run in runs if run and run.state is State.RUNNING][:count]

    def active_run(self, run_id: str) -> ActiveRun | None:
        """The run, unless it has ended or there is none."""
        record = cast(dict[bytes, bytes], self._client.hgetall(redis_key("run", run_id)))
        return read_active(record) if record.get(b"attempt", b"0") != b"0" else None
