"""The limits that GitHub sets to one client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime

import pytest

from gistrun.errors import GitHubLimited, GitHubUnavailable
from gistrun.github import GitHub
from tests.contract.github.answers import ID, fetched
from tests.github_server import GitHubServer
from tests.world import Clock


def test_out_of_quota_github_is_not_asked_until_the_reset(github: GitHub, server: GitHubServer, clock: Clock) -> None:
    server.put(ID, {"main.py": ""})
    server.limit(0, reset_in=600)
    for _ in range(3):
        with pytest.raises(GitHubUnavailable, match=r"limit of 60 requests.*GITHUB_TOKEN.*in 10 minutes") as caught:
            github.gists.fetch(ID)
        assert caught.value.retry_after == 600
    assert len(server.requests) == 1
    clock.forward(560)
    with pytest.raises(GitHubUnavailable, match="in 40 seconds"):
        github.gists.fetch(ID)
    clock.forward(41)
    fetched(github, ID)


def test_the_last_request_of_the_quota_closes_the_door(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"main.py": ""})
    server.limit(1)
    fetched(github, ID)
    with pytest.raises(GitHubUnavailable):
        github.gists.fetch(ID)
    assert len(server.requests) == 1


def test_with_a_token_no_token_is_recommended(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.limit(0)
    with pytest.raises(GitHubLimited, match="limit of 5,000") as caught:
        make("s3cret").gists.fetch(ID)
    assert "GITHUB_TOKEN" not in str(caught.value)


@pytest.mark.parametrize("status", [403, 429])
def test_a_secondary_limit_is_obeyed(github: GitHub, server: GitHubServer, clock: Clock, status: int) -> None:
    server.put(ID, {"main.py": ""})
    server.secondary_limit(status, retry_after="8")
    for _ in range(2):
        with pytest.raises(GitHubLimited, match="slow down") as caught:
            github.gists.fetch(ID)
        assert caught.value.retry_after == 8
    assert len(server.requests) == 1
    clock.forward(8)
    fetched(github, ID)


@pytest.mark.parametrize("status", [403, 429])
def test_a_secondary_limit_without_retry_after_holds_a_minute(
    github: GitHub, server: GitHubServer, clock: Clock, status: int
) -> None:
    server.put(ID, {"main.py": ""})
    server.secondary_limit(status, retry_after=None)
    with pytest.raises(GitHubUnavailable) as caught:
        github.gists.fetch(ID)
    assert caught.value.retry_after == 60
    clock.forward(59)
    with pytest.raises(GitHubUnavailable):
        github.gists.fetch(ID)
    clock.forward(1)
    fetched(github, ID)


@pytest.mark.parametrize(("after", "expected"), [(90, 90), (-5, 1), (10**6, 3600)])
def test_retry_after_may_be_a_date(
    github: GitHub, server: GitHubServer, clock: Clock, after: int, expected: int
) -> None:
    server.secondary_limit(retry_after=format_datetime(clock() + timedelta(seconds=after), usegmt=True))
    with pytest.raises(GitHubUnavailable) as caught:
        github.gists.fetch(ID)
    assert caught.value.retry_after == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"X-RateLimit-Remaining": "0"},
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "60", "X-RateLimit-Reset": "1"},
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "x", "X-RateLimit-Reset": "-9"},
        {"Retry-After": "soon"},
    ],
)
def test_a_limit_with_useless_headers_holds_a_minute(
    github: GitHub, server: GitHubServer, headers: dict[str, str]
) -> None:
    server.fail(429, headers=headers)
    with pytest.raises(GitHubUnavailable) as caught:
        github.gists.fetch(ID)
    assert caught.value.retry_after == 60


def test_the_budget_is_what_github_said_last(github: GitHub, server: GitHubServer, clock: Clock) -> None:
    assert github.budget() is None
    server.put(ID, {"main.py": ""})
    server.limit(42, reset_in=100)
    fetched(github, ID)
    budget = github.budget()
    assert budget is not None
    assert (budget.limit, budget.remaining, budget.reset) == (60, 41, clock() + timedelta(seconds=100))
    assert budget.as_json()["remaining"] == 41
    clock.forward(101)
    assert github.budget() is None
