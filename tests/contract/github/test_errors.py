"""What goes wrong at GitHub, and what the person waiting reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gistrun.errors import GistrunError, GitHubUnauthorized, GitHubUnavailable, Gone, NotFound
from gistrun.github import GitHub
from gistrun.web.front.errors import status_of
from tests.contract.github.answers import ID, MiB, body, fetched, one_file, real_now
from tests.github_server import GitHubServer
from tests.world import Clock


def test_an_unknown_gist_and_an_unknown_revision(github: GitHub, server: GitHubServer) -> None:
    with pytest.raises(NotFound, match=f"gist {ID}"):
        github.gists.fetch(ID)
    server.put(ID, {"main.py": ""})
    with pytest.raises(NotFound, match=f"revision {'0' * 40} of gist {ID}"):
        github.gists.fetch(ID, "0" * 40)
    server.delete(ID)
    with pytest.raises(NotFound):
        github.gists.fetch(ID)


@pytest.mark.parametrize("status", [404, 409, 422])
def test_statuses_that_mean_there_is_none(github: GitHub, server: GitHubServer, status: int) -> None:
    server.fail(status)
    with pytest.raises(NotFound) as caught:
        github.gists.fetch(ID)
    assert not isinstance(caught.value, Gone)


def test_a_gist_that_was_there_and_is_deleted_is_gone(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"main.py": ""})
    etag = fetched(github, ID).etag
    server.delete(ID)
    with pytest.raises(Gone, match="no longer") as caught:
        github.gists.fetch(ID, etag=etag)
    assert not caught.value.taken_down
    with pytest.raises(NotFound) as unknown:
        github.gists.fetch(ID)
    assert not isinstance(unknown.value, Gone)


def test_a_revision_that_there_is_not_says_nothing_of_the_gist(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"main.py": ""})
    with pytest.raises(NotFound) as caught:
        github.gists.fetch(ID, "0" * 40, '"etag"')
    assert not isinstance(caught.value, Gone)


@pytest.mark.parametrize(("status", "taken_down"), [(410, False), (451, True), (403, True)])
def test_a_gist_that_github_took_down_is_gone(
    github: GitHub, server: GitHubServer, status: int, taken_down: bool
) -> None:
    server.put(ID, {"main.py": ""})
    server.take_down(ID, status)
    with pytest.raises(Gone) as caught:
        github.gists.fetch(ID)
    assert caught.value.taken_down is taken_down
    assert status_of(caught.value) == 404


def test_a_token_that_is_refused(make: Callable[..., GitHub], clock: Clock) -> None:
    with GitHubServer(token="good", now=clock) as server:
        server.put(ID, {"main.py": ""})
        with pytest.raises(GitHubUnauthorized, match="GITHUB_TOKEN") as caught:
            make("bad", api_url=server.url).gists.fetch(ID)
        assert caught.value.retry_after
        assert "bad" not in str(caught.value)
        fetched(make("good", api_url=server.url), ID)
        server.fail(401)
        with pytest.raises(GitHubUnavailable, match="must set GITHUB_TOKEN"):
            make(api_url=server.url).gists.fetch(ID)


def test_a_403_without_a_limit_says_why(github: GitHub, server: GitHubServer) -> None:
    server.fail(403, body={"message": "Resource protected by <b>organization</b>\n SAML enforcement."})
    with pytest.raises(GitHubUnauthorized, match="SAML") as caught:
        github.gists.fetch(ID)
    assert "\n" not in str(caught.value)
    server.put(ID, {"main.py": ""})
    fetched(github, ID)  # it is no limit, so GitHub is asked again


@pytest.mark.parametrize("what", [500, 502, 503, 504, "drop", "cut", "garbage", 204, 418])
def test_trouble_at_github_is_reported_and_over_with_the_next_request(
    github: GitHub, server: GitHubServer, what: int | str
) -> None:
    server.put(ID, {"main.py": ""})
    server.fail(what, body=b"" if what == 204 else None)
    with pytest.raises(GitHubUnavailable) as caught:
        github.gists.fetch(ID)
    assert caught.value.retry_after
    assert str(caught.value).endswith(".")
    fetched(github, ID)


def test_trouble_that_says_how_long_it_lasts(github: GitHub, server: GitHubServer) -> None:
    server.fail(503, headers={"Retry-After": "120"})
    with pytest.raises(GitHubUnavailable, match="in 2 minutes") as caught:
        github.gists.fetch(ID)
    assert caught.value.retry_after == 120


@pytest.mark.parametrize("what", ["drop", "cut"])
def test_trouble_in_the_middle_of_a_raw_file(github: GitHub, server: GitHubServer, what: str) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)})
    server.fail(what, path="/raw/")
    with pytest.raises(GitHubUnavailable):
        github.gists.fetch(ID)
    fetched(github, ID)


def test_a_server_that_hangs_is_given_up(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, {"main.py": ""})
    server.fail("hang")
    github = make(timeout_s=0.2)
    with pytest.raises(GitHubUnavailable, match="in time"):
        github.gists.fetch(ID)
    fetched(make(), ID)


def test_a_server_that_sends_a_byte_now_and_then_is_given_up(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.fail("drip")
    with pytest.raises(GitHubUnavailable, match="in time"):
        make(answer_s=0.3, now=real_now).gists.fetch(ID)


def test_nobody_there(make: Callable[..., GitHub]) -> None:
    with GitHubServer() as gone:
        pass
    with pytest.raises(GitHubUnavailable, match="cannot be reached") as caught:
        make(api_url=gone.url).gists.fetch(ID)
    assert caught.value.retry_after


@pytest.mark.parametrize(
    "answer",
    [
        b"[]",
        b"null",
        b"7",
        b'"gist"',
        b"{",
        b"\xff",
        b"",
        b"[" * 100_000,
        b"{}",
        body(files=None),
        body(files=[]),
        body(files={"main.py": "print(1)"}),
        body(files={"main.py": []}),
        body(files={"main.py": {}}),
        body(files={"main.py": {"content": 7}}),
        body(history=7),
        body(history=[None]),
        body(history=["ab" * 20]),
        body(history=[{}]),
        body(history=[{"version": "../../x"}]),
        one_file(content="%%%", encoding="base64") | {"history": "x"},
        one_file(content="é", encoding="base64"),
    ],
    ids=lambda answer: (answer if isinstance(answer, bytes) else json.dumps(answer).encode())[:60].decode("latin-1"),
)
def test_an_answer_of_the_wrong_shape(github: GitHub, server: GitHubServer, answer: Any) -> None:
    server.fail(200, body=answer)
    with pytest.raises(GitHubUnavailable, match="could not be understood") as caught:
        github.gists.fetch(ID)
    assert caught.value.retry_after


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
file_bodies = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("filename", "language", "raw_url", "size", "truncated", "content", "encoding", "type"), json_values
    ),
)
FIELDS = ("id", "files", "public", "description", "owner", "user", "history", "truncated", "html_url", "updated_at")


@given(
    fields=st.dictionaries(st.sampled_from(FIELDS), json_values),
    files=st.none() | st.dictionaries(st.text(max_size=10), file_bodies, max_size=3),
)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
def test_every_answer_of_github_gives_a_gist_or_a_sentence(
    github: GitHub, server: GitHubServer, fields: dict[str, Any], files: Any
) -> None:
    server.heal()
    answer = body(**fields)
    if files is not None:
        answer["files"] = files
    server.fail(200, body=answer)
    try:
        gist = fetched(github, ID)
        shown = [gist.description, gist.owner, gist.html_url, *(file.name for file in gist.files)]
    except GistrunError as error:
        shown = [str(error)]
    assert all(text is None or isinstance(text.encode(), bytes) for text in shown)
