"""Opening a gist: a new run, the one under way, a kept result, or a refusal."""

from __future__ import annotations

import threading

import pytest

from gistrun.errors import (
    BadInput,
    TooLarge,
    TooManyRuns,
)
from gistrun.model import (
    GistFile,
    Image,
    Outcome,
    Request,
    State,
    request_key,
)
from tests.contract.runs.world import ID, SHA1, World, gist
from tests.fakes import IMAGE, err, failed, out, passed, taken


def test_a_first_visit_queues_a_run_and_the_next_shows_its_end(world: World) -> None:
    world.github.add(gist())
    first = world.open(ID)
    assert first.run
    assert (first.run.state, first.cached) == (State.QUEUED, False)
    assert [(job.run, job.number) for job in world.queue.executes] == [(first.run.id, 1)]
    world.work()
    second = world.open(ID)
    assert second.run
    assert (second.run.id, second.run.state, second.cached) == (first.run.id, State.PASSED, True)
    assert (second.run.toolchain, second.run.image) == ("Python 3.13.5", IMAGE)
    assert world.store.streams.output(first.run.id) == ("1\n", "")
    assert [event.name for event in world.store.streams.events(first.run.id)] == ["state", "state", "output", "end"]
    assert world.queue.executes == []


def test_however_many_ask_at_the_same_time_it_runs_once(world: World) -> None:
    world.github.add(gist())
    gate = threading.Barrier(12)
    ids: list[str] = []

    def ask() -> None:
        gate.wait()
        ids.append(world.visit().id)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(ids) == 12
    assert len(set(ids)) == 1
    assert [(job.run, job.number) for job in world.queue.executes] == [(ids[0], 1)]
    assert len(world.github.asked) == 1


def test_a_rerun_keeps_the_old_end_until_it_has_its_own(world: World) -> None:
    world.github.add(gist())
    old = world.visit()
    world.work()
    world.sandboxes.scripts["main.py"] = [taken(), failed()]
    new = world.visit(rerun=True)
    assert new.id != old.id
    assert world.store.ends.last(world_key(world)) == world.store.runs.get(old.id)
    world.work()
    assert world.visit().state is State.FAILED
    assert world.visit().id == new.id


def world_key(world: World) -> str:
    return request_key(ID, world.github.gists[ID].revision, Request())


def test_other_input_is_another_run(world: World) -> None:
    world.github.add(gist())
    ids = {
        world.visit().id,
        world.visit(request=Request(args=("x",))).id,
        world.visit(request=Request(stdin=b"x")).id,
        world.visit(request=Request(args=("x",))).id,
    }
    assert len(ids) == 3


def test_an_unchanged_fork_is_a_hit_with_a_run_of_its_own(world: World) -> None:
    world.github.add(gist(public=False))
    secret = world.visit()
    world.work()
    fork = "b" * 20
    world.github.add(gist(id=fork))
    opened = world.open(fork)
    assert opened.run
    assert opened.cached
    assert world.queue.executes == []
    assert opened.run.id != secret.id
    assert (opened.run.gist, opened.run.state) == (fork, State.PASSED)
    assert world.store.streams.output(opened.run.id) == ("1\n", "")
    end = world.store.streams.events(opened.run.id)[-1]
    assert ID not in str(end.data)
    assert [run.gist for run in world.store.ends.recent()] == [fork]


def test_a_new_toolchain_is_a_miss_but_a_pinned_revision_never_changes(world: World) -> None:
    world.github.add(gist())
    pinned = world.visit(SHA1)
    world.work()
    world.store.images.publish(Image("python", "sha256:new", "Python 3.14.0"))
    assert world.visit(SHA1).id == pinned.id
    latest = world.visit()
    assert (latest.id != pinned.id, latest.state) == (True, State.QUEUED)


@pytest.mark.parametrize("state", [State.TIMED_OUT, State.OUT_OF_MEMORY, State.OUTPUT_LIMIT])
def test_an_unrepeatable_end_is_kept_for_minutes_only(state: State, world: World) -> None:
    world.github.add(gist())
    world.sandboxes.scripts["main.py"] = [taken(), Outcome(state)]
    run = world.visit()
    world.work()
    assert world.visit().id == run.id
    assert 0 < world.store.client.ttl(f"gistrun:run:{run.id}") <= 600


def test_our_own_error_is_shown_but_never_kept(world: World) -> None:
    world.github.add(gist())
    world.sandboxes.scripts.clear()
    run = world.visit()
    world.work()
    ended = world.store.runs.get(run.id)
    assert ended
    assert (ended.state, ended.outcome.message) == (State.ERROR, "No sandbox could be had: the engine does not answer.")
    assert world.store.ends.last(world_key(world)) == ended  # for the badge
    assert world.visit().id != run.id


def test_our_own_error_does_not_replace_a_result(world: World) -> None:
    world.github.add(gist())
    good = world.visit()
    world.work()
    world.sandboxes.scripts.clear()
    world.visit(rerun=True)
    world.work()
    assert world.visit().id == good.id


def test_a_sandbox_that_ends_without_an_outcome_is_an_error(world: World) -> None:
    world.github.add(gist())
    world.sandboxes.scripts["main.py"] = [taken(), out("half")]
    run = world.visit()
    world.work()
    ended = world.store.runs.get(run.id)
    assert ended
    assert ended.state is State.ERROR


def test_a_gist_with_nothing_to_run_is_shown_with_the_reason(world: World) -> None:
    world.github.add(gist(files=(GistFile("notes.md", b"# hi"),)))
    opened = world.open(ID)
    assert opened.run is None
    assert str(opened.refusal) == "This gist has no file in a language that can be run here."


def test_a_gist_that_fills_the_sandbox_is_too_large(world: World) -> None:
    world.github.add(gist(body="#" * (33 * 2**20)))
    assert isinstance(world.open(ID).refusal, TooLarge)


def test_a_file_that_is_not_there_is_bad_input(world: World) -> None:
    world.github.add(gist())
    with pytest.raises(BadInput, match=r"no file 'x\.py'; it has 'main\.py'"):
        world.open(ID, request=Request(file="x.py"))


def test_a_visitor_over_the_rate_sees_kept_results_only(world: World) -> None:
    def refuse() -> None:
        raise TooManyRuns("Too many.", retry_after=10)

    world.github.add(gist())
    with pytest.raises(TooManyRuns):
        world.open(ID, admit=refuse)
    assert world.queue.executes == []
    run = world.visit()
    assert world.visit(admit=refuse).id == run.id
    world.work()
    assert world.visit(admit=refuse).id == run.id


def test_standard_error_and_output_are_kept_apart(world: World) -> None:
    world.github.add(gist())
    world.sandboxes.scripts["main.py"] = [taken(), out("a"), err("b"), out("c"), passed()]
    run = world.visit()
    world.work()
    assert world.store.streams.output(run.id) == ("ac", "b")


def test_secret_gists_are_in_no_list(world: World) -> None:
    world.github.add(gist(public=False))
    world.visit()
    world.work()
    assert world.store.ends.recent() == []
