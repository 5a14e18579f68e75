"""A repository's README from GitHub, against the stand-in: every rule of `GitHub.readme`."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from gistrun.errors import BadInput, GitHubUnavailable, NotFound, TooLarge
from gistrun.github import GitHub
from tests.github_server import GitHubServer

REPOSITORY = "octocat/Hello-World"
PATH = f"/repos/{REPOSITORY}/readme"


class Clock:
    """The time, moved by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 17, 34, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[GitHubServer]:
    with GitHubServer(token="ghp_test", now=clock) as server:
        server.put_readme(REPOSITORY, "# Hello ☃\n")
        yield server


@pytest.fixture
def github(server: GitHubServer, clock: Clock) -> GitHub:
    return GitHub(server.url, "ghp_test", (), 2**20, clock, timeout_s=0.5, patience_s=2, queue_s=2)


def read(github: GitHub, etag: str | None = None) -> tuple[str, str | None] | None:
    return github.readme("octocat", "Hello-World", etag)


def test_a_readme_comes_as_its_text_with_an_etag(github: GitHub, server: GitHubServer) -> None:
    answer = read(github)
    assert answer
    assert (answer[0], bool(answer[1])) == ("# Hello ☃\n", True)
    (seen,) = server.requests
    assert (seen.path, seen.headers["accept"]) == (PATH, "application/vnd.github.raw+json")
    assert seen.headers["authorization"].endswith("ghp_test")


def test_one_that_is_unchanged_costs_nothing_of_the_budget(github: GitHub, server: GitHubServer) -> None:
    answer = read(github)
    assert answer
    before = github.budget()
    assert read(github, answer[1]) is None
    assert github.budget() == before
    server.put_readme(REPOSITORY, "# Other")
    changed = read(github, answer[1])
    assert changed
    assert changed[0] == "# Other"


def test_a_readme_may_be_of_any_bytes(github: GitHub, server: GitHubServer) -> None:
    server.put_readme(REPOSITORY, b"caf\xe9 \x00")
    assert (read(github) or ("",))[0] == "caf\ufffd \x00"
    server.put_readme(REPOSITORY, b"")
    assert (read(github) or ("x",))[0] == ""


def test_where_there_is_none_that_is_said(github: GitHub, server: GitHubServer) -> None:
    server.put_readme(REPOSITORY, None)
    with pytest.raises(NotFound, match="no README of octocat/Hello-World"):
        read(github)


@pytest.mark.parametrize(("size", "fits"), [(2**20, True), (2**20 + 1, False)])
def test_a_readme_may_hold_one_mebibyte(github: GitHub, server: GitHubServer, size: int, fits: bool) -> None:
    server.put_readme(REPOSITORY, b"x" * size)
    if fits:
        assert len((read(github) or ("",))[0]) == size
        return
    with pytest.raises(TooLarge, match="more than 1,048,576 bytes"):
        read(github)


def test_a_flood_is_cut_off(github: GitHub, server: GitHubServer) -> None:
    server.fail("flood", path="/repos/")
    with pytest.raises(TooLarge):
        read(github)


@pytest.mark.parametrize("failure", [500, 502, 503, 401, 301, 418, "hang", "drop", "cut"])
def test_what_goes_wrong_at_github_is_unavailable(github: GitHub, server: GitHubServer, failure: int | str) -> None:
    server.fail(failure, path="/repos/")
    with pytest.raises(GitHubUnavailable) as caught:
        read(github)
    assert caught.value.retry_after
    assert read(github)


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_is_obeyed_before_asking(github: GitHub, server: GitHubServer, clock: Clock, status: int) -> None:
    server.fail(status, path="/repos/", headers={"Retry-After": "60"}, body={"message": "secondary rate limit"})
    for _ in range(3):
        with pytest.raises(GitHubUnavailable, match="slow down"):
            read(github)
    assert len(server.requests) == 1
    clock.time += timedelta(seconds=61)
    assert read(github)


def test_without_budget_github_is_not_asked(github: GitHub, server: GitHubServer) -> None:
    server.limit(1)
    assert read(github)
    with pytest.raises(GitHubUnavailable, match="used up"):
        read(github)
    assert len(server.requests) == 1


def test_a_renamed_repository_is_followed(github: GitHub, server: GitHubServer) -> None:
    server.put_readme("octocat/new", "# New")
    server.fail(301, path=PATH, headers={"Location": f"{server.url}/repos/octocat/new/readme"})
    assert (read(github) or ("",))[0] == "# New"


def test_nobody_else_is_asked_or_given_the_token(github: GitHub, server: GitHubServer) -> None:
    server.fail(301, path=PATH, headers={"Location": f"http://{server.elsewhere}{PATH}"})
    with pytest.raises(GitHubUnavailable):
        read(github)
    assert not any(seen.elsewhere for seen in server.requests)


@pytest.mark.parametrize(
    ("owner", "name"),
    [("..", "gists"), ("octocat", ".."), ("octocat", "."), ("", "x"), ("a/b", "c"), ("a", "b?ref=x"), ("a", "b\n")],
)
def test_what_is_no_repository_is_not_asked_for(github: GitHub, server: GitHubServer, owner: str, name: str) -> None:
    with pytest.raises(BadInput):
        github.readme(owner, name)
    assert server.requests == []


def test_the_stand_in_also_describes_a_readme(server: GitHubServer) -> None:
    body = requests.get(server.url + PATH, timeout=10).json()
    assert (body["encoding"], base64.b64decode(body["content"]).decode()) == ("base64", "# Hello ☃\n")
