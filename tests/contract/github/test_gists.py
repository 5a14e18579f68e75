"""A gist against the stand-in: its fields, its revision, conditional requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gistrun.errors import GitHubUnavailable
from gistrun.github import GitHub
from tests.contract.github.answers import ID, body, fetched
from tests.github_server import GitHubServer
from tests.world import Clock


def test_a_gist_comes_whole_with_its_latest_revision(github: GitHub, server: GitHubServer, clock: Clock) -> None:
    server.put(ID, {"old.py": "print(0)"})
    sha = server.put(ID, {"b.py": "print('ü')\n", "a.txt": "two"}, description="Zwei", owner="monalisa")
    gist = fetched(github, ID)
    assert gist.id == ID
    assert gist.revision == sha
    assert [(file.name, file.content, file.language) for file in gist.files] == [
        ("b.py", "print('ü')\n".encode(), "Python"),
        ("a.txt", b"two", "Text"),
    ]
    assert (gist.owner, gist.description, gist.public) == ("monalisa", "Zwei", True)
    assert gist.html_url == f"https://gist.github.com/monalisa/{ID}"
    assert gist.updated_at == "2026-11-22T12:00:00Z"
    assert gist.checked_at == clock()
    assert gist.etag


def test_a_revision_can_be_pinned_and_has_no_etag(github: GitHub, server: GitHubServer) -> None:
    first = server.put(ID, {"main.py": "print(1)"})
    server.put(ID, {"main.py": "print(2)"})
    gist = fetched(github, ID, first)
    assert (gist.revision, gist.files[0].content, gist.etag) == (first, b"print(1)", None)


def test_a_secret_anonymous_gist_without_a_description(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"noext": ""}, owner=None, public=False, description=None)
    gist = fetched(github, ID)
    assert (gist.owner, gist.public, gist.description) == (None, False, None)
    assert (gist.files[0].content, gist.files[0].language) == (b"", None)


def test_a_gist_is_secret_unless_github_says_that_it_is_public(github: GitHub, server: GitHubServer) -> None:
    server.fail(200, body=body(public=None))
    assert fetched(github, ID).public is False


def test_a_user_of_the_history_may_be_gone(github: GitHub, server: GitHubServer) -> None:
    sha = server.put(ID, {"main.py": ""}, author=None)
    assert fetched(github, ID).revision == sha


@pytest.mark.parametrize("history", [None, []])
def test_without_a_history_the_commits_tell_the_revision(github: GitHub, server: GitHubServer, history: Any) -> None:
    server.put(ID, {"main.py": "1"})
    sha = server.put(ID, {"main.py": "print(1)\n"})
    server.fail(200, body=body(history=history))
    assert fetched(github, ID).revision == sha
    server.fail(200, body=body(history=history))
    assert fetched(github, ID, sha).revision == sha


def test_unknown_and_null_fields_do_no_harm(github: GitHub, server: GitHubServer) -> None:
    gone = {"content": None, "filename": "gone"}
    files = {"kept": {"content": "x", "language": None, "size": None}, "deleted": None}
    server.fail(200, body=body(files=files, owner=None, user=None, description=None, html_url=None, new=gone))
    gist = fetched(github, ID)
    assert [file.name for file in gist.files] == ["kept"]
    server.fail(200, body=body(html_url="javascript:alert(1)"))
    assert fetched(github, ID).html_url is None


def test_an_etag_that_still_matches_gives_none_and_is_free(make: Callable[..., GitHub], server: GitHubServer) -> None:
    github = make("s3cret")
    server.put(ID, {"main.py": "print(1)"})
    etag = fetched(github, ID).etag
    before = github.budget()
    assert github.gists.fetch(ID, etag=etag) is None
    assert server.requests[-1].headers["if-none-match"] == etag
    assert github.budget() == before


def test_an_etag_that_no_longer_matches_gives_the_new_state(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"main.py": "print(1)"})
    etag = fetched(github, ID).etag
    sha = server.put(ID, {"main.py": "print(2)"})
    gist = fetched(github, ID, None, etag)
    assert gist.revision == sha
    assert gist.etag != etag


def test_a_gist_that_turns_secret_or_changes_owner_is_noticed_at_the_same_revision(
    github: GitHub, server: GitHubServer
) -> None:
    sha = server.put(ID, {"main.py": "print(1)"}, owner="monalisa")
    etag = fetched(github, ID).etag
    server.change(ID, owner="mona", public=False)
    gist = fetched(github, ID, None, etag)
    assert (gist.revision, gist.owner, gist.public) == (sha, "mona", False)
    assert gist.html_url == f"https://gist.github.com/mona/{ID}"


def test_a_304_that_was_not_asked_for_is_no_answer(github: GitHub, server: GitHubServer) -> None:
    server.fail(304, body=b"")
    with pytest.raises(GitHubUnavailable, match="304"):
        github.gists.fetch(ID)
