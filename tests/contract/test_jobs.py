"""The queue against a real Redis: a job is lost when nobody will come for it, and not before."""

from __future__ import annotations

import pytest

from gistrun.jobs import Queue
from gistrun.store import Store


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(store: Store, clock: Clock) -> Queue:
    return Queue(store.client, 60, clock)


def test_a_job_that_waits_is_not_lost_however_long(queue: Queue, clock: Clock) -> None:
    queue.execute("run", 1)
    for clock.now in (0, 5, 3600):
        assert not queue.lost("run", 1)


def test_a_job_that_was_never_queued_is_lost(queue: Queue) -> None:
    assert queue.lost("run", 1)


def test_a_job_taken_by_a_worker_that_died_at_once_is_lost_after_a_while_and_can_be_queued_again(
    queue: Queue, store: Store, clock: Clock
) -> None:
    queue.execute("run", 1)
    assert store.client.lpop("rq:queue:gistrun-runs") == b"run-1"
    assert not queue.lost("run", 1)
    clock.now = 9
    assert not queue.lost("run", 1)
    clock.now = 11
    assert queue.lost("run", 1)
    queue.execute("run", 1)
    assert store.client.lrange("rq:queue:gistrun-runs", 0, -1) == [b"run-1"]
    assert not queue.lost("run", 1)
