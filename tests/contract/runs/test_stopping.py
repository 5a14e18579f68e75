"""A visitor stops a run, at whatever moment: it ends for everybody, and is nobody's result."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gistrun.errors import NotYours
from gistrun.model import Program, Request, Run, SandboxEvent, State, Visit, request_key
from tests.contract.runs.world import ID, SHA1, World, gist
from tests.fakes import out, passed, taken

KEY = request_key(ID, SHA1, Request())


@pytest.fixture
def queued(world: World) -> Run:
    """A run that Ada has started."""
    world.github.add(gist())
    return world.visit(visitor="ada")


def now(world: World, run: Run) -> Run:
    found = world.store.runs.get(run.id)
    assert found
    return found


def is_stopped(world: World, run: Run) -> bool:
    outcome = now(world, run).outcome
    return (outcome.state, outcome.message) == (State.FAILED, "stopped by a visitor")


def test_a_queued_run_ends_without_having_begun(world: World, queued: Run) -> None:
    attempt = world.queue.executes[0]
    world.runs.stopping.stop(queued.id, "ada")
    assert is_stopped(world, queued)
    assert world.queue.given_up == [(attempt, "")]
    assert [event.name for event in world.store.streams.events(queued.id)] == ["state", "end"]
    world.execution.execute(attempt, "worker", world.sandboxes)  # which a worker has taken meanwhile
    assert world.sandboxes.programs == []
    assert list(world.store.runs.active()) == []


def test_a_running_program_ends_and_what_it_writes_afterwards_is_refused(world: World, queued: Run) -> None:
    def script(_program: Program) -> Iterator[SandboxEvent]:
        yield taken()
        yield out("é\n")
        world.later(seconds=2)
        world.runs.stopping.stop(queued.id, "ada")
        yield out("never to be seen")
        yield passed()

    world.sandboxes.scripts["main.py"] = script
    attempt = world.queue.executes[0]
    world.work()
    assert is_stopped(world, queued)
    assert world.queue.given_up == [(attempt, "worker")]
    outcome = now(world, queued).outcome
    assert (outcome.duration_ms, outcome.output_bytes, outcome.phase, outcome.exit_code) == (2000, 3, "run", None)
    names = [event.name for event in world.store.streams.events(queued.id)]
    assert names == ["state", "state", "output", "end"]


def test_a_stopped_run_is_no_result(world: World, queued: Run) -> None:
    world.runs.stopping.stop(queued.id, "ada")
    assert world.store.ends.last(KEY) is None  # for the badge
    assert world.store.ends.recent() == []
    assert world.store.history.of(ID) == []
    assert world.store.client.keys("gistrun:kept:*") == []
    assert 0 < world.store.client.ttl(f"gistrun:run:{queued.id}") <= 600
    assert 0 < world.store.client.ttl(f"gistrun:run:{queued.id}:events") <= 600
    assert world.store.client.hkeys(f"gistrun:run:{queued.id}") != []
    assert b"ada" not in b"".join(world.store.client.hvals(f"gistrun:run:{queued.id}"))
    other = world.visit(visitor="bob")
    assert (other.id != queued.id, other.state) == (True, State.QUEUED)
    world.work()
    assert world.visit().state is State.PASSED


def test_a_stopped_rerun_leaves_the_result_before_it(world: World, queued: Run) -> None:
    world.work()
    again = world.visit(rerun=True, visitor="bob")
    world.runs.stopping.stop(again.id, "bob")
    assert is_stopped(world, again)
    assert world.visit().id == queued.id
    fork = "b" * 20
    world.github.add(gist(id=fork))
    assert world.open(fork).cached


def test_only_the_visitor_who_started_a_run_may_stop_it(world: World, queued: Run) -> None:
    assert world.visit(visitor="bob").id == queued.id
    for visitor in ("bob", ""):
        assert not world.runs.stopping.may_stop(queued.id, visitor)
        with pytest.raises(NotYours):
            world.runs.stopping.stop(queued.id, visitor)
    assert now(world, queued).state is State.QUEUED
    assert world.runs.stopping.may_stop(queued.id, "ada")


def test_a_run_that_nobody_started_is_stopped_by_nobody(world: World) -> None:
    world.github.add(gist())
    world.runs.start(gist(), Visit(ID))  # for a badge
    run = world.visit(visitor="ada")
    for visitor in ("ada", ""):
        assert not world.runs.stopping.may_stop(run.id, visitor)
        with pytest.raises(NotYours):
            world.runs.stopping.stop(run.id, visitor)
    world.work()
    assert world.visit().state is State.PASSED


def test_a_second_stop_and_one_after_the_end_change_nothing(world: World, queued: Run) -> None:
    world.runs.stopping.stop(queued.id, "ada")
    first = now(world, queued)
    world.later(seconds=1)
    world.runs.stopping.stop(queued.id, "ada")
    assert now(world, queued) == first
    ended = world.visit(visitor="ada")
    world.work()
    world.runs.stopping.stop(ended.id, "ada")
    assert now(world, ended).state is State.PASSED
    assert world.visit().id == ended.id


def test_a_run_whose_worker_died_is_stopped_in_whatever_attempt_it_is(world: World, queued: Run) -> None:
    first = world.queue.executes.pop()
    assert world.store.runs.begin(first, "dead")
    world.recovery.recover()
    second = world.queue.executes[0]
    assert second.number == 2
    assert world.store.runs.begin(second, "dead too")
    world.runs.stopping.stop(queued.id, "ada")
    assert world.queue.given_up == [(second, "dead too")]
    world.recovery.recover()
    assert is_stopped(world, queued)
    assert world.queue.executes == []


def test_an_attempt_that_is_lost_while_its_run_is_being_stopped_is_not_begun_again(
    world: World, queued: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.store.runs.begin(world.queue.executes.pop(), "dead")
    found = world.store.runs.active_run

    def lost_meanwhile(run_id: str) -> object:
        active = found(run_id)
        monkeypatch.undo()
        world.recovery.recover()
        return active

    monkeypatch.setattr(world.runs.stopping._runs, "active_run", lost_meanwhile)
    world.runs.stopping.stop(queued.id, "ada")
    assert is_stopped(world, queued)
    assert [attempt.number for attempt, _ in world.queue.given_up] == [2]
