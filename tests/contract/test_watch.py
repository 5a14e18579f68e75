"""Watching against real Redis: what is watched, in which order, how often, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

import tests.world
from gistrun.errors import GistrunError, GitHubUnavailable, NotFound, StoreUnavailable
from gistrun.freshness.watcher import Watcher
from gistrun.github import Budget
from gistrun.model import ChangedGist, Gist, GistFile
from gistrun.processes.watch import Revisits
from gistrun.store import Store
from tests.fakes import FakeGitHub

SHA1, SHA2 = "1" * 40, "2" * 40
A, B, C, D = (letter * 20 for letter in "abcd")


@dataclass
class ListingGitHub(FakeGitHub):
    """GitHub with a budget, that keeps which lists it was asked for."""

    left: Budget | None = None
    #: How many requests were made when that was left; those since then have their price.
    already: int = 0
    lists: list[tuple[str, datetime]] = field(default_factory=list)
    list_error: GistrunError | None = None

    def budget(self) -> Budget | None:
        return self.left and replace(self.left, remaining=self.left.remaining - len(self.asked) + self.already)

    def leave(self, remaining: int, now: datetime) -> None:
        """So much of 60 is left of an hour that begins now."""
        self.left, self.already = Budget(60, remaining, now + timedelta(hours=1)), len(self.asked)

    def changed_gists(self, owner: str, since: datetime) -> list[ChangedGist]:
        self.lists.append((owner, since))
        if self.list_error:
            raise self.list_error
        return [gist for gist in super().changed_gists(owner, since) if gist.public]


class World(tests.world.World):
    """A service that watches."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, github=ListingGitHub())
        self.watcher = self.another()

    def another(self, name: str = "first") -> Watcher:
        return Watcher(name, self.store, self.github, 60, self.clock)

    def put(self, gist_id: str, revision: str = SHA1, owner: str | None = None, **changes: object) -> None:
        fields: dict[str, object] = {"updated_at": self.clock.time.strftime("%Y-%m-%dT%H:%M:%SZ"), **changes}
        files = (GistFile("notes.md", revision.encode()),)
        etag = f'"{gist_id}{revision}{changes}"'
        self.github.add(Gist(gist_id, revision, files, owner=owner, etag=etag, **fields))  # type: ignore[arg-type]

    def look(self, *gists: str) -> None:
        for gist_id in gists:
            self.runs.gists.get(gist_id)

    def pass_time(self, seconds: int, step: int = 1) -> list[str]:
        """So many seconds of watching; the gists that were revisited, in order."""
        done = []
        for _ in range(seconds // step):
            self.clock.time += timedelta(seconds=step)
            self.watcher.turn()
            while gist_id := self.store.revisits.next():
                done.append(gist_id)
                self.runs.revisit(gist_id)
        return done


@pytest.fixture
def world(store: Store) -> Iterator[World]:
    return World(store)  # type: ignore[return-value]


def test_a_viewed_gist_is_checked_once_an_interval_without_further_views(world: World) -> None:
    world.put(A)
    world.look(A)
    assert world.pass_time(59) == []
    assert world.pass_time(3) == [A]
    assert world.pass_time(600) == [A] * 10
    assert {asked[2] for asked in world.github.asked[1:]} == {world.github.gists[A].etag}


def test_the_most_popular_come_first(world: World) -> None:
    for gist_id in (A, B, C):
        world.put(gist_id)
    world.look(A, *[B] * 10, *[C] * 5)
    assert world.pass_time(65)[:3] == [B, C, A]


def test_old_views_count_less(world: World) -> None:
    world.put(A)
    world.put(B)
    world.look(*[A] * 5)
    world.clock.time += timedelta(days=2)
    world.look(B, B)
    while world.store.revisits.next():
        pass
    due = world.store.watches.due(world.clock.time + timedelta(seconds=1))
    assert [gist.id for gist in due] == [A, B]
    assert due[1].popularity - due[0].popularity == pytest.approx(8 + 1 - math.log2(5))  # eight times six hours


def test_a_gist_that_nobody_asked_for_in_7_days_is_dropped(world: World) -> None:
    world.put(A)
    world.put(B)
    world.look(A, B)
    world.clock.time += timedelta(days=6)
    world.runs.gists.view(B)
    world.clock.time += timedelta(days=1, seconds=1)
    while world.store.revisits.next():
        pass
    assert set(world.pass_time(70)) == {B}
    assert world.store.client.zrange("gistrun:looked", 0, -1) == [B.encode()]
    assert world.store.client.zrange("gistrun:popular", 0, -1) == [B.encode()]


def test_made_up_ids_are_not_watched_and_do_not_keep_the_others_waiting(world: World) -> None:
    world.put(A)
    world.look(A)
    world.github.leave(60, world.clock.time)
    for number in range(2000):
        world.runs.gists.view(f"{number:020x}")
    done = world.pass_time(3000, 10)
    assert 5 <= len(done) <= 40
    assert 0.4 * len(done) <= done.count(A)
    assert world.store.client.zrange("gistrun:looked", 0, -1) == [A.encode()]
    assert world.store.client.zcard("gistrun:revisits:unknown") < 1000
    asked = [gist_id for gist_id, _, _ in world.github.asked if gist_id != A]
    assert len(asked) == len(set(asked))


def test_one_watcher_watches_and_another_takes_over(world: World) -> None:
    world.put(A)
    world.look(A)
    second = world.another("second")
    world.watcher.turn()
    world.clock.time += timedelta(seconds=70)
    second.turn()
    assert world.store.revisits.next() is None
    world.store.client.delete("gistrun:leader:watch")  # as it is when the first is silent
    second.turn()
    world.clock.time += timedelta(seconds=1)
    second.turn()
    assert world.store.revisits.next() == A
    world.clock.time += timedelta(seconds=70)
    world.watcher.turn()
    assert world.store.revisits.next() is None


def test_a_small_budget_stretches_the_interval_for_views_too(world: World) -> None:
    gists = [f"{number:020x}" for number in range(90)]
    for gist_id in gists:
        world.put(gist_id)
    world.look(*gists)
    world.github.leave(60, world.clock.time)
    world.watcher.turn()
    watching = world.store.watches.watching()
    assert watching
    assert (watching.gists, watching.looked_at) == (90, 90)
    assert watching.interval_s == watching.looked_at_interval_s == pytest.approx(90 / (45 / 3600))
    world.clock.time += timedelta(seconds=90)
    world.runs.gists.view(gists[0])
    assert world.store.revisits.next() is None
    world.store.revisits.add(gists[0], world.clock())  # a delivery
    assert world.store.revisits.next() == gists[0]


def test_a_small_budget_is_spent_on_the_popular_ones_and_the_others_have_their_turn(world: World) -> None:
    gists = [f"{number:020x}" for number in range(10)]
    for place, gist_id in enumerate(gists):
        world.put(gist_id)
        world.look(*[gist_id] * (100 if place == 0 else 1))
    world.github.leave(60, world.clock.time)
    done = world.pass_time(3000, 10)
    assert 30 <= len(done) <= 60
    assert done.count(gists[0]) >= 3 * done.count(gists[1])
    assert set(done) == set(gists)


def test_while_only_the_reserve_is_left_nothing_is_watched(world: World) -> None:
    world.put(A)
    world.look(A)
    world.github.leave(15, world.clock.time)
    assert world.pass_time(600, 10) == []


def of_one_owner(world: World, changed_before_s: int = 3600) -> list[str]:
    changed_at = (world.clock.time - timedelta(seconds=changed_before_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for gist_id in (A, B, C):
        world.put(gist_id, owner="ada", updated_at=changed_at)
    world.put(D, owner="bob")
    world.look(A, B, C, D)
    return [A, B, C]


def test_three_gists_of_one_owner_are_one_request(world: World) -> None:
    of_one_owner(world)
    asked = len(world.github.asked)
    began = world.clock.time
    assert world.pass_time(65) == [D]
    assert [owner for owner, _ in world.github.lists] == ["ada"]
    assert world.github.lists[0][1] < began
    assert len(world.github.asked) == asked + 1
    for gist_id in (A, B, C):
        gist = world.store.gists.get(gist_id)
        assert gist
        assert gist.checked_at
        assert gist.checked_at >= began + timedelta(seconds=60)


def test_changed_gists_of_an_owners_list_are_revisited(world: World) -> None:
    of_one_owner(world)
    world.clock.time += timedelta(seconds=30)
    world.put(B, SHA2, owner="ada")
    assert sorted(world.pass_time(40)) == [B, D]
    assert world.store.gists.latest_revision(B) == SHA2


def test_a_change_in_the_second_of_the_one_before_is_not_missed(world: World) -> None:
    of_one_owner(world, changed_before_s=0)
    world.put(B, SHA2, owner="ada")
    assert sorted(world.pass_time(65)) == [A, B, C, D]
    assert world.store.gists.latest_revision(B) == SHA2
    world.pass_time(300)
    assert sorted(world.pass_time(60)) == [D]


def test_a_change_is_not_missed_though_our_clock_is_ahead(world: World) -> None:
    of_one_owner(world)
    changed_at = (world.clock.time - timedelta(seconds=100)).strftime("%Y-%m-%dT%H:%M:%SZ")
    world.put(B, SHA2, owner="ada", updated_at=changed_at)
    assert B in world.pass_time(65)


def test_every_tenth_check_asks_for_the_gist_itself(world: World) -> None:
    of_one_owner(world)
    world.pass_time(595, 5)
    del world.github.gists[A]
    world.put(B, owner="ada", public=False)
    world.pass_time(120, 5)
    missing = world.store.missing.get(A)
    assert missing
    assert missing.gone
    secret = world.store.gists.get(B)
    assert secret
    assert not secret.public


def test_when_the_owner_is_no_more_each_gist_is_asked_for(world: World) -> None:
    of_one_owner(world)
    world.github.list_error = NotFound("No such user.")
    assert sorted(world.pass_time(65)) == [A, B, C, D]


def test_when_a_list_is_not_to_be_had_it_is_asked_for_again_an_interval_later(world: World) -> None:
    of_one_owner(world)
    world.github.list_error = GitHubUnavailable("No.", retry_after=5)
    assert world.pass_time(65) == [D]
    assert len(world.github.lists) == 1
    world.github.list_error = None
    assert world.pass_time(65) == [D]
    assert len(world.github.lists) == 2


def test_a_revisit_that_redis_refused_comes_again_first(store: Store) -> None:
    world = World(store)
    world.put(A)
    world.open(A)
    world.put(A, SHA2)
    store.revisits.add(A, world.clock())
    store.revisits.add(B, world.clock() + timedelta(seconds=1))
    revisits = Revisits(store, world.runs)
    store.client.config_set("maxmemory", 1)  # what waits can be taken, and nothing can be kept
    try:
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                revisits.next()
    finally:
        store.client.config_set("maxmemory", 0)
    revisits.next()
    latest = store.gists.latest(A)
    assert latest
    assert latest.revision == SHA2
    assert store.revisits.next() == B
