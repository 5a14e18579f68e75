"""The adapter against the stand-in: every rule of `GitHub.fetch`."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gistrun.errors import (
    BadInput,
    GistrunError,
    GitHubLimited,
    GitHubUnauthorized,
    GitHubUnavailable,
    Gone,
    NotFound,
    TooLarge,
)
from gistrun.github import GitHub
from gistrun.model import Gist
from tests.github_server import GitHubServer

ID = "aa5a315d61ae9438b18d0123456789ab"
ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("GISTRUN_SHARED", ROOT.parent / "shared"))
MiB = 2**20


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
        yield server


@pytest.fixture
def make(server: GitHubServer, clock: Clock) -> Callable[..., GitHub]:
    def make(
        token: str | None = None, raw_hosts: tuple[str, ...] = (), max_bytes: int = 8 * MiB, **more: Any
    ) -> GitHub:
        api_url = more.pop("api_url", server.url)
        now = more.pop("now", clock)
        return GitHub(api_url, token, raw_hosts, max_bytes, now, **more)

    return make


@pytest.fixture
def github(make: Callable[..., GitHub]) -> GitHub:
    return make()


def real_now() -> datetime:
    return datetime.now(UTC)


def body(**fields: Any) -> dict[str, Any]:
    """A gist as small as can be, for answers that the stand-in would not make."""
    files = {"main.py": {"filename": "main.py", "truncated": False, "content": "print(1)\n"}}
    return {"id": ID, "public": True, "files": files, "history": [{"user": None, "version": "ab" * 20}], **fields}


def one_file(**fields: Any) -> dict[str, Any]:
    return body(files={"data": {"filename": "data", "content": "", "truncated": False, **fields}})


REFUSED = {"gist_10mb": TooLarge} | dict.fromkeys(
    ("gist_absolute", "gist_html_names", "gist_long_name", "gist_nul_newline", "gist_traversal"), BadInput
)


def fetched(github: GitHub, *args: Any) -> Gist:
    gist = github.fetch(*args)
    assert gist is not None
    return gist


# What a gist is


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
    assert (gist.owner, gist.description, gist.public, gist.notice) == ("monalisa", "Zwei", True, None)
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


# Conditional requests


def test_an_etag_that_still_matches_gives_none_and_is_free(make: Callable[..., GitHub], server: GitHubServer) -> None:
    github = make("s3cret")
    server.put(ID, {"main.py": "print(1)"})
    etag = fetched(github, ID).etag
    before = github.budget()
    assert github.fetch(ID, etag=etag) is None
    assert server.requests[-1].headers["if-none-match"] == etag
    assert github.budget() == before


def test_an_etag_that_no_longer_matches_gives_the_new_state(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"main.py": "print(1)"})
    etag = fetched(github, ID).etag
    sha = server.put(ID, {"main.py": "print(2)"})
    gist = fetched(github, ID, None, etag)
    assert gist.revision == sha
    assert gist.etag != etag


def test_a_gist_that_turns_secret_or_changes_hands_is_told_at_the_same_revision(
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
        github.fetch(ID)


# Files that are not in the answer


def test_every_truncated_file_is_fetched_whole(github: GitHub, server: GitHubServer) -> None:
    files = {"small.txt": "small\n", "large.txt": "0123456789abcde\n" * 70_000, "blanked.py": "print('here')\n"}
    server.put(ID, files)
    gist = fetched(github, ID)
    assert {file.name: file.content.decode() for file in gist.files} == files
    assert [seen.path.rsplit("/", 1)[1] for seen in server.requests] == [ID, "large.txt", "blanked.py"]


def test_a_pinned_revision_has_the_large_file_of_its_time(github: GitHub, server: GitHubServer) -> None:
    first = server.put(ID, {"large.txt": "1" * (MiB + 1)})
    server.put(ID, {"large.txt": "2" * (MiB + 1)})
    assert fetched(github, ID, first).files[0].content == b"1" * (MiB + 1)


def test_base64_is_decoded(github: GitHub, server: GitHubServer) -> None:
    data = bytes(range(256))
    server.put(ID, {"data.bin": data})
    assert fetched(github, ID).files[0].content == data
    server.fail(200, body=one_file(content=base64.encodebytes(data).decode(), encoding="base64"))
    assert fetched(github, ID).files[0].content == data


def test_bytes_that_json_could_not_hold_are_fetched_raw(github: GitHub, server: GitHubServer) -> None:
    data = b"caf\xe9\n"
    server.put(ID, {"latin1.txt": data})
    raw_url = f"http://{server.host}/raw/octocat/{ID}/raw/latin1.txt"
    server.fail(200, body=one_file(content="caf\ufffd\n", size=len(data), raw_url=raw_url))
    assert fetched(github, ID).files[0].content == data


def test_a_raw_file_that_comes_short_is_not_taken_for_the_file(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)})
    server.fail(200, path="/raw/", body=b"x")
    with pytest.raises(GitHubUnavailable, match="shorter"):
        github.fetch(ID)


@pytest.mark.parametrize("status", [403, 404, 429, 500])
def test_a_raw_file_that_is_refused(github: GitHub, server: GitHubServer, status: int) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)})
    server.fail(status, path="/raw/", headers={"Retry-After": "7"})
    with pytest.raises(GitHubUnavailable) as caught:
        github.fetch(ID)
    assert caught.value.retry_after == (7 if status in (403, 429) else 30)


# Caps


def test_a_gist_beyond_the_cap_is_refused_before_its_raw_files_are_fetched(
    make: Callable[..., GitHub], server: GitHubServer
) -> None:
    server.put(ID, {"large.txt": "x" * (2 * MiB)})
    with pytest.raises(TooLarge, match=r"hold 2,097,152 bytes.*up to 1,048,576 bytes.*GISTRUN_GIST_SIZE"):
        make(max_bytes=MiB).fetch(ID)
    assert [seen.path for seen in server.requests] == [f"/gists/{ID}"]
    assert len(fetched(make(max_bytes=2 * MiB), ID).files[0].content) == 2 * MiB


def test_the_cap_is_for_all_files_together(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, {"a": "x" * 600, "b": "x" * 600})
    with pytest.raises(TooLarge):
        make(max_bytes=1000).fetch(ID)
    lies = {name: {"content": "x" * 600, "size": 1} for name in "ab"}
    server.fail(200, body=body(files=lies))
    with pytest.raises(TooLarge):
        make(max_bytes=1000).fetch(ID)


def test_a_raw_file_without_end_is_read_up_to_the_cap(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)})
    server.fail("flood", path="/raw/")
    with pytest.raises(TooLarge):
        make(max_bytes=2 * MiB).fetch(ID)


def test_an_answer_without_end_is_read_up_to_a_cap(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.fail("flood")
    with pytest.raises(TooLarge):
        make(max_bytes=MiB).fetch(ID)


def test_an_error_larger_than_any_error_is_not_read(github: GitHub, server: GitHubServer) -> None:
    server.fail(404, body=b"x" * MiB)
    with pytest.raises(NotFound):
        github.fetch(ID)


# Hosts, and the token


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
        github.fetch(ID)
    assert [seen.path for seen in server.requests] == [f"/gists/{ID}"]


def test_a_raw_host_that_is_not_allowed_is_named(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)}, raw_elsewhere=True)
    with pytest.raises(GitHubUnavailable, match=rf"{server.elsewhere}.*GITHUB_RAW_HOSTS"):
        github.fetch(ID)


def test_a_raw_file_is_not_followed_to_another_host(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)})
    server.fail(302, path="/raw/", headers={"Location": f"http://{server.elsewhere}/raw/octocat/{ID}/raw/large.txt"})
    with pytest.raises(GitHubUnavailable, match="GITHUB_RAW_HOSTS"):
        make("s3cret").fetch(ID)
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
        make("s3cret", (server.elsewhere,)).fetch(ID)
    assert not any(seen.elsewhere for seen in server.requests)


def test_redirects_come_to_an_end(github: GitHub, server: GitHubServer) -> None:
    server.fail(302, times=None, headers={"Location": f"/gists/{ID}"})
    with pytest.raises(GitHubUnavailable, match="one address to the next"):
        github.fetch(ID)
    assert len(server.requests) == 4


def test_what_github_asks_of_its_clients_is_sent(github: GitHub, server: GitHubServer) -> None:
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
        gist = fetched(GitHub(f"{server.url}/", None, (), 8 * MiB, clock), ID)
        assert gist.revision == sha
        assert server.requests[0].path == f"/api/v3/gists/{ID}"


# Input


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "..",
        "../user",
        "a/b",
        "a?b",
        "a b",
        "xyz",
        "abc",
        "a" * 19,
        "a" * 41,
        "g" * 20,
        "%2e%2e",
        f"{ID}\n",
        "é",
        "１２",
    ],
)
def test_an_id_or_revision_of_another_form_is_not_asked_for(github: GitHub, server: GitHubServer, bad: str) -> None:
    with pytest.raises(BadInput, match="not the id of a gist"):
        github.fetch(bad)
    with pytest.raises(BadInput, match="not a revision"):
        github.fetch(ID, bad)
    assert server.requests == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "names no file"),
        (".", "names no file"),
        ("..", "names no file"),
        ("../../escape.py", "a slash"),
        ("/etc/cron.d/evil", "a slash"),
        ("a\0b.py", "a control character"),
        ("a\nb.py", "a control character"),
        ("a\r\nSet-Cookie: x=1.py", "a control character"),
        ("\x1b[2J.py", "a control character"),
        ("a\x85b", "a control character"),
        ("a\u2028b", "a control character"),
        ("half \ud83d", "a control character"),
        ("n" * 256, "255 bytes"),
        ("😀" * 64, "255 bytes"),
    ],
)
def test_a_name_that_no_sandbox_can_hold_is_refused(
    github: GitHub, server: GitHubServer, name: str, reason: str
) -> None:
    server.fail(200, body=body(files={"main.py": {"content": "1"}, name: {"content": "x"}}))
    with pytest.raises(BadInput, match=reason) as caught:
        github.fetch(ID)
    sentence = str(caught.value)
    assert sentence.isascii()
    assert sentence.isprintable()
    assert len(sentence) < 1200


@pytest.mark.parametrize(
    "name",
    [
        "-rf",
        "--help.py",
        "*",
        "$(touch pwned).py",
        "\\\\host\\share",
        "C:\\evil.py",
        "a b 'c\" d.py",
        "<img>",
        "n" * 255,
        "\u202egpj.exe.py",
        "…",
        " ",
        "😀" * 63,
        "gist.json",
    ],
)
def test_an_odd_name_is_a_name(github: GitHub, server: GitHubServer, name: str) -> None:
    server.put(ID, {name: "x" * (MiB + 1)})
    file = fetched(github, ID).files[0]
    assert (file.name, file.size) == (name, MiB + 1)


def test_half_characters_are_replaced(github: GitHub, server: GitHubServer) -> None:
    files = {"main.py": {"content": "print('\ud83d')", "language": "\udc00"}}
    server.fail(200, body=body(files=files, description="\ud800!", owner={"login": "a\udfff"}))
    gist = fetched(github, ID)
    assert gist.files[0].content.decode() == "print('\ufffd')"
    assert (gist.files[0].language, gist.description, gist.owner) == ("\ufffd", "\ufffd!", "a\ufffd")


@pytest.mark.parametrize(
    "case", sorted(SHARED.glob("hostile/gist_*/gist.json")) or [None], ids=lambda path: path and path.parent.name
)
def test_the_hostile_gists(make: Callable[..., GitHub], server: GitHubServer, case: Path | None) -> None:
    """Refused with a sentence, or taken as it is; never anything else."""
    if case is None:
        pytest.skip("no ../shared/hostile beside the repository")
    files = json.loads(case.read_text())["files"]
    for file in files.values():
        if "repeat" in file:
            text, times = file.pop("repeat")
            file["content"] = text * times
    server.put(ID, {name: file["content"] for name, file in files.items()})
    max_bytes = 8 * MiB if case.parent.name == "gist_10mb" else 64 * MiB
    if expected := REFUSED.get(case.parent.name):
        with pytest.raises(expected) as caught:
            make(max_bytes=max_bytes).fetch(ID)
        assert str(caught.value).isprintable()
    else:
        gist = fetched(make(max_bytes=max_bytes), ID)
        assert {file.name: file.content.decode() for file in gist.files} == {
            name: file["content"] for name, file in files.items()
        }


# Errors


def test_an_unknown_gist_and_an_unknown_revision(github: GitHub, server: GitHubServer) -> None:
    with pytest.raises(NotFound, match=f"gist {ID}"):
        github.fetch(ID)
    server.put(ID, {"main.py": ""})
    with pytest.raises(NotFound, match=f"revision {'0' * 40} of gist {ID}"):
        github.fetch(ID, "0" * 40)
    server.delete(ID)
    with pytest.raises(NotFound):
        github.fetch(ID)


@pytest.mark.parametrize("status", [404, 409, 422])
def test_statuses_that_mean_there_is_none(github: GitHub, server: GitHubServer, status: int) -> None:
    server.fail(status)
    with pytest.raises(NotFound) as caught:
        github.fetch(ID)
    assert not isinstance(caught.value, Gone)


def test_a_gist_that_was_there_and_is_deleted_is_gone(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"main.py": ""})
    etag = fetched(github, ID).etag
    server.delete(ID)
    with pytest.raises(Gone, match="no more") as caught:
        github.fetch(ID, etag=etag)
    assert not caught.value.taken_down
    with pytest.raises(NotFound) as unknown:
        github.fetch(ID)
    assert not isinstance(unknown.value, Gone)


def test_a_revision_that_there_is_not_says_nothing_of_the_gist(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"main.py": ""})
    with pytest.raises(NotFound) as caught:
        github.fetch(ID, "0" * 40, '"etag"')
    assert not isinstance(caught.value, Gone)


@pytest.mark.parametrize(("status", "taken_down"), [(410, False), (451, True), (403, True)])
def test_a_gist_that_github_took_down_is_gone(
    github: GitHub, server: GitHubServer, status: int, taken_down: bool
) -> None:
    server.put(ID, {"main.py": ""})
    server.take_down(ID, status)
    with pytest.raises(Gone) as caught:
        github.fetch(ID)
    assert caught.value.taken_down is taken_down
    assert caught.value.status == 404


def test_a_token_that_is_refused(make: Callable[..., GitHub], clock: Clock) -> None:
    with GitHubServer(token="good", now=clock) as server:
        server.put(ID, {"main.py": ""})
        with pytest.raises(GitHubUnauthorized, match="GITHUB_TOKEN") as caught:
            make("bad", api_url=server.url).fetch(ID)
        assert caught.value.retry_after
        assert "bad" not in str(caught.value)
        fetched(make("good", api_url=server.url), ID)
        server.fail(401)
        with pytest.raises(GitHubUnavailable, match="must set GITHUB_TOKEN"):
            make(api_url=server.url).fetch(ID)


def test_a_403_without_a_limit_says_why(github: GitHub, server: GitHubServer) -> None:
    server.fail(403, body={"message": "Resource protected by <b>organization</b>\n SAML enforcement."})
    with pytest.raises(GitHubUnauthorized, match="SAML") as caught:
        github.fetch(ID)
    assert "\n" not in str(caught.value)
    server.put(ID, {"main.py": ""})
    fetched(github, ID)  # it is no limit, so GitHub is asked again


@pytest.mark.parametrize("what", [500, 502, 503, 504, "drop", "cut", "garbage", 204, 418])
def test_trouble_at_github_is_told_and_over_with_the_next_request(
    github: GitHub, server: GitHubServer, what: int | str
) -> None:
    server.put(ID, {"main.py": ""})
    server.fail(what, body=b"" if what == 204 else None)
    with pytest.raises(GitHubUnavailable) as caught:
        github.fetch(ID)
    assert caught.value.retry_after
    assert str(caught.value).endswith(".")
    fetched(github, ID)


def test_trouble_that_says_how_long_it_lasts(github: GitHub, server: GitHubServer) -> None:
    server.fail(503, headers={"Retry-After": "120"})
    with pytest.raises(GitHubUnavailable, match="in 2 minutes") as caught:
        github.fetch(ID)
    assert caught.value.retry_after == 120


@pytest.mark.parametrize("what", ["drop", "cut"])
def test_trouble_in_the_middle_of_a_raw_file(github: GitHub, server: GitHubServer, what: str) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)})
    server.fail(what, path="/raw/")
    with pytest.raises(GitHubUnavailable):
        github.fetch(ID)
    fetched(github, ID)


def test_a_server_that_hangs_is_given_up(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, {"main.py": ""})
    server.fail("hang")
    github = make(timeout_s=0.2)
    with pytest.raises(GitHubUnavailable, match="in time"):
        github.fetch(ID)
    fetched(make(), ID)


def test_a_server_that_sends_a_byte_now_and_then_is_given_up(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.fail("drip")
    with pytest.raises(GitHubUnavailable, match="in time"):
        make(patience_s=0.3, now=real_now).fetch(ID)


def test_nobody_there(make: Callable[..., GitHub]) -> None:
    with GitHubServer() as gone:
        pass
    with pytest.raises(GitHubUnavailable, match="cannot be reached") as caught:
        make(api_url=gone.url).fetch(ID)
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
        github.fetch(ID)
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
def test_whatever_github_says_there_is_a_gist_or_a_sentence(
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


# Limits


def test_out_of_quota_github_is_not_asked_until_the_reset(github: GitHub, server: GitHubServer, clock: Clock) -> None:
    server.put(ID, {"main.py": ""})
    server.limit(0, reset_in=600)
    for _ in range(3):
        with pytest.raises(GitHubUnavailable, match=r"limit of 60 requests.*GITHUB_TOKEN.*in 10 minutes") as caught:
            github.fetch(ID)
        assert caught.value.retry_after == 600
    assert len(server.requests) == 1
    clock.sleep(560)
    with pytest.raises(GitHubUnavailable, match="in 40 seconds"):
        github.fetch(ID)
    clock.sleep(41)
    fetched(github, ID)


def test_the_last_request_of_the_quota_closes_the_door(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"main.py": ""})
    server.limit(1)
    fetched(github, ID)
    with pytest.raises(GitHubUnavailable):
        github.fetch(ID)
    assert len(server.requests) == 1


def test_with_a_token_no_token_is_recommended(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.limit(0)
    with pytest.raises(GitHubLimited, match="limit of 5,000") as caught:
        make("s3cret").fetch(ID)
    assert "GITHUB_TOKEN" not in str(caught.value)


@pytest.mark.parametrize("status", [403, 429])
def test_a_secondary_limit_is_obeyed(github: GitHub, server: GitHubServer, clock: Clock, status: int) -> None:
    server.put(ID, {"main.py": ""})
    server.secondary_limit(status, retry_after="8")
    for _ in range(2):
        with pytest.raises(GitHubLimited, match="slow down") as caught:
            github.fetch(ID)
        assert caught.value.retry_after == 8
    assert len(server.requests) == 1
    clock.sleep(8)
    fetched(github, ID)


@pytest.mark.parametrize("status", [403, 429])
def test_a_secondary_limit_without_retry_after_holds_a_minute(
    github: GitHub, server: GitHubServer, clock: Clock, status: int
) -> None:
    server.put(ID, {"main.py": ""})
    server.secondary_limit(status, retry_after=None)
    with pytest.raises(GitHubUnavailable) as caught:
        github.fetch(ID)
    assert caught.value.retry_after == 60
    clock.sleep(59)
    with pytest.raises(GitHubUnavailable):
        github.fetch(ID)
    clock.sleep(1)
    fetched(github, ID)


@pytest.mark.parametrize(("after", "expected"), [(90, 90), (-5, 1), (10**6, 3600)])
def test_retry_after_may_be_a_date(
    github: GitHub, server: GitHubServer, clock: Clock, after: int, expected: int
) -> None:
    server.secondary_limit(retry_after=format_datetime(clock() + timedelta(seconds=after), usegmt=True))
    with pytest.raises(GitHubUnavailable) as caught:
        github.fetch(ID)
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
        github.fetch(ID)
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
    clock.sleep(101)
    assert github.budget() is None


# One at a time


def test_requests_are_made_one_after_the_other(make: Callable[..., GitHub], server: GitHubServer) -> None:
    """While one visitor's request hangs, a second one waits, and is told when it has waited long enough."""
    server.fail("hang", times=None)
    github = make(timeout_s=5, queue_s=0.2)

    def visit() -> None:
        with suppress(GitHubUnavailable):
            github.fetch(ID)

    first = threading.Thread(target=visit)
    first.start()
    while not server.requests:
        first.join(0.01)
    with pytest.raises(GitHubUnavailable, match="others are waiting") as caught:
        github.fetch(ID)
    assert caught.value.retry_after
    assert len(server.requests) == 1
    server.stop()  # lets the first one go
    first.join()


# A README


def test_a_readme_comes_as_text_and_conditionally(make: Callable[..., GitHub], server: GitHubServer) -> None:
    github = make("s3cret")
    server.put_readme("octocat/Hello-World", b"# Hi \xff\n")
    answer = github.readme("octocat", "Hello-World")
    assert answer is not None
    text, etag = answer
    assert text == "# Hi \ufffd\n"
    assert github.readme("octocat", "Hello-World", etag) is None
    server.put_readme("octocat/Hello-World", "new")
    again = github.readme("octocat", "Hello-World", etag)
    assert again is not None
    assert again[0] == "new"
    assert [seen.headers["accept"] for seen in server.requests] == ["application/vnd.github.raw+json"] * 3


def test_a_readme_that_there_is_not_or_that_is_too_large(github: GitHub, server: GitHubServer) -> None:
    with pytest.raises(NotFound, match="README of octocat/gone"):
        github.readme("octocat", "gone")
    server.put_readme("octocat/large", "x" * (MiB + 1))
    with pytest.raises(TooLarge, match="README of octocat/large"):
        github.readme("octocat", "large")
    server.fail(500, path="/repos/")
    with pytest.raises(GitHubUnavailable):
        github.readme("octocat", "large")
    asked = len(server.requests)
    for owner, name in [("..", "x"), ("x", ".."), ("a/b", "x"), ("x", "a?b"), ("", "x"), ("x", "é"), ("x", "a\n")]:
        with pytest.raises(BadInput, match="name of a repository"):
            github.readme(owner, name)
    assert len(server.requests) == asked
