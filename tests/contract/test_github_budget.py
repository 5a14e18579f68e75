"""One view of GitHub's budget for all processes, its limits obeyed by all of them, visitors before the background."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gistrun.errors import BadInput, GitHubLimited, GitHubUnavailable, NotFound, TooLarge
from gistrun.freshness.gists import Gists
from gistrun.github import GitHub
from gistrun.github.budget import OwnLedger
from gistrun.store import Store, connect
from tests.github_server import GitHubServer

ROOT = Path(__file__).resolve().parents[2]
ID, OTHER = "aa5a315d61ae9438b18d0123456789ab", "bb" * 16
MiB = 2**20
Make = Callable[..., GitHub]


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[GitHubServer]:
    with GitHubServer(now=clock) as server:
        server.put(ID, {"main.py": "print(1)"})
        server.put(OTHER, {"main.py": "print(2)"})
        yield server


@pytest.fixture
def make(server: GitHubServer, clock: Clock, store: Store, redis_url: str) -> Make:
    """Makes clients that share nothing but Redis, as those of two processes do."""

    def make(token: str | None = None, **more: Any) -> GitHub:
        options: dict[str, Any] = {"ledger": Store(connect(redis_url)).github, "queue_s": 30.0, "turn_s": 30.0} | more
        max_bytes = options.pop("max_bytes", MiB)
        return GitHub(server.url, token, (), max_bytes, options.pop("now", clock), **options)

    return make


# The primary limit


def test_what_one_learns_of_the_budget_all_know(make: Make, server: GitHubServer, clock: Clock) -> None:
    one, other = make(), make()
    assert other.budget() is None
    server.limit(42, reset_in=100)
    one.fetch(ID)
    budget = other.budget()
    assert budget is not None
    assert (budget.limit, budget.remaining, budget.reset) == (60, 41, clock() + timedelta(seconds=100))
    clock.sleep(100)
    assert other.budget() is None


def test_when_one_has_used_up_the_budget_the_others_do_not_ask(make: Make, server: GitHubServer, clock: Clock) -> None:
    server.limit(1, reset_in=600)
    make().fetch(ID)
    with pytest.raises(GitHubLimited, match="used up") as caught:
        make().fetch(OTHER)
    assert caught.value.retry_after == 600
    assert len(server.requests) == 1
    clock.sleep(601)
    make().fetch(OTHER)


CHILD = """
import sys
from datetime import UTC, datetime
from gistrun.errors import GitHubLimited
from gistrun.github import GitHub
from gistrun.store import Store, connect

api_url, redis_url, gist_id = sys.argv[1:]
github = GitHub(api_url, None, (), 2**20, lambda: datetime.now(UTC), ledger=Store(connect(redis_url)).github)
try:
    print(github.fetch(gist_id).id)
except GitHubLimited as limited:
    print(limited.retry_after, limited)
"""


def another_process(server: GitHubServer, redis_url: str, gist_id: str) -> str:
    command = [sys.executable, "-c", CHILD, server.url, redis_url, gist_id]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_a_real_other_process_obeys_too(make: Make, redis_url: str) -> None:
    with GitHubServer() as server:
        server.put(ID, {"main.py": "print(1)"})
        github = GitHub(server.url, None, (), MiB, lambda: datetime.now(UTC), ledger=Store(connect(redis_url)).github)
        assert another_process(server, redis_url, ID) == f"{ID}\n"
        budget = github.budget()
        assert budget is not None
        assert budget.remaining == 59
        server.secondary_limit(429, retry_after="3000")
        with pytest.raises(GitHubLimited):
            github.fetch(ID)
        asked = len(server.requests)
        retry_after, sentence = another_process(server, redis_url, ID).split(" ", 1)
        assert 2900 < int(retry_after) <= 3000
        assert sentence.startswith("GitHub asks this server to slow down. Try again in ")
        assert len(server.requests) == asked


def test_another_account_has_a_budget_of_its_own(make: Make, server: GitHubServer, store: Store) -> None:
    server.limit(0)
    with pytest.raises(GitHubLimited):
        make().fetch(ID)
    server.limit(10)
    make("s3cret").fetch(ID)
    with pytest.raises(GitHubLimited):
        make().fetch(ID)
    kept = [(key, store.client.dump(key)) for key in store.client.keys("*")]
    assert kept
    assert "s3cret" not in str(kept)


def test_answers_that_overtake_each_other_do_not_raise_the_budget(make: Make, server: GitHubServer) -> None:
    one, other = make(), make()
    server.limit(30, reset_in=100)
    one.fetch(ID)
    server.limit(35, reset_in=101)  # the same hour by another of GitHub's servers, and an older answer
    other.fetch(ID)
    assert [github.budget().remaining for github in (one, other)] == [29, 29]  # type: ignore[union-attr]
    server.limit(60, reset_in=3600)
    one.fetch(ID)
    assert other.budget().remaining == 59  # type: ignore[union-attr]


def test_other_limits_of_githubs_are_others(make: Make, server: GitHubServer) -> None:
    github = make()
    limits = {"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9999999999"}
    server.fail(500, headers=limits | {"X-RateLimit-Resource": "search"})
    with pytest.raises(GitHubUnavailable):
        github.fetch(ID)
    github.fetch(ID)


# Secondary limits


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("retry_after", ["90", None])
def test_a_secondary_limit_is_obeyed_by_all(
    make: Make, server: GitHubServer, clock: Clock, status: int, retry_after: str | None
) -> None:
    one, other = make(), make()
    server.secondary_limit(status, retry_after)
    with pytest.raises(GitHubLimited):
        one.fetch(ID)
    for background in (False, True):
        with pytest.raises(GitHubLimited, match="slow down") as caught:
            other.fetch(OTHER, background=background)
        assert caught.value.retry_after == int(retry_after or 60)
    assert len(server.requests) == 1
    clock.sleep(int(retry_after or 60))
    other.fetch(OTHER)


def test_asked_to_slow_down_again_and_again_we_wait_longer(make: Make, server: GitHubServer, clock: Clock) -> None:
    waited = []
    for _ in range(9):
        server.secondary_limit(retry_after=None)
        with pytest.raises(GitHubLimited) as caught:
            make().fetch(ID)
        assert caught.value.retry_after
        waited.append(caught.value.retry_after)
        clock.sleep(waited[-1])
    assert waited == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    clock.sleep(601)
    server.secondary_limit(retry_after=None)
    with pytest.raises(GitHubLimited) as caught:
        make().fetch(ID)
    assert caught.value.retry_after == 60


# Visitors before the background


def test_the_background_leaves_visitors_a_quarter_of_the_budget(make: Make, server: GitHubServer, clock: Clock) -> None:
    background, visitor = make(), make()
    server.limit(17, reset_in=600)
    background.fetch(ID, background=True)  # 16 left
    background.fetch(ID, background=True)  # 15 left: the reserve
    for ask in (lambda: background.fetch(ID, background=True), lambda: background.changed_gists("octocat", clock())):
        with pytest.raises(GitHubLimited, match="kept for visitors") as caught:
            ask()
        assert caught.value.retry_after == 600
    assert len(server.requests) == 2
    visitor.fetch(ID)
    budget = visitor.budget()
    assert budget is not None
    assert (budget.remaining, budget.reserve) == (14, 15)


def at_once(*asks: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(asks)) as threads:
        return [asked.result() for asked in [threads.submit(ask) for ask in asks]]


def test_the_background_asks_one_at_a_time(make: Make, server: GitHubServer) -> None:
    server.slow_s = 0.1
    clients = [make("s3cret") for _ in range(4)]
    checks = [lambda client=client: client.fetch(OTHER, background=True) for client in clients]
    lists = [
        lambda client=client: client.changed_gists("octocat", datetime(2026, 1, 1, tzinfo=UTC)) for client in clients
    ]
    assert all(at_once(*checks, *lists))
    assert server.most_at_once[""] == 1


def test_the_background_waits_until_no_visitor_asks(make: Make, server: GitHubServer) -> None:
    server.slow_s = 0.3
    visitor, background = make(), make(yield_s=30.0)
    visit = threading.Thread(target=visitor.fetch, args=(ID,))
    visit.start()
    while not server.requests:
        visit.join(0.005)
    background.fetch(OTHER, background=True)
    visit.join()
    assert [seen.path for seen in server.requests] == [f"/gists/{ID}", f"/gists/{OTHER}"]
    assert server.most_at_once[""] == 1


def test_the_background_is_not_kept_waiting_for_ever(make: Make, server: GitHubServer) -> None:
    server.fail("hang", path=f"/gists/{ID}")
    visitor, background = make(timeout_s=60.0), make(yield_s=0.1)
    visit = threading.Thread(target=pytest.raises, args=(GitHubUnavailable, visitor.fetch, ID))
    visit.start()
    while not server.requests:
        visit.join(0.005)
    assert background.fetch(OTHER, background=True)
    assert visit.is_alive()
    server.stop()
    visit.join()


def test_a_background_check_whose_turn_does_not_come_gives_up(make: Make, server: GitHubServer) -> None:
    server.fail("hang", None)
    first, second = make(timeout_s=30.0), make(turn_s=0.2)
    asking = threading.Thread(
        target=pytest.raises, args=(GitHubUnavailable, first.fetch, ID), kwargs={"background": True}
    )
    asking.start()
    while not server.requests:
        asking.join(0.005)
    with pytest.raises(GitHubUnavailable, match="others are waiting") as caught:
        second.fetch(OTHER, background=True)
    assert caught.value.retry_after
    server.stop()
    asking.join()


def test_visitors_do_not_wait_for_one_another_but_are_not_too_many(make: Make, server: GitHubServer) -> None:
    server.slow_s = 0.3
    ids = [f"{number:032x}" for number in range(20)]
    for gist_id in ids:
        server.put(gist_id, {"main.py": "1"})
    clients = {gist_id: make() for gist_id in ids}
    gists = at_once(*(lambda gist_id=gist_id: clients[gist_id].fetch(gist_id) for gist_id in ids))
    assert [gist.id for gist in gists] == ids
    assert 1 < server.most_at_once[""] <= 8


def test_a_process_that_stands_alone_asks_one_at_a_time(server: GitHubServer, clock: Clock) -> None:
    server.slow_s = 0.1
    github = GitHub(server.url, None, (), MiB, clock, ledger=OwnLedger())
    assert all(at_once(*(lambda: github.fetch(ID) for _ in range(3)), lambda: github.fetch(ID, background=True)))
    assert server.most_at_once[""] == 1


# One request in flight for a gist


def test_for_one_gist_one_asks_whatever_revision_and_whoever(make: Make, server: GitHubServer, redis_url: str) -> None:
    """Pages, badges, webhooks and the watcher all come through `Gists`; each of these four has its own connections."""
    server.slow_s = 0.1
    old = server.revisions(ID)[0]
    server.put(ID, {"main.py": "print('new')", "large.txt": "x" * 2 * MiB})
    several = [
        Gists(make("s3cret", max_bytes=4 * MiB), Store(connect(redis_url)), 60, lambda: datetime.now(UTC))
        for _ in range(4)
    ]
    looks: list[Callable[[], Any]] = [lambda: several[0].get(OTHER)]
    for gists in several:
        looks += [lambda gists=gists: gists.get(ID), lambda gists=gists: gists.get(ID, old)]
    assert len(at_once(*looks)) == 9
    assert server.most_at_once[ID] == 1
    whole = [seen for seen in server.requests if seen.path == f"/gists/{ID}" and "if-none-match" not in seen.headers]
    assert len(whole) == 1


def test_one_asks_for_a_gist_at_a_time(store: Store, redis_url: str) -> None:
    with Store(connect(redis_url)).gists.fetch_lock(ID) as first, store.gists.fetch_lock(ID, patience_s=0.1) as second:
        assert (first, second) == (True, False)
    with store.gists.fetch_lock(ID) as again:
        assert again


def test_what_a_lost_process_held_is_another_ones(store: Store) -> None:
    with store.gists.fetch_lock(ID):
        store.client.delete(f"gistrun:looking:{ID}")  # as after its time
        with store.gists.fetch_lock(ID):
            pass


# What is refused costs nothing the second time


def test_a_refused_gist_is_refused_again_for_free_until_it_changes(make: Make, server: GitHubServer) -> None:
    server.put(ID, {"large.txt": "x" * (2 * MiB)})
    sentences = set()
    for _ in range(3):
        with pytest.raises(TooLarge) as caught:
            make("s3cret").fetch(ID)
        sentences.add(str(caught.value))
    assert len(sentences) == 1
    budget = make("s3cret").budget()
    assert budget is not None
    assert budget.remaining == 4999
    sha = server.put(ID, {"main.py": "1"})
    gist = make("s3cret").fetch(ID)
    assert gist is not None
    assert gist.revision == sha
    assert make("s3cret").fetch(ID, etag=gist.etag) is None
    server.put(ID, {"bad\nname": "1"})
    for _ in range(2):
        with pytest.raises(BadInput):
            make("s3cret").fetch(ID, etag=gist.etag)
    assert make("s3cret").budget().remaining == 4997  # type: ignore[union-attr]


def test_a_gist_too_large_for_one_is_not_for_a_server_that_takes_more(make: Make, server: GitHubServer) -> None:
    server.put(ID, {"large.txt": "x" * (2 * MiB)})
    with pytest.raises(TooLarge):
        make().fetch(ID)
    gist = make(max_bytes=2 * MiB).fetch(ID)
    assert gist is not None


# What an owner changed


def stamp(minute: int) -> datetime:
    return datetime(2026, 11, 22, 10, minute, tzinfo=UTC)


@pytest.fixture
def monalisa(server: GitHubServer) -> list[str]:
    ids = [f"{number:032x}" for number in range(5)]
    for number, gist_id in enumerate(ids):
        server.put(
            gist_id,
            {"main.py": "1"},
            owner="monalisa",
            public=number != 2,
            committed_at=stamp(number),
            description=None,
        )
    return ids


def test_the_gists_an_owner_changed_since(make: Make, server: GitHubServer, monalisa: list[str]) -> None:
    changed = make().changed_gists("monalisa", stamp(1))
    assert [(gist.id, gist.updated_at, gist.public) for gist in changed] == [
        (monalisa[4], stamp(4), True),
        (monalisa[3], stamp(3), True),
        (monalisa[1], stamp(1), True),
    ]
    assert server.requests[-1].path == "/users/monalisa/gists?per_page=100&since=2026-11-22T10%3A01%3A00Z"


def test_as_long_as_nothing_changes_a_list_is_free(make: Make, server: GitHubServer, monalisa: list[str]) -> None:
    assert len(make("s3cret").changed_gists("monalisa", stamp(3))) == 2
    for minute in (4, 5, 6):
        since = stamp(minute)
        assert len(make("s3cret").changed_gists("Monalisa", since)) == (minute == 4)
        assert "if-none-match" in server.requests[-1].headers
    assert make("s3cret").budget().remaining == 4999  # type: ignore[union-attr]
    server.put(monalisa[0], {"main.py": "2"}, owner="monalisa", committed_at=stamp(7))
    assert [gist.id for gist in make("s3cret").changed_gists("monalisa", stamp(6))] == [monalisa[0]]
    assert [gist.id for gist in make("s3cret").changed_gists("monalisa", stamp(7))] == [monalisa[0]]
    assert make("s3cret").changed_gists("monalisa", stamp(8)) == []
    assert make("s3cret").budget().remaining == 4998  # type: ignore[union-attr]


def test_a_list_from_before_what_is_known_is_asked_for_anew(
    make: Make, server: GitHubServer, monalisa: list[str]
) -> None:
    github = make()
    assert len(github.changed_gists("monalisa", stamp(4))) == 1
    assert len(github.changed_gists("monalisa", stamp(0))) == 4


def test_a_long_list_comes_whole(make: Make, server: GitHubServer) -> None:
    for number in range(230):
        server.put(f"{number:032x}", {"main.py": "1"}, owner="busy", committed_at=stamp(number % 60))
    github = make("s3cret")
    for _ in range(2):
        before = len(server.requests)
        changed = github.changed_gists("busy", stamp(0))
        assert len({gist.id for gist in changed}) == 230
        assert len(server.requests) - before == 3
    assert changed == sorted(changed, key=lambda gist: gist.updated_at, reverse=True)


def test_a_list_is_followed_to_githubs_own_host_only(make: Make, server: GitHubServer) -> None:
    away = {"Link": f'<http://{server.elsewhere}/users/x/gists?page=2>; rel="next"'}
    server.fail(200, path="/users/", headers=away, body=[])
    with pytest.raises(GitHubUnavailable, match="another host"):
        make("s3cret").changed_gists("octocat", stamp(0))
    assert not any(seen.elsewhere for seen in server.requests)


def test_a_list_without_end_comes_to_one(make: Make, server: GitHubServer) -> None:
    server.fail(200, None, path="/users/", headers={"Link": f'<{server.url}/users/x/gists>; rel="next"'}, body=[])
    assert make("s3cret").changed_gists("octocat", stamp(0)) == []
    assert len(server.requests) < 40


def test_an_owner_there_is_not(make: Make, server: GitHubServer) -> None:
    with pytest.raises(NotFound, match="user nobody"):
        make().changed_gists("nobody", stamp(0))
    asked = len(server.requests)
    for name in ("", "..", "../gists", "a/b", "a?b", "-a", "a b", "ä", "a\n", "a" * 101):
        with pytest.raises(BadInput, match="GitHub user"):
            make().changed_gists(name, stamp(0))
    assert len(server.requests) == asked


@pytest.mark.parametrize("body", [{}, None, "x", b"<html>"])
def test_a_list_that_is_none(make: Make, server: GitHubServer, body: Any) -> None:
    server.fail(200, path="/users/", body=b"null" if body is None else body)
    with pytest.raises(GitHubUnavailable, match="could not be understood"):
        make().changed_gists("octocat", stamp(0))


def test_entries_that_make_no_sense_are_left_out(make: Make, server: GitHubServer) -> None:
    good = {"id": ID, "updated_at": "2026-11-22T10:05:00Z", "public": None}
    bad = [None, 7, {}, {"id": "../x", "updated_at": "2026-11-22T10:05:00Z"}, {"id": OTHER, "updated_at": 7}]
    server.fail(200, path="/users/", body=[*bad, good])
    [gist] = make().changed_gists("octocat", stamp(0))
    assert (gist.id, gist.updated_at, gist.public) == (ID, stamp(5), False)
