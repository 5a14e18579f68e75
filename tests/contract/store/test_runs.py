"""Runs from their creation to their end."""

from __future__ import annotations

from dataclasses import replace

from gistrun.model import Limit, Outcome, Output, Phase, State, Stream
from gistrun.store import End, Store
from tests.contract.store.values import NOW, a_new, begun, end


def test_a_run_comes_back_as_it_ended(store: Store) -> None:
    run = begun(store)
    outcome = Outcome(
        State.FAILED, None, "SIGSEGV", Phase.RUN, 41, 3, 17, 9, 12, True, Limit("time", 0.5, "s"), "It ended."
    )
    ended = run.ended(outcome, NOW)
    assert store.ends.finish(End(ended, "key-r1", 1, "identity"))
    assert store.runs.get("r1") == ended
    assert store.ends.of_program("identity") == ended
    assert store.ends.last("key-r1") == ended
    assert store.runs.under_way("key-r1") is None


def test_only_the_attempt_that_counts_may_write(store: Store) -> None:
    run = begun(store)
    second = replace(a_new(), attempt=2).job
    assert store.runs.restart(run, 1, lost=1)
    assert not store.runs.append("r1", 1, Output(0, Stream.STDOUT, Phase.RUN, "late"))
    assert not store.runs.changed(run, 1)
    assert not end(store, run)
    assert not store.runs.restart(run, 1, lost=2)
    assert not store.runs.waited(run.id, 1, 5)
    assert store.runs.begin(a_new().job, "w") is None
    assert store.runs.begin(second, "w") is not None
    assert store.runs.begin(second, "other") is None
    assert end(store, run, 2)
    assert not end(store, run, 2, state=State.FAILED)


def test_a_run_remembers_lost_attempts_and_waiting_times(store: Store) -> None:
    run = begun(store)
    assert store.runs.restart(run, 1, lost=1, waiting=1000.5)
    (standing,) = store.runs.active()
    assert (standing.attempt, standing.worker, standing.lost) == (2, "", 1)
    assert (standing.waiting, standing.waited) == (1000.5, 0)
    assert store.runs.waited(run.id, 2, 7.5)
    (standing,) = store.runs.active()
    assert (standing.attempt, standing.lost, standing.waiting, standing.waited) == (2, 1, None, 7.5)


def test_every_key_of_an_ended_run_expires(store: Store) -> None:
    run = begun(store)
    end(store, run, state=State.TIMED_OUT, identity="identity")
    assert 0 < store.client.ttl("gistrun:kept:identity") <= 600  # by chance, so no truth
    for key in store.client.keys("gistrun:run:*") + store.client.keys("gistrun:ended:*"):
        assert 0 < store.client.ttl(key) <= 600, key
    assert list(store.runs.active()) == []
