"""Connections for the question that is asked all the time: redis-py's own work costs twice as much as the answer."""

from __future__ import annotations

from typing import Any, cast

import redis

from gistrun.store.connection import Client, refused
from gistrun.store.refusals import LATE, code_of


class DirectConnections:
    """One asker at a time uses a connection. There are as many as were ever needed at once."""

    def __init__(self, client: Client) -> None:
        self._pool = client.connection_pool
        self._outage = client.outage
        self._free: list[Any] = []

    def ask(self, *command: bytes) -> Any:
        """The answer to a command that may write. A connection that was idle may have lost its server: then another
        one is tried. None is tried after one on which no answer came in time.
        """
        self._outage.admit(writing=True)
        packed = b"*%d\r\n%b" % (len(command), b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in command]))
        while True:
            try:
                connection, idle = self._free.pop(), True
            except IndexError:
                connection, idle = cast(Any, self._pool).make_connection(), False
            try:
                if not idle:
                    connection.connect()  # a Sentinel's connection finds its server only here
                connection.send_packed_command([packed], check_health=False)
                answer = connection.read_response()
            except redis.ResponseError as error:
                if code_of(error) == "READONLY":  # a failover: a new connection may find the new server
                    connection.disconnect()
                else:
                    self._free.append(connection)
                refused(error, self._pool, self._outage, writing=True)
            except BaseException as error:  # also when a greenlet is ended: an answer may still be under way
                connection.disconnect()
                if not isinstance(error, redis.RedisError):
                    raise
                if idle and not isinstance(error, LATE):
                    continue
                refused(error, self._pool, self._outage, writing=True)
            self._free.append(connection)
            if not self._outage.calm:
                self._outage.answered(writing=True)
            return answer
