"""A repository's README from GitHub, against the stand-in: every rule of `Readmes.readme`."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import requests

from gistrun.errors import BadInput, GitHubUnavailable, NotFound, TooLarge
from gistrun.github import GitHub
from tests.contract.github.answers import MiB
from tests.github_server import GitHubServer
from tests.world import Clock

REPOSITORY = "octocat/Hello-World"
PATH = f"/repos/{REPOSITORY}/readme"


@pytest.fixture
def server(clock: Clock) -> Iterator[GitHubServer]:
    with GitHubServer(token="ghp_test", now=clock) as server:
        server.put_readme(REPOSITORY, "# Hello ☃\n")
        yield server


@pytest.fixture
def github(make: Callable[..., GitHub]) -> GitHub:
    return make("ghp_test", timeout_s=0.5, answer_s=2, queue_s=2)


def read(github: GitHub, etag: str | None = None) -> tuple[str, str | None] | None:
    return github.readmes.readme("octocat", "Hello-World", etag)


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


def test_a_missing_one_is_reported(github: GitHub, server: GitHubServer) -> None:
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
def test_githubs_own_errors_are_unavailable(github: GitHub, server: GitHubServer, failure: int | str) -> None:
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


def test_no_other_host_is_asked_or_given_the_token(github: GitHub, server: GitHubServer) -> None:
    server.fail(301, path=PATH, headers={"Location": f"http://{server.elsewhere}{PATH}"})
    with pytest.raises(GitHubUnavailable):
        read(github)
    assert not any(seen.elsewhere for seen in server.requests)


@pytest.mark.parametrize(
    ("owner", "name"),
    [("..", "gists"), ("octocat", ".."), ("octocat", "."), ("", "x"), ("a/b", "c"), ("a", "b?ref=x"), ("a", "b\n")],
)
def test_an_impossible_repository_name_is_not_requested(
    github: GitHub, server: GitHubServer, owner: str, name: str
) -> None:
    with pytest.raises(BadInput):
        github.readmes.readme(owner, name)
    assert server.requests == []


def test_the_stand_in_also_describes_a_readme(server: GitHubServer) -> None:
    body = requests.get(server.url + PATH, timeout=10).json()
    assert (body["encoding"], base64.b64decode(body["content"]).decode()) == ("base64", "# Hello ☃\n")


def test_a_readme_comes_as_text_and_conditionally(make: Callable[..., GitHub], server: GitHubServer) -> None:
    github = make("ghp_test")
    server.put_readme("octocat/Hello-World", b"# Hi \xff\n")
    answer = github.readmes.readme("octocat", "Hello-World")
    assert answer is not None
    text, etag = answer
    assert text == "# Hi \ufffd\n"
    assert github.readmes.readme("octocat", "Hello-World", etag) is None
    server.put_readme("octocat/Hello-World", "new")
    again = github.readmes.readme("octocat", "Hello-World", etag)
    assert again is not None
    assert again[0] == "new"
    assert [seen.headers["accept"] for seen in server.requests] == ["application/vnd.github.raw+json"] * 3


def test_a_readme_that_there_is_not_or_that_is_too_large(github: GitHub, server: GitHubServer) -> None:
    with pytest.raises(NotFound, match="README of octocat/gone"):
        github.readmes.readme("octocat", "gone")
    server.put_readme("octocat/large", "x" * (MiB + 1))
    with pytest.raises(TooLarge, match="README of octocat/large"):
        github.readmes.readme("octocat", "large")
    server.fail(500, path="/repos/")
    with pytest.raises(GitHubUnavailable):
        github.readmes.readme("octocat", "large")
    asked = len(server.requests)
    for owner, name in [("..", "x"), ("x", ".."), ("a/b", "x"), ("x", "a?b"), ("", "x"), ("x", "é"), ("x", "a\n")]:
        with pytest.raises(BadInput, match="name of a repository"):
            github.readmes.readme(owner, name)
    assert len(server.requests) == asked
