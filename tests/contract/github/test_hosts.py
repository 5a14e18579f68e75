"""Where requests may go, and which host gets the token."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gistrun.errors import GitHubUnavailable
from gistrun.github import Account, GitHub
from tests.contract.github.answers import ID, MiB, fetched, one_file
from tests.github_server import GitHubServer
from tests.world import Clock


def test_the_token_goes_to_the_api_and_not_to_a_raw_host_elsewhere(
    make: Callable[..., GitHub], server: GitHubServer
) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)}, raw_elsewhere=True)
    fetched(make("s3cret", (server.elsewhere,)), ID)
    api, raw = server.requests
    assert api.headers["authorization"] == "token s3cret"
    assert raw.elsewhere
    assert "s3cret" not in str(raw)
    assert "authorization" not in raw.headers


def test_a_raw_file_on_the_api_host_gets_the_token(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)})
    fetched(make("s3cret"), ID)
    assert [seen.headers.get("authorization") for seen in server.requests] == ["token s3cret"] * 2


def test_a_netrc_is_not_asked_for_credentials(
    make: Callable[..., GitHub], server: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.put(ID, {"large.txt": "x" * (MiB + 1)}, raw_elsewhere=True)
    fetched(make(None, (server.elsewhere,)), ID)
    fetched(make("s3cret", (server.elsewhere,)), ID)
    assert {seen.headers.get("authorization") for seen in server.requests} == {None, "token s3cret"}


@pytest.mark.parametrize(
    "raw_url",
    [
        "http://{elsewhere}/raw/octocat/ID/raw/data",
        "http://gist.githubusercontent.com/octocat/ID/raw/data",
        "http://{host}@{elsewhere}/raw/octocat/ID/raw/data",
        "http://{elsewhere}\\@{host}/raw/octocat/ID/raw/data",
        "http://someone@{host}/raw/octocat/ID/raw/data",
        "//{elsewhere}/raw/data",
        "file:///etc/passwd",
        "http://[::1",
        "",
        None,
        7,
    ],
)
def test_no_other_address_is_asked_for_a_file(github: GitHub, server: GitHubServer, raw_url: Any) -> None:
    if isinstance(raw_url, str):
        raw_url = raw_url.format(host=server.host, elsewhere=server.elsewhere)
    server.fail(200, body=one_file(truncated=True, raw_url=raw_url))
    with pytest.raises(GitHubUnavailable):
        github.gists.fetch(ID)
    assert [seen.path for seen in server.requests] == [f"/gists/{ID}"]


def test_a_raw_host_that_is_not_allowed_is_named(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)}, raw_elsewhere=True)
    with pytest.raises(GitHubUnavailable, match=rf"{server.elsewhere}.*GITHUB_RAW_HOSTS"):
        github.gists.fetch(ID)


def test_a_raw_file_is_not_followed_to_another_host(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)})
    server.fail(302, path="/raw/", headers={"Location": f"http://{server.elsewhere}/raw/octocat/{ID}/raw/large.txt"})
    with pytest.raises(GitHubUnavailable, match="GITHUB_RAW_HOSTS"):
        make("s3cret").gists.fetch(ID)
    assert not any(seen.elsewhere for seen in server.requests)


def test_a_redirect_to_an_allowed_host_is_followed_without_the_token(
    make: Callable[..., GitHub], server: GitHubServer
) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)})
    server.fail(302, path="/raw/", headers={"Location": f"http://{server.elsewhere}/raw/octocat/{ID}/raw/large.txt"})
    gist = fetched(make("s3cret", (server.elsewhere,)), ID)
    assert len(gist.files[0].content) == MiB + 1
    assert [seen.headers.get("authorization") for seen in server.requests] == ["token s3cret", "token s3cret", None]


def test_the_api_is_followed_on_its_own_host_only(make: Callable[..., GitHub], server: GitHubServer) -> None:
    sha = server.put(ID, {"main.py": "print(1)"})
    server.fail(301, headers={"Location": f"/gists/{ID}/{sha}"})
    assert fetched(make("s3cret"), ID).revision == sha
    server.fail(301, headers={"Location": f"http://{server.elsewhere}/gists/{ID}"})
    with pytest.raises(GitHubUnavailable, match="another host"):
        make("s3cret", (server.elsewhere,)).gists.fetch(ID)
    assert not any(seen.elsewhere for seen in server.requests)


def test_redirects_come_to_an_end(github: GitHub, server: GitHubServer) -> None:
    server.fail(302, times=None, headers={"Location": f"/gists/{ID}"})
    with pytest.raises(GitHubUnavailable, match="one address to the next"):
        github.gists.fetch(ID)
    assert len(server.requests) == 4


def test_requests_have_the_headers_that_github_asks_for(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"main.py": ""})
    fetched(github, ID)
    headers = server.requests[0].headers
    assert headers["accept"] == "application/vnd.github+json"
    assert headers["user-agent"] == "gistrun"
    assert headers["x-github-api-version"] == "2022-11-28"
    assert "content-type" not in headers
    assert "authorization" not in headers


def test_an_enterprise_server_answers_below_a_path(clock: Clock) -> None:
    with GitHubServer(prefix="/api/v3", now=clock) as server:
        sha = server.put(ID, {"large.txt": "x" * (MiB + 1)})
        gist = fetched(GitHub(Account(f"{server.url}/"), 8 * MiB, clock), ID)
        assert gist.revision == sha
        assert server.requests[0].path == f"/api/v3/gists/{ID}"
