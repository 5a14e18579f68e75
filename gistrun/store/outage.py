"""What one process knows about a Redis that does not answer or refuses: whether to ask it, and what the log says.

A visitor's request waits once for a Redis that hangs. From then on all others fail at once, until a thread that goes on
asking has an answer. Otherwise each visitor would wait for each command of a page.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import redis
from redis.client import Pipeline

from gistrun.store.refusals import LATE, READS, SILENT, unavailable

log = logging.getLogger(__name__)

#: Seconds without a refusal after which the trouble counts as over. A full Redis takes some writes and refuses others,
#: and processes in the background try again after five seconds.
_OVER_S = 15.0
#: Seconds between two questions to a Redis that hangs, beside the time for which each waits.
_PAUSE_S = 0.1
#: Commands that only read. All others count as writes.
_READING = {"PING", "TIME", "GET", "MGET", "TTL", "EXISTS", "MEMORY", "HGET", "HMGET", "HGETALL", "LRANGE", "LPOS"}
_READING |= {"XRANGE", "XREVRANGE", "XREAD", "ZRANGE", "ZREVRANGE", "ZRANGEBYSCORE", "ZCARD", "ZCOUNT", "ZSCORE"}

#: Asks Redis to read, or to write if the argument is true. Raises redis-py's errors.
Ask = Callable[[bool], object]


def is_writing(command: object) -> bool:
    """True unless the command, given by its first word, only reads."""
    return str(command).partition(" ")[0].upper() not in _READING


def has_writing(pipe: Pipeline) -> bool:
    """True unless all commands of the pipeline only read."""
    return any(is_writing(command[0][0]) for command in pipe.command_stack)


class Outage:
    """Shared by all connections of a process.

    Args:
        ask: asks Redis something and waits for the answer. None where every command may wait for its own.
    """

    def __init__(self, ask: Ask | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._asks = False
        #: What a Redis that hangs does not do: `SILENT` or `READS`.
        self._silence: str | None = None
        #: True while nothing is amiss, so that nothing has to be told of an answer.
        self.calm = True
        #: How it is logged that Redis refuses or does not answer.
        self.level = logging.WARNING
        self._told: str | None = None
        self._failed_at = 0.0

    def admit(self, *, writing: bool) -> None:
        """Return if a command may be tried now.

        Raises:
            StoreUnavailable, StoreReadOnly: it would only wait.
        """
        silence = self._silence
        if silence and (writing or silence is SILENT):
            unavailable(redis.TimeoutError("It did not answer a moment ago"), silence)

    def failed(self, trouble: str, error: Exception) -> None:
        """Redis refused, or did not answer. The first of its kind is logged."""
        self.calm, self._failed_at = False, self._clock()
        if trouble != self._told:
            self._told = trouble
            log.log(self.level, "Redis %s: %s", trouble, error)

    def hangs(self, silence: str) -> None:
        """A command had no answer in time. `silence` is `READS` where another one that only read had one."""
        if self._ask is None:
            return
        with self._lock:
            self._silence = silence
            start, self._asks = not self._asks, True
        if start:
            threading.Thread(target=self._until_it_answers, name="outage", daemon=True).start()

    def answered(self, *, writing: bool) -> None:
        """A command had an answer. Needs not be called while `calm`."""
        if self._silence:
            self._ends(writing=writing)
        if writing and not self._silence and self._clock() - self._failed_at >= _OVER_S:
            self.calm, told, self._told = True, self._told, None
            if told:
                log.warning("Redis answers again, and takes writes")

    # On a thread of its own

    def _until_it_answers(self) -> None:
        for writing in (False, True):
            while self._keeps_silent(writing):
                time.sleep(_PAUSE_S)
            self._ends(writing=writing, asks=not writing)

    def _ends(self, *, writing: bool, asks: bool | None = None) -> None:
        """Redis reads again, and writes too if `writing`. `asks`: whether the thread goes on."""
        with self._lock:
            if self._silence:
                self._silence = None if writing else READS
            self._asks = self._asks if asks is None else asks

    def _keeps_silent(self, writing: bool) -> bool:
        try:
            if self._ask:
                self._ask(writing)
        except LATE:
            return True
        except redis.RedisError:
            pass  # it refuses, or is gone: commands will not wait for that
        return False
