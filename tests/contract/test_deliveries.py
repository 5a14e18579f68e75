"""What a delivery leads to, over a real Redis, with RQ's queue and GitHub's stand-in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from gistrun.errors import StoreUnavailable
from gistrun.freshness.deliveries import Deliveries
from gistrun.freshness.readmes import MOST
from gistrun.github import Account, GitHub
from gistrun.store import Store, connect
from tests.github_server import GitHubServer
from webhooks import Delivery, Push

GIST = "aa5a315d61ae9438b18d"
OTHER = "bb5a315d61ae9438b18d"
THIRD = "cc5a315d61ae9438b18d"
REPOSITORY = "octocat/Hello-World"


@dataclass
class World:
    store: Store
    server: GitHubServer
    github: GitHub
    deliveries: Deliveries
    number: int = 0

    def waiting(self) -> tuple[list[str], list[str]]:
        """The gists that wait for a revisit, and the repositories whose README is to be read."""
        revisits, readmes = (self.store.client.zrange(f"gistrun:{name}", 0, -1) for name in ("revisits", "readmes"))
        return [name.decode() for name in revisits], [name.decode() for name in readmes]

    def work(self) -> list[str]:
        """Read every README that waits; all the gists that are revisited then, in the order of their ids."""
        while self.waiting()[1]:
            self.deliveries.read_next(1.0)
        revisited = []
        while self.waiting()[0]:
            revisited.append(self.store.revisits.next(1.0) or "")
        return sorted(revisited)

    def push(self, *, readme_changed: bool = False, repository: str = REPOSITORY) -> list[str] | None:
        self.number += 1
        return self.deliveries.accept(Delivery(f"push-{self.number}", push=Push(repository, readme_changed)))

    def asked(self) -> int:
        """How often GitHub was asked for a README."""
        return sum(seen.path.startswith("/repos/") for seen in self.server.requests)


def badges(*gists: str) -> str:
    return " ".join(f"![gist](https://gistrun.example.org/gist/{gist}/badge.svg)" for gist in gists)


def now() -> datetime:
    return datetime.now(UTC)


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each gives, all begun at the same time."""
    start = threading.Barrier(len(acts))

    def act(one: Callable[[], Any]) -> Any:
        start.wait(10)
        return one()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(act, acts))


@pytest.fixture
def world(store: Store) -> Iterator[World]:
    with GitHubServer() as server:
        github = GitHub(Account(server.url), 2**20, now).readmes
        yield World(store, server, github, Deliveries(github, store, now))


# A delivery is taken once


def test_a_named_gist_waits_for_a_revisit(world: World) -> None:
    assert world.deliveries.accept(Delivery("1", gists=(GIST,))) == [GIST]
    assert world.waiting() == ([GIST], [])
    assert world.work() == [GIST]


def test_a_delivery_is_taken_once_and_remembered_for_three_days(world: World) -> None:
    delivery = Delivery("1", gists=(GIST,))
    assert [world.deliveries.accept(delivery) for _ in range(3)] == [[GIST], None, None]
    assert world.work() == [GIST]
    assert world.deliveries.accept(delivery) is None
    assert world.work() == []
    assert world.deliveries.accept(Delivery("2", gists=(GIST,))) == [GIST]
    assert world.work() == [GIST]
    assert 3 * 86_400 - 60 < world.store.client.ttl("gistrun:delivery:1") <= 3 * 86_400


def test_a_delivery_without_work_is_remembered_too(world: World) -> None:
    assert [world.deliveries.accept(Delivery("1")) for _ in range(2)] == [[], None]
    assert world.waiting() == ([], [])


def test_many_deliveries_about_one_gist_are_one_revisit(world: World) -> None:
    for number in range(10):
        world.deliveries.accept(Delivery(str(number), gists=(GIST,)))
    world.deliveries.accept(Delivery("other", gists=(OTHER,)))
    assert world.work() == [GIST, OTHER]


def test_one_of_many_equal_simultaneous_deliveries_is_taken(world: World, redis_url: str) -> None:
    ways = [Deliveries(world.github, Store(connect(redis_url)), now) for _ in range(8)]
    for number in range(25):
        answers = at_once([partial(way.accept, Delivery(f"same-{number}", gists=(GIST,))) for way in ways])
        assert sorted(answers, key=bool) == [None] * (len(ways) - 1) + [[GIST]]
        assert world.work() == [GIST]


def test_a_delivery_that_could_not_be_queued_is_not_remembered(world: World) -> None:
    client = world.store.client
    client.config_set("maxmemory", 1)  # Redis takes nothing more
    try:
        with pytest.raises(Exception, match="no room left"):
            world.deliveries.accept(Delivery("1", gists=(GIST,)))
    finally:
        client.config_set("maxmemory", 0)
    assert client.keys("*") == []
    assert world.deliveries.accept(Delivery("1", gists=(GIST,))) == [GIST]


def test_without_redis_nothing_is_accepted(world: World) -> None:
    deliveries = Deliveries(world.github, Store(connect("redis://127.0.0.1:1")), now)
    with pytest.raises(StoreUnavailable):
        deliveries.accept(Delivery("1", gists=(GIST,)))


# A push has the gists looked at whose badges the README shows


def test_the_first_push_has_the_readme_read(world: World) -> None:
    world.server.put_readme(REPOSITORY, badges(GIST, OTHER))
    assert world.push() == []
    assert world.asked() == 0  # nothing is fetched before the answer
    assert world.waiting() == ([], [REPOSITORY])
    assert world.work() == [GIST, OTHER]


def test_a_later_push_answers_what_is_known_and_asks_github_nothing(world: World) -> None:
    world.server.put_readme(REPOSITORY, badges(GIST, OTHER))
    world.push()
    world.work()
    assert world.push() == [GIST, OTHER]
    assert world.push(repository=REPOSITORY.upper()) == [GIST, OTHER]
    assert world.work() == [GIST, OTHER]
    assert world.asked() == 1


def test_a_push_that_changes_the_readme_checks_each_of_its_gists_once(world: World) -> None:
    world.server.put_readme(REPOSITORY, badges(GIST, OTHER))
    world.push()
    world.work()
    world.server.put_readme(REPOSITORY, badges(OTHER, THIRD))
    assert world.push(readme_changed=True) == [GIST, OTHER]
    assert world.work() == [GIST, OTHER, THIRD]
    assert world.push() == [OTHER, THIRD]


def test_a_readme_is_asked_for_conditionally(world: World) -> None:
    world.server.put_readme(REPOSITORY, badges(GIST))
    world.push()
    world.work()
    assert world.push(readme_changed=True) == [GIST]
    assert world.work() == [GIST]
    assert "if-none-match" in world.server.requests[-1].headers
    assert world.push() == [GIST]  # a 304 leaves what is kept


def test_a_repository_without_a_readme_is_asked_again_when_one_comes(world: World) -> None:
    world.push()
    assert world.work() == []
    assert world.push() == []
    assert (world.waiting(), world.asked()) == (([], []), 1)
    world.server.put_readme(REPOSITORY, badges(GIST))
    world.push(readme_changed=True)
    assert world.work() == [GIST]


def test_a_readme_that_is_gone_shows_nothing(world: World) -> None:
    world.server.put_readme(REPOSITORY, badges(GIST))
    world.push()
    world.work()
    world.server.put_readme(REPOSITORY, None)
    world.push(readme_changed=True)
    world.work()
    assert world.push() == []


def test_while_github_is_down_known_gists_are_checked_and_the_readme_is_read_later(world: World) -> None:
    world.server.put_readme(REPOSITORY, badges(GIST))
    world.push()
    world.work()
    world.server.put_readme(REPOSITORY, badges(OTHER))
    world.server.fail(502, path="/repos/")
    assert world.push(readme_changed=True) == [GIST]
    assert world.work() == [GIST]
    assert world.push() == []  # what the README shows now is not known
    assert world.work() == [OTHER]


def test_many_pushes_of_one_repository_read_its_readme_once(world: World) -> None:
    world.server.put_readme(REPOSITORY, badges(GIST))
    for _ in range(10):
        world.push(readme_changed=True)
    assert (world.work(), world.asked()) == ([GIST], 1)


def test_one_readme_has_a_bounded_number_of_gists_checked(world: World) -> None:
    world.server.put_readme(REPOSITORY, badges(*(f"{number:020x}" for number in range(3 * MOST))))
    world.push()
    assert len(world.work()) == MOST


def test_a_readme_too_large_shows_nothing(world: World) -> None:
    world.server.put_readme(REPOSITORY, badges(GIST) + " " * 2**20)
    world.push()
    assert world.work() == []
    assert (world.push(), world.waiting()) == ([], ([], []))


def test_nothing_about_a_repository_is_kept_for_ever(world: World) -> None:
    world.server.put_readme(REPOSITORY, badges(GIST))
    world.push()
    world.work()
    for key in world.store.client.keys("gistrun:*"):
        assert world.store.client.ttl(key) > 0, key
