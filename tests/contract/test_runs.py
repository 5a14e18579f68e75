"""The story of a run against real Redis; GitHub, the queue and the sandboxes are ours to direct."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

import tests.world
from gistrun.errors import (
    BadInput,
    EngineUnavailable,
    GitHubUnavailable,
    Gone,
    Interrupted,
    NotFound,
    SandboxUnavailable,
    TooLarge,
    TooManyRuns,
)
from gistrun.model import (
    Attempt,
    Gist,
    GistFile,
    Image,
    Outcome,
    Program,
    Request,
    Run,
    SandboxEvent,
    State,
    request_key,
)
from gistrun.recovery import ATTEMPTS, ENGINE_AWAITED_S
from gistrun.store import Store
from gistrun.web.front.errors import status_of
from tests.fakes import IMAGE, ScriptedSandboxes, err, failed, out, passed, taken

ID = "a" * 20
SHA1, SHA2 = "1" * 40, "2" * 40


def gist(revision: str = SHA1, body: str = "print(1)", **fields: Any) -> Gist:
    files = fields.pop("files", (GistFile("main.py", body.encode(), "Python"),))
    return Gist(**{"id": ID, "revision": revision, "files": files, "owner": "ada", "etag": f'"{revision}"', **fields})


class World(tests.world.World):
    """Everything around the runs of one gist."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, sandboxes=ScriptedSandboxes({"main.py": [taken(), out("1\n"), passed(2)]}))

    def later(self, **span: float) -> None:
        self.clock.time += timedelta(**span)

    def visit(self, revision: str | None = None, **options: Any) -> Run:
        run = self.open(ID, revision, **options).run
        assert run
        return run


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


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
    world.store.languages.publish(Image("python", "sha256:new", "python", "Python 3.14.0"))
    assert world.visit(SHA1).id == pinned.id
    latest = world.visit()
    assert (latest.id != pinned.id, latest.state) == (True, State.QUEUED)


@pytest.mark.parametrize("state", [State.TIMED_OUT, State.OUT_OF_MEMORY, State.OUTPUT_LIMIT])
def test_an_end_by_chance_is_kept_for_minutes_only(state: State, world: World) -> None:
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


def test_our_own_error_does_not_replace_a_good_end(world: World) -> None:
    world.github.add(gist())
    good = world.visit()
    world.work()
    world.sandboxes.scripts.clear()
    world.visit(rerun=True)
    world.work()
    assert world.visit().id == good.id


def test_a_sandbox_that_ends_without_a_word_is_an_error(world: World) -> None:
    world.github.add(gist())
    world.sandboxes.scripts["main.py"] = [taken(), out("half")]
    run = world.visit()
    world.work()
    ended = world.store.runs.get(run.id)
    assert ended
    assert ended.state is State.ERROR


def test_a_known_gist_is_shown_at_once_and_revisited_after_the_interval(world: World) -> None:
    world.github.add(gist())
    world.visit()
    world.work()
    world.github.add(gist(SHA2, "print(2)"))
    world.later(seconds=59)
    assert world.visit().revision == SHA1
    assert world.revisit() == []
    world.later(seconds=2)
    asked = len(world.github.asked)
    assert world.visit().revision == SHA1
    assert world.visit(revision=SHA1).revision == SHA1
    assert len(world.github.asked) == asked
    assert world.revisit() == [ID]
    assert world.github.asked[asked:] == [(ID, None, f'"{SHA1}"')]
    assert len(world.queue.executes) == 1
    assert world.visit().revision == SHA2


def test_an_answer_that_cannot_correct_itself_asks_github_after_the_interval(world: World) -> None:
    world.github.add(gist())
    world.visit()
    world.work()
    world.github.add(gist(SHA2, "print(2)"))
    world.later(seconds=59)
    assert world.visit(fresh=True).revision == SHA1
    world.later(seconds=2)
    assert world.visit(fresh=True).revision == SHA2
    assert world.revisit() == []


def test_an_unchanged_gist_is_confirmed_without_being_sent_again(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    world.work()
    world.later(seconds=61)
    world.visit()
    world.revisit()
    opened = world.open(ID)
    assert opened.run
    assert (opened.run.id, opened.gist.checked_at) == (run.id, world.clock.time)
    assert world.queue.executes == []


def test_a_gist_is_revisited_once_an_interval_however_many_look(world: World) -> None:
    world.github.add(gist())
    world.visit()
    for _ in range(3):
        world.later(seconds=61)
        for _ in range(5):
            world.visit()
            world.runs.gists.view(ID)
        assert world.revisit() == [ID]
        world.visit()
        assert world.revisit() == []


def test_a_revisit_runs_only_what_changed(world: World) -> None:
    world.github.add(gist())
    world.runs.revisit(ID)
    assert len(world.queue.executes) == 1
    world.work()
    world.runs.revisit(ID)
    assert world.queue.executes == []
    world.github.add(gist(SHA2, "print(2)"))
    world.runs.revisit(ID)
    assert len(world.queue.executes) == 1


@pytest.mark.parametrize("state", [State.PASSED, State.FAILED, State.TIMED_OUT])
def test_an_edited_description_runs_nothing(state: State, world: World) -> None:
    world.github.add(gist())
    world.sandboxes.scripts["main.py"] = [taken(), out("1\n"), Outcome(state)]
    world.visit()
    world.work()
    world.github.add(gist(SHA2, description="better words"))
    world.runs.revisit(ID)
    opened = world.open(ID)
    assert opened.run
    assert (opened.cached, opened.run.revision, opened.run.state) == (True, SHA2, state)
    assert opened.gist.description == "better words"
    assert world.queue.executes == []


def test_a_chance_end_does_not_replace_the_truth_for_the_same_program(world: World) -> None:
    world.github.add(gist())
    world.visit()
    world.work()
    world.sandboxes.scripts["main.py"] = [taken(), Outcome(State.TIMED_OUT)]
    world.visit(rerun=True)
    world.work()
    fork = "b" * 20
    world.github.add(gist(id=fork))
    opened = world.open(fork)
    assert opened.run
    assert opened.run.state is State.PASSED


def test_an_unchanged_gist_whose_end_is_kept_no_longer_does_not_run_for_nobody(world: World) -> None:
    world.github.add(gist())
    world.sandboxes.scripts["main.py"] = [taken(), Outcome(State.TIMED_OUT)]
    world.visit()
    world.work()
    for name in world.store.client.keys("gistrun:ended:*") + world.store.client.keys("gistrun:kept:*"):
        assert 0 < world.store.client.ttl(name) <= 600
        world.store.client.delete(name)  # as it is after ten minutes
    world.runs.revisit(ID)
    assert world.queue.executes == []
    world.visit()
    assert len(world.queue.executes) == 1


def test_a_revisit_tries_again_what_was_our_own_error(world: World) -> None:
    world.github.add(gist())
    script = world.sandboxes.scripts.pop("main.py")
    world.visit()
    world.work()
    world.sandboxes.scripts["main.py"] = script
    world.later(minutes=1)
    world.runs.revisit(ID)
    world.work()
    assert world.visit().state is State.PASSED


def test_revisits_try_again_after_our_own_errors_with_exponential_backoff(world: World) -> None:
    world.github.add(gist())
    world.sandboxes.scripts.clear()
    world.visit()
    tries = []
    for minute in range(30):
        world.work()
        world.later(minutes=1)
        world.runs.revisit(ID)
        tries += [minute + 1] * len(world.queue.executes)
    assert tries == [1, 3, 7, 15]


def test_an_end_of_the_program_ends_the_backoff(world: World) -> None:
    world.github.add(gist())
    script = world.sandboxes.scripts.pop("main.py")
    key = request_key(ID, SHA1, Request())
    world.visit()
    world.work()
    assert world.store.ends.errors(key) == 1
    world.sandboxes.scripts["main.py"] = script
    world.visit()
    world.work()
    assert world.store.ends.errors(key) == 0


def test_a_run_that_was_queued_for_nobody_takes_the_turn_of_the_visitor_who_opens_it(world: World) -> None:
    world.github.add(gist())
    world.runs.start(gist(), Request())
    assert world.queue.visitors == {"run1": ""}
    run = world.visit(visitor="ada")
    world.visit(visitor="bob")
    assert (run.id, world.queue.visitors["run1"]) == ("run1", "bob")


def test_while_github_is_down_the_known_gist_is_shown_with_its_age(world: World) -> None:
    world.github.add(gist())
    world.visit()
    world.work()
    world.later(minutes=5)
    world.github.error = GitHubUnavailable("GitHub does not answer.", retry_after=30)
    world.visit()
    world.revisit()
    for fresh in (False, True):
        opened = world.open(ID, fresh=fresh)
        assert opened.run
        assert opened.run.state is State.PASSED
        assert opened.notice == "GitHub does not answer. This page shows the gist as it was 5 minutes ago."
    world.github.error = None
    world.runs.revisit(ID)
    assert world.open(ID).notice is None


def test_a_revision_that_cannot_be_taken_here_is_told_beside_the_one_that_is_shown(world: World) -> None:
    world.github.add(gist())
    world.visit()
    world.work()
    world.github.error = TooLarge("The files of this gist hold more than is taken here.")
    world.runs.revisit(ID)
    opened = world.open(ID)
    assert opened.run
    assert opened.notice == (
        "The files of this gist hold more than is taken here. This page shows the gist as it was just now."
    )


def test_while_github_is_down_an_unknown_gist_is_unavailable(world: World) -> None:
    world.github.error = GitHubUnavailable("GitHub does not answer.", retry_after=30)
    with pytest.raises(GitHubUnavailable):
        world.open(ID)


def test_a_gist_that_is_not_there_is_asked_for_once_a_minute(world: World) -> None:
    for _ in range(3):
        with pytest.raises(NotFound):
            world.open(ID)
    assert len(world.github.asked) == 1


def test_who_shows_the_badge_of_what_does_not_exist_waits_longer_each_time(world: World) -> None:
    waits: list[int] = []
    waited = 0
    while len(waits) < 14:
        world.runs.gists.view(ID)
        if world.revisit() == [ID]:
            waits.append(waited)
            waited = 0
        world.later(seconds=30)
        waited += 30
    assert waits[:5] == [0, 60, 120, 240, 480]
    assert waits[-2:] == [86400, 86400]
    assert world.store.client.zcard("gistrun:looked") == 0


def test_a_deleted_gist_is_gone_with_all_that_was_kept_of_it(world: World) -> None:
    world.github.add(gist())
    world.visit()
    world.visit(request=Request(args=("x",)))
    world.work()
    world.github.add(gist(SHA2, "print(2)"))
    world.runs.revisit(ID)
    world.work()
    world.visit(SHA1)
    fork = "b" * 20
    world.github.add(gist(id=fork))
    world.open(fork)
    assert {run.gist for run in world.store.ends.recent()} == {ID, fork}
    del world.github.gists[ID]
    world.later(seconds=61)
    world.visit()
    world.revisit()
    for revision in (None, SHA1, SHA2, "3" * 40):
        with pytest.raises(Gone, match="was deleted at GitHub"):
            world.open(ID, revision)
    assert [run.gist for run in world.store.ends.recent()] == [fork]
    kept = [name.decode() for name in world.store.client.scan_iter("*") if b"kept:" not in name]
    runs = [
        json.dumps(world.store.runs.get(name.split(":")[2]).as_json())
        for name in kept
        if name.startswith("gistrun:run:") and not name.endswith("events")
    ]
    assert not [run for run in runs if ID in run]
    assert sorted(name for name in kept if ID in name) == [f"gistrun:gist:{ID}:events", f"gistrun:missing:{ID}"]
    assert world.open(fork).cached


def test_a_run_under_way_of_a_gist_that_is_deleted_ends_with_it(world: World) -> None:
    def script(program: Program) -> Iterator[SandboxEvent]:
        yield taken()
        del world.github.gists[ID]
        world.runs.revisit(ID)
        yield out("never to be seen")
        yield passed()

    world.github.add(gist())
    world.sandboxes.scripts["main.py"] = script
    run = world.visit()
    world.work()
    assert world.store.runs.get(run.id) is None
    assert world.store.streams.events(run.id) == []
    assert list(world.store.runs.active()) == []


def test_a_deleted_gist_comes_back_when_github_has_it_again(world: World) -> None:
    world.github.add(gist())
    world.visit()
    del world.github.gists[ID]
    world.runs.revisit(ID)
    world.github.add(gist(SHA2))
    with pytest.raises(Gone):
        world.visit()
    world.later(seconds=61)
    assert world.visit().revision == SHA2
    del world.github.gists[ID]
    world.runs.revisit(ID)
    world.github.add(gist(SHA2))
    world.store.revisits.add(ID, world.clock())  # a delivery
    world.revisit()
    assert world.visit().revision == SHA2


def test_a_gist_that_turned_secret_leaves_the_list_and_its_pinned_pages_are_secret(world: World) -> None:
    world.github.add(gist())
    world.visit()
    world.visit(SHA1)
    world.work()
    assert len(world.store.ends.recent()) == 1
    world.github.add(gist(etag='"secret"', public=False))
    world.runs.revisit(ID)
    assert world.store.ends.recent() == []
    assert not world.open(ID).gist.public
    assert not world.open(ID, SHA1).gist.public


def test_nothing_to_run_is_told_with_the_files(world: World) -> None:
    world.github.add(gist(files=(GistFile("notes.md", b"# hi"),)))
    opened = world.open(ID)
    assert opened.run is None
    assert str(opened.refusal) == "This gist has no file in a language that can be run here."


def test_a_gist_that_leaves_no_room_to_work_in_is_too_large(world: World) -> None:
    world.github.add(gist(body="#" * (33 * 2**20)))
    assert isinstance(world.open(ID).refusal, TooLarge)


def test_a_file_that_is_not_there_is_bad_input(world: World) -> None:
    world.github.add(gist())
    with pytest.raises(BadInput, match=r"no file 'x\.py'; it has 'main\.py'"):
        world.open(ID, request=Request(file="x.py"))


def test_a_refused_visitor_starts_nothing_but_sees_what_is_there(world: World) -> None:
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


def test_a_language_that_is_being_prepared_keeps_its_runs_waiting(world: World) -> None:
    world.github.add(gist(files=(GistFile("main.go", b"package main", "Go"),)))
    run = world.visit()
    assert run.outcome.message == "Go is still being prepared on this server."
    assert world.queue.executes == []
    world.recovery.recover()
    assert world.queue.executes == []
    world.store.languages.publish(Image("go", "sha256:go", "go", "Go 1.24"))
    world.recovery.recover()
    assert [(job.run, job.number) for job in world.queue.executes] == [(run.id, 1)]


def test_a_language_that_could_not_be_prepared_ends_its_runs(world: World) -> None:
    world.github.add(gist(files=(GistFile("main.go", b"package main", "Go"),)))
    run = world.visit()
    world.store.languages.publish_broken("go", "The image for Go could not be built.")
    world.recovery.recover()
    ended = world.store.runs.get(run.id)
    assert ended
    assert (ended.state, ended.outcome.message) == (State.ERROR, "The image for Go could not be built.")


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


def test_a_worker_that_was_taken_for_dead_cannot_hand_its_run_back(world: World) -> None:
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


def test_a_worker_without_the_gist_says_so(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    world.store.client.delete(f"gistrun:gist:{ID}:{SHA1}")
    world.work()
    ended = world.store.runs.get(run.id)
    assert ended
    assert ended.state is State.ERROR
    assert status_of(SandboxUnavailable("")) == 503


def test_a_revision_that_is_not_there_does_not_make_the_gist_disappear(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    with pytest.raises(NotFound):
        world.open(ID, SHA2)
    assert world.visit().id == run.id
