"""The queue against a real Redis: visitors take turns; a job is lost when nobody will come for it, and not before."""

from __future__ import annotations

from typing import Any

import pytest
from rq.utils import import_attribute

from gistrun.model import Attempt
from gistrun.store import Store
from gistrun.work import jobs
from gistrun.work.queue import JOB, Queue


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
    return Queue(store, 60, clock)


def attempt(run: str, number: int = 1) -> Attempt:
    return Attempt(run, number, "a" * 20, "1" * 40)


def taken(store: Store) -> str:
    """What a worker takes."""
    answer: Any = store.client.blpop(["rq:queue:gistrun-runs", "rq:queue:gistrun-later"], 1)
    return str(answer[1].decode())


def order(store: Store) -> str:
    """The attempts that wait, in their order."""
    return " ".join(name.decode() for name in store.client.lrange("rq:queue:gistrun-runs", 0, -1))


@pytest.mark.parametrize("visitor", ["", "ada"])
def test_a_job_that_waits_is_not_lost_however_long(queue: Queue, clock: Clock, visitor: str) -> None:
    queue.execute(attempt("run"), visitor)
    for clock.now in (0, 5, 3600):
        assert not queue.lost(attempt("run"))


def test_a_job_that_was_never_queued_is_lost(queue: Queue) -> None:
    assert queue.lost(attempt("run"))


def test_a_job_taken_by_a_worker_that_died_at_once_is_lost_after_a_while_and_can_be_queued_again(
    queue: Queue, store: Store, clock: Clock
) -> None:
    queue.execute(attempt("run"), "ada")
    assert taken(store) == "run-1"
    assert not queue.lost(attempt("run"))
    clock.now = 9
    assert not queue.lost(attempt("run"))
    clock.now = 11
    assert queue.lost(attempt("run"))
    queue.execute(attempt("run"), "ada")
    assert order(store) == "run-1"
    assert not queue.lost(attempt("run"))


def test_an_attempt_waits_once(queue: Queue, store: Store) -> None:
    for visitor in ("ada", "bob", "ada"):
        queue.execute(attempt("a"), visitor)
    queue.execute(attempt("a", 2), "ada")
    assert order(store) == "a-1 a-2"


def test_visitors_take_turns_whatever_each_has_asked_for(queue: Queue, store: Store) -> None:
    for number in range(4):
        queue.execute(attempt(f"a{number}"), "ada")
    for number in range(2):
        queue.execute(attempt(f"b{number}"), "bob")
    queue.execute(attempt("c0"), "cem")
    assert order(store) == "a0-1 b0-1 c0-1 a1-1 b1-1 a2-1 a3-1"


def test_a_later_visitor_waits_for_one_run_of_each_other_visitor(queue: Queue, store: Store) -> None:
    for number in range(6):
        queue.execute(attempt(f"a{number}"), "ada")
    assert [taken(store) for _ in range(3)] == ["a0-1", "a1-1", "a2-1"]
    queue.execute(attempt("b0"), "bob")
    queue.execute(attempt("b1"), "bob")
    assert order(store) == "a3-1 b0-1 a4-1 b1-1 a5-1"
    # Whoever has had his turn in this round waits for the next.
    assert [taken(store) for _ in range(2)] == ["a3-1", "b0-1"]
    queue.execute(attempt("c0"), "cem")
    queue.execute(attempt("b2"), "bob")
    assert order(store) == "a4-1 b1-1 c0-1 a5-1 b2-1"


def test_endless_requests_of_one_visitor_delay_others_by_one_turn(queue: Queue, store: Store) -> None:
    for number in range(3):
        queue.execute(attempt(f"a{number}"), "ada")
    queue.execute(attempt("b"), "bob")
    served = []
    for number in range(3, 6):
        served.append(taken(store))
        queue.execute(attempt(f"a{number}"), "ada")
    assert served == ["a0-1", "b-1", "a1-1"]


def test_background_runs_come_after_all_visitors_in_order(queue: Queue, store: Store) -> None:
    queue.execute(attempt("w1"))
    queue.execute(attempt("w2"))
    queue.execute(attempt("a1"), "ada")
    queue.execute(attempt("a2"), "ada")
    assert [taken(store) for _ in range(4)] == ["a1-1", "a2-1", "w1-1", "w2-1"]


def test_nothing_of_a_visitor_stays_for_ever_and_no_job_is_ever_evicted(queue: Queue, store: Store) -> None:
    for visitor in ("ada", "bob", ""):
        queue.execute(attempt(f"run{visitor}"), visitor)
    for key in store.client.keys("*"):
        # Jobs and queues have no expiry, so that Redis never evicts them. The worker that takes a job removes it.
        assert key.startswith(b"rq:") or 0 < store.client.ttl(key) <= 600, key
    for key in store.client.keys("*visitors"):
        assert store.client.ttl(key) <= 600


def test_forgotten_rounds_lose_no_run(queue: Queue, store: Store) -> None:
    for number in range(3):
        queue.execute(attempt(f"a{number}"), "ada")
    store.client.delete("gistrun:rounds", "gistrun:visitors")
    queue.execute(attempt("b0"), "bob")
    assert sorted(order(store).split()) == ["a0-1", "a1-1", "a2-1", "b0-1"]


def test_a_background_run_moves_into_the_turn_of_the_visitor_who_comes(queue: Queue, store: Store) -> None:
    queue.execute(attempt("w1"))
    queue.execute(attempt("w2"))
    for number in range(3):
        queue.execute(attempt(f"a{number}"), "ada")
    queue.promote(attempt("w2"), "bob")
    assert order(store) == "a0-1 w2-1 a1-1 a2-1"
    assert store.client.hget("gistrun:run:w2", "visitor") == b"bob"
    assert not queue.lost(attempt("w2"))
    assert [taken(store) for _ in range(5)] == ["a0-1", "w2-1", "a1-1", "a2-1", "w1-1"]
    queue.promote(attempt("w1"), "bob")  # a worker has it already
    assert order(store) == ""


@pytest.mark.parametrize("visitor", ["", "ada"])
def test_a_job_that_is_given_up_waits_no_longer_and_leaves_nothing(queue: Queue, store: Store, visitor: str) -> None:
    queue.execute(attempt("run"), visitor)
    queue.execute(attempt("other"), "bob")
    queue.give_up(attempt("run"), "")
    queue.give_up(attempt("none"), "nobody")
    assert store.client.keys("rq:job:*") == [b"rq:job:other-1"]
    assert taken(store) == "other-1"
    assert store.client.llen("rq:queue:gistrun-later") == 0


def test_the_job_names_the_function_that_a_worker_calls() -> None:
    assert import_attribute(JOB) is jobs.execute
