"""The fair order in which visitors' runs wait for a worker.

Runs wait in a list in fair order: each visitor's first run, then each one's second, and so on. RQ takes jobs from the
front of that list and knows nothing of the order. The callers name RQ's own keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from gistrun.store.connection import Client, script
from gistrun.store.keys import redis_key

#: Seconds for which the order is remembered after the last run was queued.
_ROUNDS_KEPT_S = 600


@dataclass(frozen=True, slots=True)
class Job:
    """A job as RQ keeps it: its id, the key of its record, and the record's fields."""

    id: str
    key: str
    fields: dict[str, Any]


class TurnShelf:
    """Queues jobs in fair order."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._enqueue = script(client, "place", "enqueue")
        self._promote = script(client, "place", "promote")

    def enqueue(self, job: Job, queue_key: str, visitor: str) -> bool:
        """Put a job into a queue in its visitor's turn; False when the job is there already.

        Args:
            visitor: "" for a job that nobody waits for.
        """
        keys = [job.key, queue_key, *(_order_of_visitors() if visitor else _order_of_nobody())]
        record = [part for pair in job.fields.items() for part in pair]
        return bool(self._enqueue(keys=keys, args=[job.id, visitor, _ROUNDS_KEPT_S, *record]))

    def promote(self, run_id: str, job_id: str, later_key: str, queue_key: str, visitor: str) -> bool:
        """Move a run's job that nobody waited for into the visitors' queue; False when it does not wait there."""
        keys = [later_key, queue_key, *_order_of_visitors(), redis_key("run", run_id)]
        return bool(self._promote(keys=keys, args=[job_id, visitor, _ROUNDS_KEPT_S]))

    def places(self, job_id: str, job_key: str, queue_keys: tuple[str, ...]) -> tuple[bool, bool]:
        """Whether the job has a record, and whether it waits in one of the queues."""
        pipe = self._client.pipeline()
        pipe.exists(job_key)
        for queue_key in queue_keys:
            pipe.lpos(queue_key, job_id)
        known, *places = cast(list[int | None], pipe.execute())
        return bool(known), any(place is not None for place in places)

    def waiting(self, queue_keys: tuple[str, ...]) -> list[str]:
        """The ids of the jobs that wait: those of the first queue in their order, then those of the next."""
        pipe = self._client.pipeline(transaction=False)
        for queue_key in queue_keys:
            pipe.lrange(queue_key, 0, -1)
        return [job_id.decode() for jobs in cast(list[list[bytes]], pipe.execute()) for job_id in jobs]

    def withdraw(self, job_id: str, job_key: str, queue_keys: tuple[str, ...]) -> None:
        """Remove a job and its record. A worker that has taken it finds nothing to do."""
        pipe = self._client.pipeline()
        for queue_key in queue_keys:
            pipe.lrem(queue_key, 1, job_id)
        pipe.delete(job_key)
        pipe.execute()

    def forget(self, job_key: str) -> None:
        """Remove a job's record, so that a job of the same id can be queued again."""
        self._client.delete(job_key)


def _order_of_visitors() -> list[str]:
    return [redis_key("rounds"), redis_key("visitors")]


def _order_of_nobody() -> list[str]:
    return [redis_key("later", "rounds"), redis_key("later", "visitors")]
