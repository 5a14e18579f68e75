"""A client for libraries that expect redis-py's own exceptions. To them, a Redis that refuses for a while is one that
cannot be reached: they wait and try again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import redis
from redis.client import Pipeline

from gistrun.store.outage import Outage, has_writing, is_writing
from gistrun.store.refusals import ACTED_ON, SILENT, code_of, leave_replica, trouble_of


class Plain(redis.Redis):
    """Raises redis-py's ConnectionError in place of a refusal that passes."""

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
        with _out_of_reach(self.connection_pool, self.outage, writing=has_writing(self)):
            return cast(list[Any], cast(Any, super()).execute(raise_on_error))


@contextmanager
def _out_of_reach(pool: redis.ConnectionPool, outage: Outage, *, writing: bool) -> Iterator[None]:
    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError) as error:
        outage.failed(SILENT, error)
        raise
    except redis.ResponseError as error:
        if isinstance(error, ACTED_ON) or code_of(error) in (None, "NOPERM"):
            raise
        outage.failed(trouble_of(error), error)
        leave_replica(error, pool)
        raise redis.ConnectionError(str(error)) from error
    if not outage.calm:
        outage.answered(writing=writing)
