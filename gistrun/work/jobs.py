"""A worker, and the job that it executes.

A worker is an RQ `SimpleWorker`: it runs its jobs in its own process, which also keeps the ready sandboxes.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from rq import Queue as RQQueue
from rq import SimpleWorker
from rq.command import parse_payload
from rq.job import Job as RQJob
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException, TimerDeathPenalty
from rq.worker import WorkerStatus

from gistrun.errors import StoreUnavailable
from gistrun.model import Attempt
from gistrun.store import Store
from gistrun.work.queue import QUEUES, STOP

log = logging.getLogger(__name__)

#: Seconds between two heartbeats; a third of the time after which a worker counts as dead.
_BEAT_S = 3.0
#: Seconds between two tries to write to a Redis that refuses.
_PAUSE_S = 1.0
#: Seconds between RQ's own heartbeats, which only RQ's dashboards read.
_RQ_BEAT_S = 30.0


class Work(Protocol):
    """What a worker does. Each worker process makes its own."""

    def execute(self, attempt: Attempt) -> None:
        """Run a gist."""

    def beat(self) -> None:
        """Give a heartbeat. A thread of its own calls this every few seconds."""

    def stop(self, run_id: str, number: int) -> None:
        """Give up that attempt of that run, if it is in progress. A thread of its own calls this."""

    def interrupt(self) -> None:
        """Give up the job in progress, so that another worker may take it. A signal handler calls this."""

    def close(self) -> None:
        """Release everything."""


#: Makes a worker's `Work`, given its name and its slot in the pool.
MakeWork = Callable[[str, int], Work]

#: What the jobs of this process call. RQ names a job by the path of a function, which cannot carry an object.
_work: Work | None = None


def execute(run_id: str, number: int, gist: str, revision: str) -> None:
    """The job that runs a gist; RQ calls it by the path of this function."""
    if not _work:
        return
    try:
        _work.execute(Attempt(run_id, number, gist, revision))
    except Exception:
        # Redis went away in the middle, and the run still names this worker. It is taken up when this worker has ended.
        signal.raise_signal(_STOP)
        raise


class _Worker(SimpleWorker):
    # RQ waits longer each time that Redis does not answer, up to minutes. A visitor waits for this worker.
    max_connection_wait_time = 5

    # RQ's default uses SIGALRM, which interrupts a read in the middle.
    death_penalty_class = TimerDeathPenalty

    def execute_job(self, job: RQJob, queue: RQQueue) -> None:  # noqa: ARG002 - RQ's signature
        # The store knows what became of the run. RQ's own records of executions, results and working time would be
        # twenty more requests to Redis, and nobody reads them.
        self._state = WorkerStatus.BUSY  # a request to stop then waits for the job
        try:
            with TimerDeathPenalty(job.timeout, JobTimeoutException, job_id=job.id):  # type: ignore[no-untyped-call]
                job.perform()
        except StoreUnavailable:  # the store's log says why
            log.warning("Job %s was given up: its run is taken up again when Redis answers", job.id)
        except Exception:
            log.exception("Job %s broke", job.id)
        finally:
            self._state = WorkerStatus.IDLE
            self._forget(job)

    def _forget(self, job: RQJob) -> None:
        try:
            self.connection.delete(job.key)
        except Exception as error:  # the run has ended, or recovery removes the job with the lost attempt
            log.debug("The record of job %s could not be removed: %s", job.id, error)

    def set_state(self, state: str, pipeline: Any = None) -> None:
        """Known here only. RQ would write it before it waits for a job, and end the worker if Redis refuses."""
        if pipeline is None:
            self._state = state
        else:
            super().set_state(state, pipeline)

    def set_shutdown_requested_date(self) -> None:
        """For RQ's dashboards. A Redis that refuses would keep the worker from stopping."""

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        # RQ calls this three times for every job.
        if self.last_heartbeat and time.monotonic() - self._beaten < _RQ_BEAT_S:
            return
        self._beaten = time.monotonic()
        try:
            super().heartbeat(timeout, pipeline)
        except Exception as error:
            log.debug("A worker could not tell RQ that it is alive: %s", error)

    def check_for_suspension(self, burst: bool) -> None:
        """Nobody suspends these workers. RQ would ask before each job, and end the worker if Redis refuses."""

    def handle_payload(self, message: Any) -> None:
        """A command, on the thread on which RQ listens for them. That thread would end with an error."""
        try:
            command = parse_payload(message)
            if command["command"] != STOP:
                super().handle_payload(message)  # type: ignore[no-untyped-call]
            elif _work:
                _work.stop(command["run"], command["number"])
        except Exception:
            log.exception("A command to a worker could not be obeyed")

    def register_death(self) -> None:
        """For RQ's dashboards too; its record of the worker expires by itself."""
        try:
            super().register_death()  # type: ignore[no-untyped-call]
        except Exception as error:
            log.debug("A worker could not tell RQ that it stops: %s", error)

    _beaten = 0.0

    def _install_signal_handlers(self) -> None:
        signal.signal(_STOP, self.request_stop)

    def request_stop(self, signum: Any, frame: Any) -> None:
        if _work:
            _work.interrupt()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


#: Asks a worker to stop; sent to its main thread, since Python runs handlers only there. The kernel may deliver SIGINT
#: and SIGTERM to any thread, and the main thread would go on waiting for a job.
_STOP = signal.SIGUSR1
_ASKED_TO_STOP = {signal.SIGINT, signal.SIGTERM}


def _pass_on_stop(main_thread: int) -> None:
    signal.sigwait(_ASKED_TO_STOP)
    signal.pthread_kill(main_thread, _STOP)


def work(store: Store, make: MakeWork, slot: int = 0) -> None:
    """Be a worker until SIGINT or SIGTERM. `slot` is its number in its pool, from 0."""
    global _work
    signal.pthread_sigmask(signal.SIG_BLOCK, _ASKED_TO_STOP)  # in this thread and all it starts
    threading.Thread(target=_pass_on_stop, args=(threading.get_ident(),), name="stop", daemon=True).start()
    _wait_for(store)
    client = store.client.plain()
    queues = [RQQueue(name, connection=client, serializer=JSONSerializer) for name in QUEUES]
    name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"
    worker = _Worker(queues, name=name, connection=client, serializer=JSONSerializer)
    worker.log.addFilter(_without_retries)
    _work = make(name, slot)
    stop = threading.Event()
    beat = threading.Thread(target=_beat, args=(_work, stop), name="beat", daemon=True)
    beat.start()
    try:
        worker.work(logging_level="WARNING")
    finally:
        stop.set()
        beat.join()
        try:
            _work.close()
        except StoreUnavailable as error:  # it counts as lost without a heartbeat
            log.debug("A worker could not say that it stops: %s", error.__cause__)


def _without_retries(record: logging.LogRecord) -> bool:
    """False for what RQ says each time that it tries Redis again. The store's log says it once."""
    return "could not connect to Redis" not in str(record.msg)


def _wait_for(store: Store) -> None:
    """Return when Redis takes writes. Until then nothing is made that would have to be given up again."""
    while True:
        try:
            store.workers.try_to_write()
            return
        except StoreUnavailable as error:
            log.debug("A worker waits for Redis: %s", error.__cause__)
        time.sleep(_PAUSE_S)


def _beat(work: Work, stop: threading.Event) -> None:
    while True:
        try:
            work.beat()
        except StoreUnavailable as error:
            log.debug("No heartbeat could be given: %s", error.__cause__)
        except Exception:
            log.exception("No heartbeat could be given")
        if stop.wait(_BEAT_S):
            return
