"""What one process knows about a Redis that does not answer or refuses: when to ask it again, and what the log says.

Who waits for a Redis that hangs, waits once. Until it answers, one command a second is tried, and all others fail at
once: otherwise each visitor would wait for each command of a page.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import redis

from gistrun.store.refusals import READS, SILENT, unavailable

log = logging.getLogger(__name__)

#: Seconds without a refusal after which the trouble counts as over. A full Redis takes some writes and refuses others.
_OVER_S = 5.0
#: Commands that only read. All others count as writes, and wait while writes do.
_READING = {"PING", "TIME", "GET", "MGET", "TTL", "EXISTS", "MEMORY", "HGET", "HMGET", "HGETALL", "LRANGE", "LPOS"}
_READING |= {"XRANGE", "XREVRANGE", "XREAD", "ZRANGE", "ZREVRANGE", "ZRANGEBYSCORE", "ZCARD", "ZCOUNT", "ZSCORE"}


def is_writing(command: object) -> bool:
    """True unless the command, given by its first word, only reads."""
    return str(command).partition(" ")[0].upper() not in _READING


class _Silence:
    """A time in which Redis does not answer. `rest_s` passes between two tries."""

    def __init__(self, rest_s: float, clock: Callable[[], float]) -> None:
        self._rest_s = rest_s
        self._clock = clock
        self._lasts = False
        self._again_at = 0.0

    def begin(self) -> None:
        self._lasts, self._again_at = True, self._clock() + self._rest_s

    def end(self) -> None:
        self._lasts = False

    def is_kept(self) -> bool:
        """True if Redis is not to be asked now. Else the caller is the one that tries."""
        if not self._lasts:
            return False
        now = self._clock()
        if now < self._again_at:
            return True
        self._again_at = now + self._rest_s
        return False


class Outage:
    """Shared by all connections of a process.

    Args:
        rest_s: seconds after a command without an answer in which no other one is tried; 0 where all may wait.
    """

    def __init__(self, rest_s: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reads, self._writes = _Silence(rest_s, clock), _Silence(rest_s, clock)
        #: True while nothing is amiss, so that nothing has to be told of an answer.
        self.calm = True
        self._told: str | None = None
        self._failed_at = 0.0

    def admit(self, *, writing: bool) -> None:
        """Return if a command may be tried now.

        Raises:
            StoreUnavailable, StoreReadOnly
        """
        if self.calm:
            return
        if self._reads.is_kept():
            unavailable(redis.TimeoutError("It did not answer a moment ago"), SILENT)
        if writing and self._writes.is_kept():
            unavailable(redis.TimeoutError("It did not take a write a moment ago"), READS)

    def failed(self, trouble: str, error: Exception) -> None:
        """Redis refused, or did not answer. The first of its kind is logged."""
        self.calm, self._failed_at = False, self._clock()
        if trouble != self._told:
            self._told = trouble
            log.warning("Redis %s: %s", trouble, error)

    def hangs(self, *, reads: bool) -> None:
        """A command had no answer in time. `reads`: another one that only read had one."""
        (self._writes if reads else self._reads).begin()

    def answered(self, *, writing: bool) -> None:
        """A command had an answer."""
        self._reads.end()
        if not writing:
            return
        self._writes.end()
        if self._clock() - self._failed_at >= _OVER_S:
            self.calm, told, self._told = True, self._told, None
            if told:
                log.warning("Redis answers again, and takes writes")
