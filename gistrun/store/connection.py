"""The connection to Redis, and the border that no exception of redis-py crosses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import redis
from redis.client import Pipeline
from redis.commands.core import Script
from redis.exceptions import LockError, NoScriptError
from redis.sentinel import Sentinel

from gistrun.errors import StoreReadOnly, StoreUnavailable

T = TypeVar("T")
#: Seconds of the longest blocking read. Shorter than the socket's timeout.
BLOCK_S = 15.0
#: Seconds after which a visitor may ask again when Redis did not answer.
_RETRY_AFTER_S = 5
#: Answers of Redis that its callers act on. A command that was put together wrongly is a mistake of ours.
_ACTED_ON = (redis.WatchError, LockError, NoScriptError, redis.DataError)
#: The codes with which Redis refuses to write, and may still read; and what each means for a visitor.
_WRITES_NOTHING = {
    "OOM": "has no room left",
    "READONLY": "takes no writes just now",
    "MISCONF": "cannot save to its disk",
    "NOREPLICAS": "has lost its replicas and takes no writes",
    "NOPERM": "does not let gistrun do that",
}
#: The codes with which Redis refuses everything for a while.
_ANSWERS_NOTHING = ("BUSY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "UNBLOCKED")
#: What Redis 7.0 answers in place of NOPERM where a script does what its user may not.
_NOT_LET = "The user executing the script can't run this command"
_PASSING = re.compile(rf"\b({'|'.join([*_WRITES_NOTHING, *_ANSWERS_NOTHING])})\b")


class Client(redis.Redis):
    """Raises `StoreUnavailable` when Redis does not answer or refuses; `StoreReadOnly` when it may still read."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        try:
            return cast(Any, super()).execute_command(*args, **options)
        except redis.RedisError as error:
            refused(error, self.connection_pool)

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Any:
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)

    def plain(self) -> redis.Redis:
        """A client over the same connections that raises redis-py's own exceptions, for libraries that expect them."""
        return _Plain(connection_pool=self.connection_pool)


class _Plain(redis.Redis):
    """To a library, a Redis that refuses for a while is one that cannot be reached: it waits and tries again."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        with _out_of_reach(self.connection_pool):
            return cast(Any, super()).execute_command(*args, **options)

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Any:
        return _PlainPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class _PlainPipeline(Pipeline):
    def execute(self, raise_on_error: bool = True) -> list[Any]:
        with _out_of_reach(self.connection_pool):
            return cast(list[Any], cast(Any, super()).execute(raise_on_error))


@contextmanager
def _out_of_reach(pool: redis.ConnectionPool) -> Iterator[None]:
    """Raise redis-py's ConnectionError in place of a refusal that passes."""
    try:
        yield
    except redis.ResponseError as error:
        if isinstance(error, _ACTED_ON) or code_of(error) in (None, "NOPERM"):
            raise
        _leave_replica(error, pool)
        raise redis.ConnectionError(str(error)) from error


class _Pipeline(Pipeline):
    def execute(self, raise_on_error: bool = True) -> list[Any]:
        try:
            return cast(list[Any], cast(Any, super()).execute(raise_on_error))
        except redis.RedisError as error:
            refused(error, self.connection_pool)

    def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        try:
            return cast(Any, super()).immediate_execute_command(*args, **options)
        except redis.RedisError as error:
            refused(error, self.connection_pool)


def refused(error: redis.RedisError, pool: redis.ConnectionPool) -> NoReturn:
    """Raise what stands for an error of the driver: itself, if callers act on it, or else `StoreUnavailable`."""
    if isinstance(error, _ACTED_ON):
        raise error
    _leave_replica(error, pool)
    unavailable(error)


def unavailable(error: Exception) -> NoReturn:
    """Raise `StoreUnavailable` in place of what the driver raised; `StoreReadOnly` if Redis may still read."""
    code = code_of(error)
    trouble = _WRITES_NOTHING.get(code or "", "does not answer")
    kind = StoreReadOnly if code in _WRITES_NOTHING else StoreUnavailable
    sentence = f"Redis, where gistrun keeps its results, {trouble}. Try again in a moment."
    raise kind(sentence, retry_after=_RETRY_AFTER_S) from error


def code_of(error: Exception) -> str | None:
    """The code with which Redis refuses, if it is one that passes. A script's error may hold it in its sentence."""
    if not isinstance(error, redis.ResponseError):
        return None
    text = f"{getattr(error, 'status_code', None) or ''} {error}"
    if _NOT_LET in text:
        return "NOPERM"
    found = _PASSING.search(text)
    return found[1] if found else None


def _leave_replica(error: Exception, pool: redis.ConnectionPool) -> None:
    """After a failover the address may name another server, which only a new connection finds."""
    if code_of(error) == "READONLY":
        pool.disconnect(inuse_connections=False)


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
                if code_of(error) == "READONLY":  # a failover: a new connection may find the new server
                    connection.disconnect()
                else:
                    self._free.append(connection)
                refused(error, self._pool)
            except BaseException as error:  # also when a greenlet is ended: an answer may still be under way
                connection.disconnect()
                if not isinstance(error, redis.RedisError):
                    raise
                if idle:
                    continue
                unavailable(error)
            self._free.append(connection)
            return answer
