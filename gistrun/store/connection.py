"""The connection to Redis, and the border that no exception of redis-py crosses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import redis
from redis.client import Pipeline
from redis.commands.core import Script
from redis.exceptions import LockError, OutOfMemoryError
from redis.sentinel import Sentinel

from gistrun.errors import StoreUnavailable

T = TypeVar("T")
#: Seconds of the longest blocking read. Shorter than the socket's timeout.
BLOCK_S = 15.0
#: Seconds after which a visitor may ask again when Redis did not answer.
_RETRY_AFTER_S = 5
_NO_ANSWER = (redis.ConnectionError, redis.TimeoutError, OutOfMemoryError)


class Client(redis.Redis):
    """A client that raises `StoreUnavailable` when Redis does not answer, or takes nothing more."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        try:
            return cast(Any, super()).execute_command(*args, **options)
        except _NO_ANSWER as error:
            unavailable(error)

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Any:
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)

    def plain(self) -> redis.Redis:
        """A client over the same connections that raises redis-py's own exceptions, for libraries that expect them."""
        return redis.Redis(connection_pool=self.connection_pool)


class _Pipeline(Pipeline):
    def execute(self, raise_on_error: bool = True) -> list[Any]:
        try:
            return cast(list[Any], cast(Any, super()).execute(raise_on_error))
        except _NO_ANSWER as error:
            unavailable(error)

    def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        try:
            return cast(Any, super()).immediate_execute_command(*args, **options)
        except _NO_ANSWER as error:
            unavailable(error)


def unavailable(error: Exception) -> NoReturn:
    """Raise `StoreUnavailable` in place of what the driver raised."""
    trouble = "has no room left" if isinstance(error, OutOfMemoryError) else "does not answer"
    sentence = f"Redis, where gistrun keeps its results, {trouble}. Try again in a moment."
    raise StoreUnavailable(sentence, retry_after=_RETRY_AFTER_S) from error


def connect(url: str) -> Client:
    """A client for a `redis://`, `rediss://`, `unix://` or `redis+sentinel://host:port,…/service[/db]` address."""
    options: dict[str, Any] = {
        "decode_responses": False,
        "socket_timeout": BLOCK_S + 15,
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


class DirectConnections:
    """Connections for the question that is asked all the time: redis-py's own work costs twice as much as the answer.

    One asker at a time uses a connection. There are as many as were ever needed at once.
    """

    def __init__(self, pool: redis.ConnectionPool) -> None:
        self._pool = pool
        self._free: list[Any] = []

    def ask(self, *command: bytes) -> Any:
        """The answer to a command. A connection that was idle may have lost its server: then another one is tried."""
        packed = b"*%d\r\n%b" % (len(command), b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in command]))
        while True:
            try:
                connection, idle = self._free.pop(), True
            except IndexError:
                connection, idle = cast(Any, self._pool).make_connection(), False
            try:
                connection.send_packed_command([packed], check_health=False)
                answer = connection.read_response()
            except redis.ResponseError as error:
                self._free.append(connection)
                if isinstance(error, OutOfMemoryError):
                    unavailable(error)
                raise
            except BaseException as error:  # also when a greenlet is ended: an answer may still be under way
                connection.disconnect()
                if not isinstance(error, _NO_ANSWER):
                    raise
                if idle:
                    continue
                unavailable(error)
            self._free.append(connection)
            return answer
