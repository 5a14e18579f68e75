"""What changed among an owner's gists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from gistrun.errors import BadInput, GitHubUnavailable, NotFound
from gistrun.github import GitHub, Ledger
from gistrun.github.absent import AbsentOwners
from gistrun.store import Store
from tests.contract.github.answers import ID, OTHER
from tests.github_server import GitHubServer
from tests.world import Clock


@pytest.fixture(autouse=True)
def gists(server: GitHubServer) -> None:
    server.put(ID, {"main.py": "print(1)"})
    server.put(OTHER, {"main.py": "print(2)"})


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


def test_the_gists_an_owner_changed_since(
    share: Callable[..., GitHub], server: GitHubServer, monalisa: list[str]
) -> None:
    changed = share().lists.changed_gists("monalisa", stamp(1))
    assert [(gist.id, gist.updated_at, gist.public) for gist in changed] == [
        (monalisa[4], stamp(4), True),
        (monalisa[3], stamp(3), True),
        (monalisa[1], stamp(1), True),
    ]
    assert server.requests[-1].path == "/users/monalisa/gists?per_page=100&since=2026-11-22T10%3A01%3A00Z"


def test_as_long_as_nothing_changes_a_list_is_free(
    share: Callable[..., GitHub], server: GitHubServer, monalisa: list[str]
) -> None:
    assert len(share("s3cret").lists.changed_gists("monalisa", stamp(3))) == 2
    for minute in (4, 5, 6):
        since = stamp(minute)
        assert len(share("s3cret").lists.changed_gists("Monalisa", since)) == (minute == 4)
        assert "if-none-match" in server.requests[-1].headers
    assert share("s3cret").budget().remaining == 4999  # type: ignore[union-attr]
    server.put(monalisa[0], {"main.py": "2"}, owner="monalisa", committed_at=stamp(7))
    assert [gist.id for gist in share("s3cret").lists.changed_gists("monalisa", stamp(6))] == [monalisa[0]]
    assert [gist.id for gist in share("s3cret").lists.changed_gists("monalisa", stamp(7))] == [monalisa[0]]
    assert share("s3cret").lists.changed_gists("monalisa", stamp(8)) == []
    assert share("s3cret").budget().remaining == 4998  # type: ignore[union-attr]


def test_a_list_from_before_what_is_known_is_asked_for_anew(
    share: Callable[..., GitHub], server: GitHubServer, monalisa: list[str]
) -> None:
    github = share()
    assert len(github.lists.changed_gists("monalisa", stamp(4))) == 1
    assert len(github.lists.changed_gists("monalisa", stamp(0))) == 4


def test_a_long_list_comes_whole(share: Callable[..., GitHub], server: GitHubServer) -> None:
    for number in range(230):
        server.put(f"{number:032x}", {"main.py": "1"}, owner="busy", committed_at=stamp(number % 60))
    github = share("s3cret")
    for _ in range(2):
        before = len(server.requests)
        changed = github.lists.changed_gists("busy", stamp(0))
        assert len({gist.id for gist in changed}) == 230
        assert len(server.requests) - before == 3
    assert changed == sorted(changed, key=lambda gist: gist.updated_at, reverse=True)


def test_a_list_is_followed_to_githubs_own_host_only(share: Callable[..., GitHub], server: GitHubServer) -> None:
    away = {"Link": f'<http://{server.elsewhere}/users/x/gists?page=2>; rel="next"'}
    server.fail(200, path="/users/", headers=away, body=[])
    with pytest.raises(GitHubUnavailable, match="another host"):
        share("s3cret").lists.changed_gists("octocat", stamp(0))
    assert not any(seen.elsewhere for seen in server.requests)


def test_a_list_without_end_comes_to_one(share: Callable[..., GitHub], server: GitHubServer) -> None:
    server.fail(200, None, path="/users/", headers={"Link": f'<{server.url}/users/x/gists>; rel="next"'}, body=[])
    assert share("s3cret").lists.changed_gists("octocat", stamp(0)) == []
    assert len(server.requests) < 40


def test_an_owner_there_is_not(share: Callable[..., GitHub], server: GitHubServer) -> None:
    with pytest.raises(NotFound, match="user nobody"):
        share().lists.changed_gists("nobody", stamp(0))
    asked = len(server.requests)
    for name in ("", "..", "../gists", "a/b", "a?b", "-a", "a b", "ä", "a\n", "a" * 101):
        with pytest.raises(BadInput, match="GitHub user"):
            share().lists.changed_gists(name, stamp(0))
    assert len(server.requests) == asked


@pytest.mark.parametrize("body", [{}, None, "x", b"<html>"])
def test_a_list_that_is_none(share: Callable[..., GitHub], server: GitHubServer, body: Any) -> None:
    server.fail(200, path="/users/", body=b"null" if body is None else body)
    with pytest.raises(GitHubUnavailable, match="could not be understood"):
        share().lists.changed_gists("octocat", stamp(0))


def test_entries_that_make_no_sense_are_left_out(share: Callable[..., GitHub], server: GitHubServer) -> None:
    good = {"id": ID, "updated_at": "2026-11-22T10:05:00Z", "public": None}
    bad = [None, 7, {}, {"id": "../x", "updated_at": "2026-11-22T10:05:00Z"}, {"id": OTHER, "updated_at": 7}]
    server.fail(200, path="/users/", body=[*bad, good])
    [gist] = share().lists.changed_gists("octocat", stamp(0))
    assert (gist.id, gist.updated_at, gist.public) == (ID, stamp(5), False)


def test_a_visitor_sees_the_public_gists_of_a_user(
    share: Callable[..., GitHub], server: GitHubServer, monalisa: list[str], clock: Clock
) -> None:
    lists = share("s3cret").lists
    found = lists.public_gists("monalisa")
    assert [gist.id for gist in found.gists] == [monalisa[4], monalisa[3], monalisa[1], monalisa[0]]
    assert (found.gists[0].files, found.gists[0].languages, found.complete) == (("main.py",), ("Python",), True)
    # Within a minute nobody asks again, and after it nothing has changed, which is free.
    asked = len(server.requests)
    assert lists.public_gists("Monalisa") == found
    assert len(server.requests) == asked
    clock.forward(120)
    assert share("s3cret").lists.public_gists("monalisa").gists == found.gists
    assert "if-none-match" in server.requests[-1].headers
    # What GitHub said last is shown while it does not answer.
    clock.forward(120)
    server.fail(502, None, path="/users/")
    assert share("s3cret").lists.public_gists("monalisa").gists == found.gists


def test_a_user_that_github_does_not_have_has_no_public_gists(github: GitHub) -> None:
    with pytest.raises(NotFound):
        github.lists.public_gists("nobody")
    with pytest.raises(BadInput, match="not the name of a GitHub user"):
        github.lists.public_gists("../gists")


def test_a_user_that_github_does_not_have_is_asked_for_ever_more_seldom(
    share: Callable[..., GitHub], server: GitHubServer, clock: Clock, monalisa: list[str]
) -> None:
    def asks(owner: str = "nobody") -> bool:
        before = len(server.requests)
        with pytest.raises(NotFound, match="GitHub has no user nobody"):
            share().lists.public_gists(owner)
        return len(server.requests) > before

    assert [asks(), asks(), asks("NoBody")] == [True, False, False]
    waits = []
    for _ in range(8):
        waited = 0
        while not asks():
            clock.forward(60)
            waited += 60
        waits.append(waited)
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    # Others are asked for as before, and the user may come.
    assert share().lists.public_gists("monalisa").gists
    server.put(OTHER, {"main.py": "print(2)"}, owner="nobody")
    clock.forward(3600)
    assert [gist.id for gist in share().lists.public_gists("nobody").gists] == [OTHER]
    clock.forward(120)
    assert share().lists.public_gists("nobody").gists


def test_no_answer_is_not_remembered_as_a_missing_user(github: GitHub, server: GitHubServer, clock: Clock) -> None:
    server.fail(502, 1, path="/users/")
    with pytest.raises(GitHubUnavailable):
        github.lists.public_gists("octocat")
    clock.forward(120)
    assert github.lists.public_gists("octocat").gists


def test_a_missing_user_is_forgotten(github: GitHub, store: Store, redis_ledger: Callable[[], Ledger]) -> None:
    AbsentOwners("account", redis_ledger(), Clock()).put("nobody", "GitHub has no user nobody.")
    [key] = store.client.keys("gistrun:github_note:absent:*")
    assert 600 < store.client.ttl(key) <= 720


@pytest.mark.parametrize("files", [None, [], {"a.py": None}, {"a.py": {"language": 5}}])
def test_an_entry_whose_files_are_odd_is_still_listed(github: GitHub, server: GitHubServer, files: Any) -> None:
    entry = {"id": ID, "updated_at": "2026-11-22T10:00:00Z", "public": True, "files": files, "description": 7}
    server.fail(200, path="/users/", body=[entry])
    (gist,) = github.lists.public_gists("octocat").gists
    assert (gist.id, gist.description, gist.languages) == (ID, None, ())
