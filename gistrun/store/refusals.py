"""What Redis says when it refuses, and what that means for whoever asked."""

from __future__ import annotations

import re
from typing import NoReturn

import redis
from redis.exceptions import LockError, NoScriptError
from redis.sentinel import MasterNotFoundError

from gistrun.errors import StoreReadOnly, StoreUnavailable

#: Seconds after which a visitor may ask again when Redis did not answer.
_RETRY_AFTER_S = 5
#: Answers of Redis that its callers act on. A command that was put together wrongly is a mistake of ours.
ACTED_ON = (redis.WatchError, LockError, NoScriptError, redis.DataError)
#: For these somebody has waited. No Sentinel may answer, or none may know a server.
LATE = (redis.TimeoutError, MasterNotFoundError)
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
#: What Redis does that neither reads nor writes in time; and one that reads at that moment.
SILENT, READS = "does not answer", "does not answer when it is to write"


def unavailable(error: Exception, trouble: str | None = None) -> NoReturn:
    """Raise `StoreUnavailable` in place of what the driver raised; `StoreReadOnly` if Redis may still read.

    Args:
        trouble: what Redis does, where the error does not say it.
    """
    trouble = trouble or trouble_of(error)
    raise _kind_of(trouble)(_sentence(trouble), retry_after=_RETRY_AFTER_S) from error


def trouble_of(error: Exception) -> str:
    """What Redis does, to put behind its name."""
    return _WRITES_NOTHING.get(code_of(error) or "", SILENT)


def _kind_of(trouble: str) -> type[StoreUnavailable]:
    return StoreReadOnly if trouble in (READS, *_WRITES_NOTHING.values()) else StoreUnavailable


def _sentence(trouble: str) -> str:
    return f"Redis, where gistrun keeps its results, {trouble}. Try again in a moment."


def code_of(error: Exception) -> str | None:
    """The code with which Redis refuses, if it is one that passes. A script's error may hold it in its sentence."""
    if not isinstance(error, redis.ResponseError):
        return None
    text = f"{getattr(error, 'status_code', None) or ''} {error}"
    if _NOT_LET in text:
        return "NOPERM"
    found = _PASSING.search(text)
    return found[1] if found else None


def leave_replica(error: Exception, pool: redis.ConnectionPool) -> None:
    """After a failover the address may name another server, which only a new connection finds."""
    if code_of(error) == "READONLY":
        pool.disconnect(inuse_connections=False)
