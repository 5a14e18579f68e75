"""Work that waits for a worker: the RQ queue, the job, the workers. The only importer of rq.

A worker is an RQ `SimpleWorker`: it runs its jobs in its own process, so that the sandboxes it keeps ready are there
for them. Several make a `WorkerPool`, which starts a new one for one that died.

Runs wait in a list that is kept in fair order between visitors: each visitor's first run, then each one's second, and
so on. RQ takes from the front of it and knows nothing of that.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any, Protocol

from redis import Redis
from rq import Queue as RQQueue
from rq import SimpleWorker
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException, TimerDeathPenalty
from rq.worker import WorkerStatus
from rq.worker_pool import WorkerPool

log = logging.getLogger(__name__)

#: Runs that a visitor waits for come before those that a webhook or a badge led to.
_RUNS, _LATER = "gistrun-runs", "gistrun-later"
_ALL = (_RUNS, _LATER)
#: Seconds between two signs of life; a third of what the store takes for dead.
_BEAT_S = 3.0
#: A job that a worker took but that did not begin within this time will not.
_BEGIN_S = 10.0
#: A job's record outlives its stay in the queue at most so long. Should it be gone first, the run is queued anew.
_JOB_KEPT_S = 86_400
#: What the fair order is made of is forgotten so long after the last run was queued.
_ROUNDS_KEPT_S = 600
#: RQ tells its dashboards that a worker lives; ours has a sign of life of its own.
_RQ_BEAT_S = 30.0

# One job for an id, in its visitor's turn, all in one step. Rounds are those of start-time fair queueing (Goyal, Vin,
# Cheng 1996) with every run counted as equally long: a visitor's run belongs to the round after that of his last one,
# but to none before the round whose turn it is. Redis hands a job to a waiting worker after the script has ended.
_ENQUEUE = """
local job, list, rounds, visitors = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, visitor = ARGV[1], ARGV[2]
if redis.call('EXISTS', job) == 1 then return 0 end
redis.call('HSET', job, unpack(ARGV, 5))
redis.call('EXPIRE', job, ARGV[3])
local head = redis.call('LINDEX', list, 0)
if not head then
    redis.call('DEL', rounds, visitors)
    redis.call('RPUSH', list, id)
    redis.call('ZADD', rounds, 1, id)
    redis.call('ZADD', visitors, 1, visitor)
else
    local now = tonumber(redis.call('ZSCORE', rounds, head) or 1)
    redis.call('ZREMRANGEBYSCORE', rounds, '-inf', '(' .. now)
    redis.call('ZREMRANGEBYSCORE', visitors, '-inf', '(' .. now)
    local mine = math.max(now, tonumber(redis.call('ZSCORE', visitors, visitor) or 0) + 1)
    local waiting, place = redis.call('LRANGE', list, 0, -1), nil
    for i = #waiting, 1, -1 do
        if tonumber(redis.call('ZSCORE', rounds, waiting[i]) or now) <= mine then
            place = waiting[i]
            break
        end
    end
    if place then redis.call('LINSERT', list, 'AFTER', place, id) else redis.call('LPUSH', list, id) end
    redis.call('ZADD', rounds, mine, id)
    redis.call('ZADD', visitors, mine, visitor)
end
redis.call('EXPIRE', rounds, ARGV[4])
redis.call('EXPIRE', visitors, ARGV[4])
return 1
"""


class Queue:
    """Where runs wait. `job_timeout_s` bounds one run's stay in a worker, as a last resort."""

    def __init__(self, client: Redis, job_timeout_s: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        #: Jobs that say they wait in the queue and do not, and since when they have been seen so.
        self._missing: dict[str, float] = {}
        self._enqueue = client.register_script(_ENQUEUE)
        self._job_timeout_s = job_timeout_s

    def execute(self, run_id: str, attempt: int, visitor: str = "") -> None:
        """Have a worker execute the run; asking twice for one attempt is asking once.

        Args:
            visitor: whose turn it takes; runs of nobody come when no visitor waits.
        """
        job = Job.create(
            "gistrun.jobs.execute",
            (run_id, attempt),
            id=f"{run_id}-{attempt}",
            connection=self._client,
            serializer=JSONSerializer,
            timeout=self._job_timeout_s,
            status=JobStatus.QUEUED,
            origin=_RUNS if visitor else _LATER,
        )
        fields = [part for name, value in job.to_dict().items() if value is not None for part in (name, value)]
        keys = [job.key, _list(str(job.origin)), "gistrun:rounds", "gistrun:visitors"]
        if not visitor:
            keys[2:] = ["gistrun:later:rounds", "gistrun:later:visitors"]
        self._enqueue(keys=keys, args=[job.id, visitor, _JOB_KEPT_S, _ROUNDS_KEPT_S, *fields])

    def lost(self, run_id: str, attempt: int) -> bool:
        """True when nobody will come to execute that attempt any more. Asked again and again while it is queued."""
        job_id = f"{run_id}-{attempt}"
        known, *places = self._look_for(job_id)
        if known:
            if any(place is not None for place in places):
                self._missing.pop(job_id, None)
                return False
            # A worker has just taken it, or took it and died before it said so.
            if self._clock() - self._missing.setdefault(job_id, self._clock()) < _BEGIN_S:
                return False
            self._client.delete(Job.key_for(job_id))  # or its id would refuse the next
        self._missing.pop(job_id, None)
        return True

    def _look_for(self, job_id: str) -> list[int | None]:
        """Whether there is a record of the job, and its places in the lists."""
        pipe = self._client.pipeline()
        pipe.exists(Job.key_for(job_id))
        for name in (_RUNS, _LATER):
            pipe.lpos(_list(name), job_id)
        return pipe.execute()


def _list(queue: str) -> str:
    return f"{RQQueue.redis_queue_namespace_prefix}{queue}"


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

    def execute_job(self, job: Job, queue: RQQueue) -> None:  # noqa: ARG002 - RQ's signature
        """The job and nothing else: whose it is, how it stands and what became of it is in the store, so that RQ's own
        records of executions, results and working time would be twenty more requests to Redis that nobody reads.
        """
        self._state = WorkerStatus.BUSY  # a request to stop then waits for the job
        try:
            with TimerDeathPenalty(job.timeout, JobTimeoutException, job_id=job.id):  # type: ignore[no-untyped-call]
                job.perform()
        except Exception:
            log.exception("Job %s broke", job.id)
        finally:
            self._state = WorkerStatus.IDLE
            self.connection.delete(job.key)

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        # Called three times for every job.
        if self.last_heartbeat and time.monotonic() - self._beaten < _RQ_BEAT_S:
            return
        self._beaten = time.monotonic()
        super().heartbeat(timeout, pipeline)

    _beaten = 0.0

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
    queues = [RQQueue(name, connection=client, serializer=JSONSerializer) for name in _ALL]
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
        super().__init__(list(_ALL), connection=connect(), num_workers=workers, serializer=JSONSerializer)
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
