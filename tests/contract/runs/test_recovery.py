"""Runs that wait for their language or engine, and runs that nobody works on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gistrun.errors import (
    EngineUnavailable,
    ImageMissing,
    Interrupted,
    SandboxUnavailable,
)
from gistrun.model import (
    Attempt,
    GistFile,
    Image,
    Program,
    SandboxEvent,
    State,
)
from gistrun.recovery import ATTEMPTS, ENGINE_AWAITED_S
from gistrun.web.front.errors import status_of
from tests.contract.runs.world import ID, SHA1, World, gist
from tests.fakes import ScriptedSandboxes, failed, out, taken


def test_a_language_that_is_being_prepared_keeps_its_runs_waiting(world: World) -> None:
    world.github.add(gist(files=(GistFile("main.go", b"package main", "Go"),)))
    run = world.visit()
    assert run.outcome.message == "Go is being prepared on this server, which takes about a minute."
    assert world.queue.executes == []
    assert world.store.images.wanted() == ["go"]
    world.recovery.recover()
    assert world.queue.executes == []
    world.store.images.report("go", "Go is being prepared on this server: step 2/3.")
    world.recovery.recover()
    told = world.store.runs.get(run.id)
    assert told
    assert (told.state, told.outcome.message) == (State.QUEUED, "Go is being prepared on this server: step 2/3.")
    assert [event.data["message"] for event in world.store.streams.events(run.id)][1:] == [told.outcome.message]
    world.store.images.publish(Image("go", "sha256:go", "Go 1.24"))
    assert world.store.images.wanted() == []
    world.recovery.recover()
    assert [(job.run, job.number) for job in world.queue.executes] == [(run.id, 1)]


def test_a_language_that_could_not_be_prepared_ends_its_runs(world: World) -> None:
    world.github.add(gist(files=(GistFile("main.go", b"package main", "Go"),)))
    run = world.visit()
    world.store.images.publish_broken("go", "The image for Go could not be built.")
    world.recovery.recover()
    ended = world.store.runs.get(run.id)
    assert ended
    assert (ended.state, ended.outcome.message) == (State.ERROR, "The image for Go could not be built.")


class Imageless:
    """Sandboxes whose image was removed after the run was queued."""

    def __init__(self, image: str = "python") -> None:
        self._image = image

    def run(self, program: Program) -> Iterator[SandboxEvent]:
        raise ImageMissing(self._image)
        yield


def test_an_image_that_was_removed_is_made_again_and_the_run_waits_for_it(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    world.execution.execute(world.queue.executes.pop(), "worker", Imageless())
    world.recovery.recover()
    waiting = world.store.runs.get(run.id)
    assert waiting
    assert (waiting.state, world.queue.executes, world.store.images.wanted()) == (State.QUEUED, [], ["python"])
    assert waiting.outcome.message == "The image for python was removed and is made again."
    world.store.images.publish(Image("python", "sha256:again", "Python 3.14"))
    world.recovery.recover()
    assert [(job.run, job.number) for job in world.queue.executes] == [(run.id, 2)]


def test_an_image_with_packages_that_was_removed_leaves_the_languages_own_in_place(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    world.execution.execute(world.queue.executes.pop(), "worker", Imageless("python+0123456789abcdef"))
    assert world.store.images.ready("python")
    world.recovery.recover()
    assert [(job.run, job.number) for job in world.queue.executes] == [(run.id, 2)]
    assert world.store.images.wanted() == []


def test_an_image_that_is_missing_again_and_again_ends_the_run(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    for _ in range(ATTEMPTS):
        world.execution.execute(world.queue.executes.pop(), "worker", Imageless())
        world.store.images.publish(Image("python", "sha256:again", "Python 3.14"))
        world.recovery.recover()
    ended = world.store.runs.get(run.id)
    assert ended
    assert (ended.state, world.queue.executes) == (State.ERROR, [])
    assert ended.outcome.message == "The image for python is missing: build it with gistrun images build python."


class Dying:
    """Sandboxes whose worker dies in the middle of a run, so that nothing more is written."""

    def __init__(self, before: list[SandboxEvent]) -> None:
        self._before = before

    def run(self, program: Program) -> Iterator[SandboxEvent]:
        yield from self._before
        raise SystemExit


def test_a_run_whose_worker_was_lost_starts_over(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    with pytest.raises(SystemExit):
        world.execution.execute(world.queue.executes.pop(), "dead", Dying([taken(), out("half")]))
    world.recovery.recover()
    assert [(job.run, job.number) for job in world.queue.executes] == [(run.id, 2)]
    queued = world.store.runs.get(run.id)
    assert queued
    assert (queued.state, queued.outcome.message) == (
        State.QUEUED,
        "The worker was lost while running this; it starts over.",
    )
    world.work()
    ended = world.store.runs.get(run.id)
    assert ended
    assert (ended.state, world.store.streams.output(run.id)) == (State.PASSED, ("1\n", ""))


def test_a_run_whose_worker_lives_is_left_alone(world: World) -> None:
    world.github.add(gist())
    world.visit()
    world.store.workers.heartbeat("slow", {})
    with pytest.raises(SystemExit):
        world.execution.execute(world.queue.executes.pop(), "slow", Dying([taken()]))
    world.recovery.recover()
    assert world.queue.executes == []


def test_a_run_whose_workers_keep_dying_ends_in_an_error(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    for _ in range(3):
        with pytest.raises(SystemExit):
            world.execution.execute(world.queue.executes.pop(), "dead", Dying([taken()]))
        world.recovery.recover()
    ended = world.store.runs.get(run.id)
    assert ended
    assert (ended.state, world.queue.executes) == (State.ERROR, [])
    assert list(world.store.runs.active()) == []


def test_a_lost_worker_that_comes_back_cannot_write(world: World) -> None:
    world.github.add(gist())
    run = world.visit()

    def script(program: Program) -> Iterator[SandboxEvent]:
        yield taken()
        yield out("old")
        world.recovery.recover()  # meanwhile it is taken for dead
        world.work()
        yield out("late")
        yield failed()

    attempt = world.queue.executes.pop()
    sandboxes = ScriptedSandboxes({"main.py": script})
    world.execution.execute(attempt, "slow", sandboxes)
    ended = world.store.runs.get(run.id)
    assert ended
    assert (ended.state, world.store.streams.output(run.id)) == (State.PASSED, ("1\n", ""))


def test_an_interrupted_run_waits_for_the_next_worker(world: World) -> None:
    def script(program: Program) -> Iterator[SandboxEvent]:
        yield taken()
        raise Interrupted("The worker was stopped.")

    world.github.add(gist())
    run = world.visit()
    world.execution.execute(world.queue.executes.pop(), "stopping", ScriptedSandboxes({"main.py": script}))
    assert [(job.run, job.number) for job in world.queue.executes] == [(run.id, 2)]


class Engineless:
    """Sandboxes whose engine goes away after these events."""

    def __init__(self, *before: SandboxEvent) -> None:
        self._before = before

    def run(self, program: Program) -> Iterator[SandboxEvent]:
        yield from self._before
        raise EngineUnavailable("The Docker engine does not answer.")


def test_without_an_engine_a_run_waits_until_a_worker_says_that_it_answers(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    for _ in range(2 * ATTEMPTS):  # which are not used up by this
        world.execution.execute(world.queue.executes.pop(), "worker", Engineless())
        waiting = world.visit()
        assert (waiting.id, waiting.state) == (run.id, State.QUEUED)
        assert waiting.outcome.message == "The Docker engine does not answer; waiting for it."
        world.store.workers.heartbeat("worker", {"engine": "The Docker engine does not answer: it is down"})
        world.recovery.recover()
        assert world.queue.executes == []
        world.later(seconds=5)
        world.store.workers.heartbeat("worker", {"engine": True})
        world.recovery.recover()
        world.recovery.recover()
        assert len(world.queue.executes) == 1
    world.work()
    assert world.visit().state is State.PASSED
    assert world.store.streams.output(run.id) == ("1\n", "")


def test_an_engine_that_stays_away_is_waited_for_no_longer_than_a_minute(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    waited = 0
    while world.queue.executes:
        world.execution.execute(world.queue.executes.pop(), "worker", Engineless())
        world.store.workers.heartbeat("worker", {"engine": True})  # as it says, again and again
        world.later(seconds=25)
        waited += 25
        world.recovery.recover()
    assert waited == ENGINE_AWAITED_S + 15
    ended = world.store.runs.get(run.id)
    assert ended
    assert ended.state is State.ERROR
    assert ended.outcome.message == "The Docker engine did not answer for 60 s. Run it again in a while."
    assert list(world.store.runs.active()) == []


def test_a_run_whose_engine_is_lost_in_the_middle_starts_over_a_few_times(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    for _ in range(ATTEMPTS):
        world.execution.execute(world.queue.executes.pop(), "worker", Engineless(taken(), out("half")))
        world.store.workers.heartbeat("worker", {"engine": True})
        world.recovery.recover()
    ended = world.store.runs.get(run.id)
    assert ended
    assert (ended.state, world.queue.executes) == (State.ERROR, [])
    assert ended.outcome.message == "The Docker engine was lost while running this, 3 times. Run it again in a while."


def test_a_lost_worker_cannot_requeue_its_run(world: World) -> None:
    world.github.add(gist())
    run = world.visit()

    def script(program: Program) -> Iterator[SandboxEvent]:
        world.recovery.recover()
        world.work()
        raise EngineUnavailable("The Docker engine does not answer.")
        yield

    world.execution.execute(world.queue.executes.pop(), "slow", ScriptedSandboxes({"main.py": script}))
    ended = world.store.runs.get(run.id)
    assert ended
    assert (ended.state, world.queue.executes) == (State.PASSED, [])


def test_a_job_that_got_lost_is_queued_again(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    world.queue.executes.clear()
    world.recovery.recover()
    assert [(job.run, job.number) for job in world.queue.executes] == [(run.id, 1)]


def test_the_second_execution_of_one_attempt_does_nothing(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    world.work()
    world.execution.execute(Attempt(run.id, 1, run.gist, run.revision), "worker", world.sandboxes)
    assert len(world.sandboxes.programs) == 1


def test_a_run_whose_gist_is_no_longer_stored_ends_in_an_error(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    world.store.client.delete(f"gistrun:gist:{ID}:{SHA1}")
    world.work()
    ended = world.store.runs.get(run.id)
    assert ended
    assert ended.state is State.ERROR
    assert status_of(SandboxUnavailable("")) == 503
