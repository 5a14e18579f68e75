"""The connection to Redis, and the border that no exception of redis-py crosses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import redis
from redis.client import Pipeline
from redis.commands.core import Script
from redis.exceptions import LockError
from redis.sentinel import Sentinel

from gistrun.store.outage import Outage, is_writing
from gistrun.store.refusals import ACTED_ON, READS, SILENT, code_of, trouble_of, unavailable

T = TypeVar("T")
#: Seconds of the longest blocking read.
BLOCK_S = 15.0
#: Seconds for an answer while a visitor waits for it. Redis answers in milliseconds. It may take a second on a machine
#: that is busy with programs, or while it forks to save.
PATIENCE_S = 2.0
#: Seconds for an answer to a process that nobody waits for. A worker would lose the run that it executes.
BACKGROUND_PATIENCE_S = 30.0
#: Seconds for an answer to PING, after another command has waited for long enough.
_PING_S = 0.5
#: Seconds after a command without an answer in which visitors are told so at once.
_REST_S = 1.0


class Client(redis.Redis):
    """Raises `StoreUnavailable` when Redis does not answer or refuses; `StoreReadOnly` when it may still read."""

    outage = Outage()
    #: For blocking reads. Its connections wait for the longest of them.
    waiting: Client

    def execute_command(self, *args: Any, **options: Any) -> Any:
        writing = is_writing(args[0])
        self.outage.admit(writing=writing)
        try:
            answer = cast(Any, super()).execute_command(*args, **options)
        except redis.RedisError as error:
            refused(error, self.connection_pool, self.outage, writing=writing)
        if not self.outage.calm:
            self.outage.answered(writing=writing)
        return answer

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Any:
        pipe = _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        pipe.outage = self.outage
        return pipe

    def plain(self) -> redis.Redis:
        """A client that raises redis-py's own exceptions, for libraries that expect them. It may block."""
        client = _Plain(connection_pool=self.waiting.connection_pool)
        client.outage = self.outage
        return client


class _Plain(redis.Redis):
    """To a library, a Redis that refuses for a while is one that cannot be reached: it waits and tries again."""

    outage = Outage()

    def execute_command(self, *args: Any, **options: Any) -> Any:
        with _out_of_reach(self.connection_pool, self.outage, writing=is_writing(args[0])):
            return cast(Any, super()).execute_command(*args, **options)

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Any:
        pipe = _PlainPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        pipe.outage = self.outage
        return pipe


class _PlainPipeline(Pipeline):
    outage = Outage()

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        with _out_of_reach(self.connection_pool, self.outage, writing=_has_writing(self)):
            return cast(list[Any], cast(Any, super()).execute(raise_on_error))


@contextmanager
def _out_of_reach(pool: redis.ConnectionPool, outage: Outage, *, writing: bool) -> Iterator[None]:
    """Raise redis-py's ConnectionError in place of a refusal that passes."""
    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError) as error:
        outage.failed(SILENT, error)
        raise
    except redis.ResponseError as error:
        if isinstance(error, ACTED_ON) or code_of(error) in (None, "NOPERM"):
            raise
        outage.failed(trouble_of(error), error)
        _leave_replica(error, pool)
        raise redis.ConnectionError(str(error)) from error
    if not outage.calm:
        outage.answered(writing=writing)


class _Pipeline(Pipeline):
    outage = Outage()

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        writing = _has_writing(self)
        self.outage.admit(writing=writing)
        try:
            answers = cast(list[Any], cast(Any, super()).execute(raise_on_error))
        except redis.RedisError as error:
            refused(error, self.connection_pool, self.outage, writing=writing)
        if not self.outage.calm:
            self.outage.answered(writing=writing)
        return answers

    def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        writing = is_writing(args[0])
        self.outage.admit(writing=writing)
        try:
            return cast(Any, super()).immediate_execute_command(*args, **options)
        except redis.RedisError as error:
            refused(error, self.connection_pool, self.outage, writing=writing)


def _has_writing(pipe: Pipeline) -> bool:
    return any(is_writing(command[0][0]) for command in pipe.command_stack)


def refused(error: Exception, pool: redis.ConnectionPool, outage: Outage, *, writing: bool) -> NoReturn:
    """Raise what stands for an error of the driver: itself, if callers act on it, or else `StoreUnavailable`.

    Args:
        writing: Redis was asked to write, so that it may read although it did not answer.
    """
    if isinstance(error, ACTED_ON):
        raise error
    trouble = trouble_of(error)
    if isinstance(error, redis.TimeoutError):
        reads = writing and _answers_ping(pool)
        trouble = READS if reads else SILENT
        outage.hangs(reads=reads)
    outage.failed(trouble, error)
    _leave_replica(error, pool)
    unavailable(error, trouble)


def _answers_ping(pool: redis.ConnectionPool) -> bool:
    """Whether Redis answers what changes nothing, on a new connection: it may take no writes for a while."""
    quickly = {"socket_timeout": _PING_S, "socket_connect_timeout": _PING_S}
    connection = cast(Any, pool).connection_class(**{**pool.connection_kwargs, **quickly})
    try:
        connection.send_command("PING", check_health=False)
        connection.read_response()
        return True
    except redis.RedisError:
        return False
    finally:
        connection.disconnect()


def _leave_replica(error: Exception, pool: redis.ConnectionPool) -> None:
    """After a failover the address may name another server, which only a new connection finds."""
    if code_of(error) == "READONLY":
        pool.disconnect(inuse_connections=False)


def connect(url: str, patience_s: float = PATIENCE_S) -> Client:
    """A client for a `redis://`, `rediss://`, `unix://` or `redis+sentinel://host:port,…/service[/db]` address.

    Args:
        patience_s: seconds for an answer. One that is longer than a visitor would wait is for processes in the
            background, in which all may wait.
    """
    client, client.waiting = _client(url, patience_s), _client(url, BLOCK_S + patience_s)
    client.outage = client.waiting.outage = Outage(_REST_S if patience_s <= PATIENCE_S else 0.0)
    client.waiting.waiting = client.waiting
    return client


def _client(url: str, patience_s: float) -> Client:
    options: dict[str, Any] = {
        "decode_responses": False,
        "socket_timeout": patience_s,
        "socket_connect_timeout": min(patience_s, 5.0),
        "health_check_interval": 30,
    }
    if url.startswith("redis+sentinel://"):
        hosts, _, path = url.removeprefix("redis+sentinel://").partition("/")
        service, _, db = path.partition("/")
        nodes = [
            (host or "localhost", int(port or 26379)) for host, _, port in (h.partition(":") for h in hosts.split(","))
        ]
        sentinel: Any = cast(Any, Sentinel)(nodes, **options)
        return cast(Client, sentinel.master_for(service or "mymaster", redis_class=Client, db=int(db or 0)))
    return cast(Client, Client.from_url(url, **options))


def script(client: Client, *names: str) -> Script:
    """The script in the files `<name>.lua` beside this module, one after the other. It runs as one step of Redis."""
    folder = Path(__file__).parent
    return client.register_script("\n".join((folder / f"{name}.lua").read_text(encoding="utf-8") for name in names))


def atomically(client: Client, key: str, change: Callable[[Any], T]) -> T:
    """Read a key and write what follows from it, as one step. What a script can do in few lines is a script instead.

    Args:
        change: is given a pipeline that watches the key. It reads, calls `multi()` and then writes. It is called again
            when somebody else changed the key meanwhile.

    Returns:
        What the last call of `change` returned.
    """
    while True:
        with client.pipeline() as pipe:
            try:
                pipe.watch(key)
                result = change(pipe)
                pipe.execute()
                return result
            except redis.WatchError:
                continue


@contextmanager
def lock(client: Client, name: str, lease_s: float, patience_s: float, poll_s: float) -> Iterator[bool]:
    """Holds a lock that ends with its holder or with its lease. Gives False when it was not free in time.

    Args:
        lease_s: seconds after which the lock is free again, whatever became of its holder.
        patience_s: seconds to wait for it; poll_s: seconds between two tries.
    """
    held: Any = client.lock(name, timeout=lease_s, blocking_timeout=patience_s, sleep=poll_s)
    taken = bool(held.acquire())
    try:
        yield taken
    finally:
        if taken:
            with suppress(LockError):  # the lease is over, and somebody else may hold the lock by now
                held.release()
