"""The RQ queue in which runs wait for a worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import astuple

from rq import Queue as RQQueue
from rq.command import send_command
from rq.job import Job as RQJob
from rq.job import JobStatus
from rq.serializers import JSONSerializer

from gistrun.model import Attempt
from gistrun.store import Job, Store

#: The job that runs a gist, by the path under which RQ calls it.
JOB = "gistrun.work.jobs.execute"
#: The command that has a worker give up an attempt.
STOP = "stop-run"
#: Runs that a visitor waits for come before those that a webhook, the watcher or a badge started.
_RUNS, _LATER = "gistrun-runs", "gistrun-later"
QUEUES = (_RUNS, _LATER)
#: Seconds after which a job that a worker took and did not begin counts as lost.
_BEGIN_S = 10.0


class Queue:
    """Where runs wait.

    Args:
        job_timeout_s: the longest time of one run in a worker, as a last resort.
    """

    def __init__(self, store: Store, job_timeout_s: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = store.client
        self._turns = store.turns
        self._rq_client = store.client.plain()
        self._clock = clock
        #: Since when each job has a record and no place in a queue: a worker has just taken it, or it is lost.
        self._missing: dict[str, float] = {}
        self._job_timeout_s = job_timeout_s

    def execute(self, attempt: Attempt, visitor: str = "") -> None:
        """See `recovery.Queue`. A run that nobody waits for (visitor "") comes after all visitors' runs."""
        origin = _RUNS if visitor else _LATER
        job = RQJob.create(
            JOB,
            astuple(attempt),
            id=_job_id(attempt),
            connection=self._rq_client,
            serializer=JSONSerializer,
            timeout=self._job_timeout_s,
            status=JobStatus.QUEUED,
            origin=origin,
        )
        fields = {name: value for name, value in job.to_dict().items() if value is not None}
        self._turns.enqueue(Job(job.id, job.key, fields), _queue_key(origin), visitor)

    def promote(self, attempt: Attempt, visitor: str) -> None:
        """A visitor waits from now on for an attempt that was queued for nobody."""
        self._turns.promote(attempt.run, _job_id(attempt), _queue_key(_LATER), _queue_key(_RUNS), visitor)

    def drop(self, attempt: Attempt) -> None:
        """Forget the job of an attempt whose worker was lost."""
        self._turns.forget(RQJob.key_for(_job_id(attempt)))

    def give_up(self, attempt: Attempt, worker: str) -> None:
        """See `stopping.Queue`."""
        job_id = _job_id(attempt)
        self._turns.withdraw(job_id, RQJob.key_for(job_id), tuple(map(_queue_key, QUEUES)))
        if worker:
            send_command(self._client, worker, STOP, run=attempt.run, number=attempt.number)

    def waiting(self) -> list[str]:
        """See `line.Queue`."""
        return [job_id.rpartition("-")[0] for job_id in self._turns.waiting(tuple(map(_queue_key, QUEUES)))]

    def lost(self, attempt: Attempt) -> bool:
        """True when no worker will come to execute that attempt. Asked again and again while the run is queued."""
        job_id = _job_id(attempt)
        job_key = RQJob.key_for(job_id)
        known, waits = self._turns.places(job_id, job_key, tuple(map(_queue_key, QUEUES)))
        if known:
            if waits:
                self._missing.pop(job_id, None)
                return False
            # A worker has just taken it, or took it and died before it began.
            if self._clock() - self._missing.setdefault(job_id, self._clock()) < _BEGIN_S:
                return False
            self._turns.forget(job_key)  # or the next job of this id would be refused
        self._missing.pop(job_id, None)
        return True


def _job_id(attempt: Attempt) -> str:
    return f"{attempt.run}-{attempt.number}"


def _queue_key(queue: str) -> str:
    return f"{RQQueue.redis_queue_namespace_prefix}{queue}"
