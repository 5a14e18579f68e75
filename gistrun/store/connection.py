"""The connection to Redis, and what is raised when it does not answer."""

from __future__ import annotations

from typing import Any, cast

import redis
from redis.exceptions import LockError
from redis.sentinel import Sentinel

#: What redis raises when the server, or who holds a lock on it, does not answer; the edge turns it into an answer.
UNREACHABLE = (redis.ConnectionError, redis.TimeoutError, LockError)
#: Longest wait in one blocking read. Below the socket's timeout.
BLOCK_S = 15.0


def connect(url: str) -> redis.Redis:
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
        return cast(redis.Redis, sentinel.master_for(service or "mymaster", db=int(db or 0)))
    return redis.Redis.from_url(url, **options)


class Lanes:
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


class Connected:
    """Has the client, which all that a store is made of shares."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client

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
