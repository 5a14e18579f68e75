"""Revisits: what GitHub is asked, what runs again, and what a page says while GitHub is down."""

from __future__ import annotations

import pytest

from gistrun.errors import (
    GitHubUnavailable,
    TooLarge,
)
from gistrun.model import (
    Outcome,
    Request,
    State,
    Visit,
    request_key,
)
from tests.contract.runs.world import ID, SHA1, SHA2, World, gist
from tests.fakes import out, taken


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


def test_github_is_asked_first_for_an_answer_that_is_sent_once(world: World) -> None:
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


def test_many_views_cause_one_revisit_an_interval(world: World) -> None:
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


def test_an_unrepeatable_end_does_not_replace_a_repeatable_one(world: World) -> None:
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


def test_a_revisit_does_not_run_an_unchanged_gist_whose_result_expired(world: World) -> None:
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


def test_a_revisit_runs_again_after_our_own_error(world: World) -> None:
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


def test_a_background_run_takes_the_turn_of_the_visitor_who_opens_it(world: World) -> None:
    world.github.add(gist())
    world.runs.start(gist(), Visit(ID))
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


def test_a_page_says_why_a_newer_revision_is_not_shown(world: World) -> None:
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
