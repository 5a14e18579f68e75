"""The workers of a host: an RQ `WorkerPool` starts several, and replaces each that dies."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

from rq.serializers import JSONSerializer
from rq.worker_pool import WorkerPool

from gistrun.store import Store
from gistrun.work.jobs import MakeWork, work
from gistrun.work.queue import QUEUES


class _Pool(WorkerPool):
    def __init__(self, connect: Callable[[], Store], make: MakeWork, workers: int) -> None:
        client = connect().client.plain()
        super().__init__(list(QUEUES), connection=client, num_workers=workers, serializer=JSONSerializer)
        self._connect = connect
        self._make = make
        self._slots: dict[str, int] = {}

    def get_worker_process(self, name: str, *_: Any, **__: Any) -> Any:
        """A worker in the first free slot of the pool."""
        taken = {self._slots[worker] for worker in self.worker_dict}
        slot = min(set(range(self.num_workers)) - taken)
        self._slots[name] = slot
        # Forked, so that everything that is imported here is imported there.
        arguments = (self._connect, self._make, slot, os.getpid())
        return get_context("fork").Process(target=_work_in_child, args=arguments, name=name)


def _work_in_child(connect: Callable[[], Store], make: MakeWork, slot: int, parent: int) -> None:
    # A worker ends with its pool: without the pool nothing would replace it or stop it.
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG, see prctl(2)
    if os.getppid() == parent:
        work(connect(), make, slot)


def pool(connect: Callable[[], Store], make: MakeWork, workers: int) -> None:
    """Be a pool of so many workers until SIGINT or SIGTERM. Each worker connects to Redis itself."""
    _Pool(connect, make, workers).start(logging_level="WARNING")
