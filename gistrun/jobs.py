"""Work that waits for a worker: the RQ queue, the job, the workers. The only importer of rq.

A worker is an RQ `SimpleWorker`: it runs its jobs in its own process, so that the sandboxes it keeps ready are there
for them. Several make a `WorkerPool`, which starts a new one for one that died.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any, Protocol

from redis import Redis
from rq import Queue as RQQueue
from rq import SimpleWorker
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from rq.worker_pool import WorkerPool

log = logging.getLogger(__name__)

_RUNS = "gistrun-runs"
#: Seconds between two signs of life; a third of what the store takes for dead.
_BEAT_S = 3.0
#: A job that a worker took but that did not begin within this time will not.
_BEGIN_S = 10.0


class Queue:
    """Where runs wait. `job_timeout_s` bounds one run's stay in a worker, as a last resort."""

    def __init__(self, client: Redis, job_timeout_s: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        #: Jobs that say they wait in the queue and do not, and since when they have been seen so.
        self._missing: dict[str, float] = {}
        self._runs = RQQueue(_RUNS, connection=client, serializer=JSONSerializer)
        self._job_timeout_s = job_timeout_s

    def execute(self, run_id: str, attempt: int) -> None:
        """Have a worker execute the run; asking twice for one attempt is asking once."""
        with contextlib.suppress(DuplicateJobError):
            self._runs.enqueue(
                "gistrun.jobs.execute",
                run_id,
                attempt,
                job_id=f"{run_id}-{attempt}",
                unique=True,
                job_timeout=self._job_timeout_s,
                result_ttl=60,
                failure_ttl=60,
            )

    def lost(self, run_id: str, attempt: int) -> bool:
        """True when nobody will come to execute that attempt any more. Asked again and again while it is queued."""
        job_id = f"{run_id}-{attempt}"
        try:
            job = Job.fetch(job_id, connection=self._client, serializer=JSONSerializer)
        except NoSuchJobError:
            self._missing.pop(job_id, None)
            return True
        status = job.get_status()
        if status is JobStatus.STARTED:
            began = job.started_at or datetime.now(UTC)
            began = began if began.tzinfo else began.replace(tzinfo=UTC)
            if datetime.now(UTC) - began < timedelta(seconds=_BEGIN_S):
                return False
        elif status in (JobStatus.QUEUED, JobStatus.CREATED):
            if self._client.lpos(self._runs.key, job_id) is not None:
                self._missing.pop(job_id, None)
                return False
            # A worker has just taken it, or took it and died before it said so.
            if self._clock() - self._missing.setdefault(job_id, self._clock()) < _BEGIN_S:
                return False
        self._missing.pop(job_id, None)
        job.delete()  # or its id would refuse the next
        return True


class Work(Protocol):
    """What a worker does, made anew in each worker's process."""

    def execute(self, run_id: str, attempt: int) -> None:
        """Run a gist."""

    def beat(self) -> None:
        """Give a sign of life. Called every few seconds from a thread of its own."""

    def interrupt(self) -> None:
        """Give up the job in progress, so that another worker may take it. Called from a signal handler."""

    def close(self) -> None:
        """Let go of everything."""


#: Makes a worker's `Work`, given its name and its place in the pool.
MakeWork = Callable[[str, int], Work]

#: What the jobs of this process call: RQ names a job by the path of a function, which cannot carry an object.
_work: Work | None = None


def execute(run_id: str, attempt: int) -> None:
    """The job that runs a gist."""
    if not _work:
        return
    try:
        _work.execute(run_id, attempt)
    except Exception:
        # Redis went away in the middle, so that the run still names this worker. It is taken up once we are gone.
        signal.raise_signal(_STOP)
        raise


class _Worker(SimpleWorker):
    # The other one uses SIGALRM, which interrupts a read in the middle.
    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        signal.signal(_STOP, self.request_stop)

    def request_stop(self, signum: Any, frame: Any) -> None:
        if _work:
            _work.interrupt()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


#: Asks a worker to stop, and is sent to its main thread. The kernel may hand SIGINT and SIGTERM to any thread, which
#: would leave the main thread, the only one that Python runs handlers in, waiting for a job.
_STOP = signal.SIGUSR1
_ASKED_TO_STOP = {signal.SIGINT, signal.SIGTERM}


def _pass_on_stop(main_thread: int) -> None:
    signal.sigwait(_ASKED_TO_STOP)
    signal.pthread_kill(main_thread, _STOP)


def work(client: Redis, make: MakeWork, place: int = 0) -> None:
    """Be a worker until SIGINT or SIGTERM. `place` is its number in its pool, from 0."""
    global _work
    signal.pthread_sigmask(signal.SIG_BLOCK, _ASKED_TO_STOP)  # in this thread and all it starts
    threading.Thread(target=_pass_on_stop, args=(threading.get_ident(),), name="stop", daemon=True).start()
    queues = [RQQueue(_RUNS, connection=client, serializer=JSONSerializer)]
    name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"
    worker = _Worker(queues, name=name, connection=client, serializer=JSONSerializer)
    _work = make(name, place)
    stop = threading.Event()
    beat = threading.Thread(target=_beat, args=(_work, stop), name="beat", daemon=True)
    beat.start()
    try:
        worker.work(logging_level="WARNING")
    finally:
        stop.set()
        beat.join()
        _work.close()


def _beat(work: Work, stop: threading.Event) -> None:
    while True:
        try:
            work.beat()
        except Exception:
            log.exception("No sign of life could be given")
        if stop.wait(_BEAT_S):
            return


class _Pool(WorkerPool):
    def __init__(self, connect: Callable[[], Redis], make: MakeWork, workers: int) -> None:
        super().__init__([_RUNS], connection=connect(), num_workers=workers, serializer=JSONSerializer)
        self._connect = connect
        self._make = make
        self._places: dict[str, int] = {}

    def get_worker_process(self, name: str, *_: Any, **__: Any) -> Any:
        """A worker with the first place in the pool that is free."""
        taken = {self._places[worker] for worker in self.worker_dict}
        place = min(set(range(self.num_workers)) - taken)
        self._places[name] = place
        # Forked, so that what is imported already need not be imported again.
        arguments = (self._connect, self._make, place, os.getpid())
        return get_context("fork").Process(target=_work_in_child, args=arguments, name=name)


def _work_in_child(connect: Callable[[], Redis], make: MakeWork, place: int, parent: int) -> None:
    # A worker outlives nobody: without its pool it would never be replaced, or stopped.
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG, see prctl(2)
    if os.getppid() == parent:
        work(connect(), make, place)


def pool(connect: Callable[[], Redis], make: MakeWork, workers: int) -> None:
    """Be a pool of so many workers until SIGINT or SIGTERM. Each connects to Redis itself."""
    _Pool(connect, make, workers).start(logging_level="WARNING")
