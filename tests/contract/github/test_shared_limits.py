"""The limits that GitHub sets are shared by all processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest

from gistrun.errors import GitHubLimited, GitHubUnavailable
from gistrun.github import Account, GitHub, Ledger
from gistrun.store import Store, connect
from tests.contract.github.answers import ID, OTHER, ROOT, MiB, real_now
from tests.github_server import GitHubServer
from tests.world import Clock


@pytest.fixture(autouse=True)
def gists(server: GitHubServer) -> None:
    server.put(ID, {"main.py": "print(1)"})
    server.put(OTHER, {"main.py": "print(2)"})


def test_all_processes_know_the_budget_that_one_learned(
    share: Callable[..., GitHub], server: GitHubServer, clock: Clock
) -> None:
    one, other = share(), share()
    assert other.budget() is None
    server.limit(42, reset_in=100)
    one.gists.fetch(ID)
    budget = other.budget()
    assert budget is not None
    assert (budget.limit, budget.remaining, budget.reset) == (60, 41, clock() + timedelta(seconds=100))
    clock.forward(100)
    assert other.budget() is None


def test_when_one_has_used_up_the_budget_the_others_do_not_ask(
    share: Callable[..., GitHub], server: GitHubServer, clock: Clock
) -> None:
    server.limit(1, reset_in=600)
    share().gists.fetch(ID)
    with pytest.raises(GitHubLimited, match="used up") as caught:
        share().gists.fetch(OTHER)
    assert caught.value.retry_after == 600
    assert len(server.requests) == 1
    clock.forward(601)
    share().gists.fetch(OTHER)


CHILD = """
import sys
from datetime import UTC, datetime
from gistrun.errors import GitHubLimited
from gistrun.github import Account, Account, GitHub
from gistrun.store import Store, connect

api_url, redis_url, gist_id = sys.argv[1:]
github = GitHub(Account(api_url), 2**20, lambda: datetime.now(UTC), Store(connect(redis_url)).github)
try:
    print(github.gists.fetch(gist_id).id)
except GitHubLimited as limited:
    print(limited.retry_after, limited)
"""


def another_process(server: GitHubServer, redis_url: str, gist_id: str) -> str:
    command = [sys.executable, "-c", CHILD, server.url, redis_url, gist_id]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_a_real_other_process_obeys_too(share: Callable[..., GitHub], redis_url: str) -> None:
    with GitHubServer() as server:
        server.put(ID, {"main.py": "print(1)"})
        github = GitHub(Account(server.url), MiB, real_now, Store(connect(redis_url)).github)
        assert another_process(server, redis_url, ID) == f"{ID}\n"
        budget = github.budget()
        assert budget is not None
        assert budget.remaining == 59
        server.secondary_limit(429, retry_after="3000")
        with pytest.raises(GitHubLimited):
            github.gists.fetch(ID)
        asked = len(server.requests)
        retry_after, sentence = another_process(server, redis_url, ID).split(" ", 1)
        assert 2900 < int(retry_after) <= 3000
        assert sentence.startswith("GitHub asks this server to slow down. Try again in ")
        assert len(server.requests) == asked


def test_another_account_has_a_budget_of_its_own(share: Callable[..., GitHub], server: GitHubServer) -> None:
    server.limit(0)
    with pytest.raises(GitHubLimited):
        share().gists.fetch(ID)
    server.limit(10)
    share("s3cret").gists.fetch(ID)
    with pytest.raises(GitHubLimited):
        share().gists.fetch(ID)


def test_the_ledger_in_redis_does_not_hold_the_token(
    make: Callable[..., GitHub], redis_ledger: Callable[[], Ledger], store: Store
) -> None:
    make("s3cret", ledger=redis_ledger()).gists.fetch(ID)
    kept = [(key, store.client.dump(key)) for key in store.client.keys("*")]
    assert kept
    assert "s3cret" not in str(kept)


def test_answers_that_overtake_each_other_do_not_raise_the_budget(
    share: Callable[..., GitHub], server: GitHubServer
) -> None:
    one, other = share(), share()
    server.limit(30, reset_in=100)
    one.gists.fetch(ID)
    server.limit(35, reset_in=101)  # the same hour by another of GitHub's servers, and an older answer
    other.gists.fetch(ID)
    assert [github.budget().remaining for github in (one, other)] == [29, 29]  # type: ignore[union-attr]
    server.limit(60, reset_in=3600)
    one.gists.fetch(ID)
    assert other.budget().remaining == 59  # type: ignore[union-attr]


def test_other_limits_of_githubs_are_others(share: Callable[..., GitHub], server: GitHubServer) -> None:
    github = share()
    limits = {"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9999999999"}
    server.fail(500, headers=limits | {"X-RateLimit-Resource": "search"})
    with pytest.raises(GitHubUnavailable):
        github.gists.fetch(ID)
    github.gists.fetch(ID)


# Secondary limits


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("retry_after", ["90", None])
def test_a_secondary_limit_is_obeyed_by_all(
    share: Callable[..., GitHub], server: GitHubServer, clock: Clock, status: int, retry_after: str | None
) -> None:
    one, other = share(), share()
    server.secondary_limit(status, retry_after)
    with pytest.raises(GitHubLimited):
        one.gists.fetch(ID)
    for background in (False, True):
        with pytest.raises(GitHubLimited, match="slow down") as caught:
            other.gists.fetch(OTHER, background=background)
        assert caught.value.retry_after == int(retry_after or 60)
    assert len(server.requests) == 1
    clock.forward(int(retry_after or 60))
    other.gists.fetch(OTHER)


def test_asked_to_slow_down_again_and_again_we_wait_longer(
    share: Callable[..., GitHub], server: GitHubServer, clock: Clock
) -> None:
    waited = []
    for _ in range(9):
        server.secondary_limit(retry_after=None)
        with pytest.raises(GitHubLimited) as caught:
            share().gists.fetch(ID)
        assert caught.value.retry_after
        waited.append(caught.value.retry_after)
        clock.forward(waited[-1])
    assert waited == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    clock.forward(601)
    server.secondary_limit(retry_after=None)
    with pytest.raises(GitHubLimited) as caught:
        share().gists.fetch(ID)
    assert caught.value.retry_after == 60
