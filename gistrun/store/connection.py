"""The connection to Redis, and the border that no exception of redis-py crosses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import redis
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.commands.core import Script
from redis.exceptions import LockError
from redis.retry import Retry
from redis.sentinel import Sentinel

from gistrun.errors import StoreReadOnly
from gistrun.store.keys import redis_key
from gistrun.store.outage import Outage, has_writing, is_writing
from gistrun.store.plain import Plain
from gistrun.store.refusals import ACTED_ON, LATE, READS, SILENT, leave_replica, trouble_of, unavailable

T = TypeVar("T")
#: Seconds of the longest blocking read.
BLOCK_S = 15.0
#: Seconds for an answer while a visitor waits for it. Redis answers in milliseconds. It may take a second on a machine
#: that is busy with programs, or while it forks to save.
PATIENCE_S = 2.0
#: Seconds for an answer to a process that nobody waits for. A worker would lose the run that it executes.
BACKGROUND_PATIENCE_S = 30.0
#: Seconds that the answer to a blocking read may be late. Who follows a run waits rather than begin anew.
_BLOCKING_PATIENCE_S = 15.0
#: Seconds for an answer to PING, after another command has waited for long enough.
_PING_S = 0.5


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
        client = Plain(connection_pool=self.waiting.connection_pool)
        client.outage = self.outage
        return client


class _Pipeline(Pipeline):
    outage = Outage()

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        writing = has_writing(self)
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


def refused(error: Exception, pool: redis.ConnectionPool, outage: Outage, *, writing: bool) -> NoReturn:
    """Raise what stands for an error of the driver: itself, if callers act on it, or else `StoreUnavailable`.

    Args:
        writing: Redis was asked to write, so that it may read although it did not answer.
    """
    if isinstance(error, ACTED_ON):
        raise error
    trouble = trouble_of(error)
    if isinstance(error, LATE):
        reads = writing and isinstance(error, redis.TimeoutError) and _answers_ping(pool)
        trouble = READS if reads else SILENT
        outage.hangs(trouble)
    outage.failed(trouble, error)
    leave_replica(error, pool)
    unavailable(error, trouble)


def _ask(pool: redis.ConnectionPool, patience_s: float, *command: Any) -> Any:
    """The answer to a command on a new connection."""
    quickly = {"socket_timeout": patience_s, "socket_connect_timeout": patience_s}
    connection = cast(Any, pool).connection_class(**{**pool.connection_kwargs, **quickly})
    try:
        connection.connect()  # a Sentinel's connection finds its server only here
        connection.send_command(*command, check_health=False)
        return connection.read_response()
    finally:
        connection.disconnect()


def _answers_ping(pool: redis.ConnectionPool) -> bool:
    try:
        return bool(_ask(pool, _PING_S, "PING"))
    except redis.RedisError:
        return False


def connect(url: str, patience_s: float = PATIENCE_S) -> Client:
    """A client for a `redis://`, `rediss://`, `unix://` or `redis+sentinel://host:port,…/service[/db]` address.

    Args:
        patience_s: seconds for an answer. One that is longer than a visitor would wait is for processes in the
            background, in which all may wait.
    """
    client, waiting = _client(url, patience_s), _client(url, BLOCK_S + _BLOCKING_PATIENCE_S)
    pool, probe = client.connection_pool, ("SET", redis_key("written"), 1, "EX", 60)

    def ask(writing: bool) -> Any:
        return _ask(pool, patience_s, *(probe if writing else ("PING",)))

    client.waiting = waiting.waiting = waiting
    client.outage = waiting.outage = Outage(ask if patience_s <= PATIENCE_S else None)
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
        # Otherwise a Sentinel that hangs is asked four times.
        once = {name: options[name] for name in ("socket_timeout", "socket_connect_timeout")}
        sentinel: Any = cast(Any, Sentinel)(nodes, sentinel_kwargs={**once, "retry": Retry(NoBackoff(), 0)}, **options)
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
    taken, token = bool(held.acquire()), held.local.token
    try:
        yield taken
    finally:
        if taken:
            try:
                with suppress(LockError):  # the lease is over, and somebody else may hold the lock by now
                    held.release()
            except StoreReadOnly:  # it refuses scripts; others would wait for the end of the lease
                if client.get(name) == token:
                    client.delete(name)
                raise
