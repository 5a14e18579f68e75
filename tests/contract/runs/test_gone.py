"""Gists that GitHub does not have, or that turned secret."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from gistrun.errors import (
    Gone,
    NotFound,
)
from gistrun.model import (
    Program,
    Request,
    SandboxEvent,
)
from tests.contract.runs.world import ID, SHA1, SHA2, World, gist
from tests.fakes import out, passed, taken


def test_a_gist_that_is_not_there_is_asked_for_once_a_minute(world: World) -> None:
    for _ in range(3):
        with pytest.raises(NotFound):
            world.open(ID)
    assert len(world.github.asked) == 1


def test_badges_of_a_missing_gist_have_it_asked_for_with_growing_intervals(world: World) -> None:
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


def test_a_revision_that_is_not_there_does_not_make_the_gist_disappear(world: World) -> None:
    world.github.add(gist())
    run = world.visit()
    with pytest.raises(NotFound):
        world.open(ID, SHA2)
    assert world.visit().id == run.id
