"""Who asks GitHub first, and that one request at a time is made for a gist."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from gistrun.errors import GitHubLimited, GitHubUnavailable
from gistrun.freshness.gists import Gists
from gistrun.github import Account, GitHub, Ledger
from gistrun.store import Store, connect
from tests.contract.github.answers import ID, OTHER, MiB, real_now
from tests.github_server import GitHubServer
from tests.world import Clock


@pytest.fixture(autouse=True)
def gists(server: GitHubServer) -> None:
    server.put(ID, {"main.py": "print(1)"})
    server.put(OTHER, {"main.py": "print(2)"})


@pytest.fixture
def ledger(redis_ledger: Callable[[], Ledger]) -> Callable[[], Ledger]:
    """A process on its own has no other processes to share turns with."""
    return redis_ledger


def test_requests_are_made_one_after_the_other(make: Callable[..., GitHub], server: GitHubServer) -> None:
    """While one visitor's request hangs, a second one waits, and is told when it has waited long enough."""
    server.fail("hang", times=None)
    github = make(timeout_s=5, queue_s=0.2)

    def visit() -> None:
        with suppress(GitHubUnavailable):
            github.gists.fetch(ID)

    first = threading.Thread(target=visit)
    first.start()
    while not server.requests:
        first.join(0.01)
    with pytest.raises(GitHubUnavailable, match="others are waiting") as caught:
        github.gists.fetch(ID)
    assert caught.value.retry_after
    assert len(server.requests) == 1
    server.stop()  # lets the first one go
    first.join()


def test_the_background_leaves_visitors_a_quarter_of_the_budget(
    share: Callable[..., GitHub], server: GitHubServer, clock: Clock
) -> None:
    background, visitor = share(), share()
    server.limit(17, reset_in=600)
    background.gists.fetch(ID, background=True)  # 16 left
    background.gists.fetch(ID, background=True)  # 15 left: the reserve
    for ask in (
        lambda: background.gists.fetch(ID, background=True),
        lambda: background.lists.changed_gists("octocat", clock()),
    ):
        with pytest.raises(GitHubLimited, match="kept for visitors") as caught:
            ask()
        assert caught.value.retry_after == 600
    assert len(server.requests) == 2
    visitor.gists.fetch(ID)
    budget = visitor.budget()
    assert budget is not None
    assert (budget.remaining, budget.reserve) == (14, 15)


def at_once(*asks: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(asks)) as threads:
        return [asked.result() for asked in [threads.submit(ask) for ask in asks]]


def test_the_background_asks_one_at_a_time(share: Callable[..., GitHub], server: GitHubServer) -> None:
    server.slow_s = 0.1
    clients = [share("s3cret") for _ in range(4)]
    checks = [lambda client=client: client.gists.fetch(OTHER, background=True) for client in clients]
    lists = [
        lambda client=client: client.lists.changed_gists("octocat", datetime(2026, 1, 1, tzinfo=UTC))
        for client in clients
    ]
    assert all(at_once(*checks, *lists))
    assert server.most_at_once[""] == 1


def test_the_background_waits_until_no_visitor_asks(share: Callable[..., GitHub], server: GitHubServer) -> None:
    server.slow_s = 0.3
    visitor, background = share(), share(yield_s=30.0)
    visit = threading.Thread(target=visitor.gists.fetch, args=(ID,))
    visit.start()
    while not server.requests:
        visit.join(0.005)
    background.gists.fetch(OTHER, background=True)
    visit.join()
    assert [seen.path for seen in server.requests] == [f"/gists/{ID}", f"/gists/{OTHER}"]
    assert server.most_at_once[""] == 1


def test_the_background_is_not_kept_waiting_for_ever(share: Callable[..., GitHub], server: GitHubServer) -> None:
    server.fail("hang", path=f"/gists/{ID}")
    visitor, background = share(timeout_s=60.0), share(yield_s=0.1)
    visit = threading.Thread(target=pytest.raises, args=(GitHubUnavailable, visitor.gists.fetch, ID))
    visit.start()
    while not server.requests:
        visit.join(0.005)
    assert background.gists.fetch(OTHER, background=True)
    assert visit.is_alive()
    server.stop()
    visit.join()


def test_a_background_check_whose_turn_does_not_come_gives_up(
    share: Callable[..., GitHub], server: GitHubServer
) -> None:
    server.fail("hang", None)
    first, second = share(timeout_s=30.0), share(turn_s=0.2)
    asking = threading.Thread(
        target=pytest.raises, args=(GitHubUnavailable, first.gists.fetch, ID), kwargs={"background": True}
    )
    asking.start()
    while not server.requests:
        asking.join(0.005)
    with pytest.raises(GitHubUnavailable, match="others are waiting") as caught:
        second.gists.fetch(OTHER, background=True)
    assert caught.value.retry_after
    server.stop()
    asking.join()


def test_visitors_do_not_wait_for_one_another_but_are_not_too_many(
    share: Callable[..., GitHub], server: GitHubServer
) -> None:
    server.slow_s = 0.3
    ids = [f"{number:032x}" for number in range(20)]
    for gist_id in ids:
        server.put(gist_id, {"main.py": "1"})
    clients = {gist_id: share() for gist_id in ids}
    gists = at_once(*(lambda gist_id=gist_id: clients[gist_id].gists.fetch(gist_id) for gist_id in ids))
    assert [gist.id for gist in gists] == ids
    assert 1 < server.most_at_once[""] <= 8


def test_a_process_that_stands_alone_asks_one_at_a_time(server: GitHubServer, clock: Clock) -> None:
    server.slow_s = 0.1
    github = GitHub(Account(server.url), MiB, clock)
    assert all(
        at_once(*(lambda: github.gists.fetch(ID) for _ in range(3)), lambda: github.gists.fetch(ID, background=True))
    )
    assert server.most_at_once[""] == 1


# One request in flight for a gist


def test_for_one_gist_one_asks_whatever_revision_and_whoever(
    share: Callable[..., GitHub], server: GitHubServer, redis_url: str
) -> None:
    """Pages, badges, webhooks and the watcher all come through `Gists`; each of these four has its own connections."""
    server.slow_s = 0.1
    old = server.revisions(ID)[0]
    server.put(ID, {"main.py": "print('new')", "large.txt": "x" * 2 * MiB})
    several = [
        Gists(share("s3cret", max_bytes=4 * MiB).gists, Store(connect(redis_url)), 60, real_now) for _ in range(4)
    ]
    views: list[Callable[[], Any]] = [lambda: several[0].get(OTHER)]
    for gists in several:
        views += [lambda gists=gists: gists.get(ID), lambda gists=gists: gists.get(ID, old)]
    assert len(at_once(*views)) == 9
    assert server.most_at_once[ID] == 1
    whole = [seen for seen in server.requests if seen.path == f"/gists/{ID}" and "if-none-match" not in seen.headers]
    assert len(whole) == 1


def test_one_asks_for_a_gist_at_a_time(store: Store, redis_url: str) -> None:
    with Store(connect(redis_url)).gists.fetch_lock(ID) as first, store.gists.fetch_lock(ID, patience_s=0.1) as second:
        assert (first, second) == (True, False)
    with store.gists.fetch_lock(ID) as again:
        assert again


def test_a_lock_ends_with_its_lease(store: Store) -> None:
    with store.gists.fetch_lock(ID):
        store.client.delete(f"gistrun:looking:{ID}")  # as after its time
        with store.gists.fetch_lock(ID):
            pass
