"""Every file comes whole, and never more than the cap."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from gistrun.errors import GitHubUnavailable, NotFound, TooLarge
from gistrun.github import GitHub
from tests.contract.github.answers import ID, MiB, body, fetched, one_file
from tests.github_server import GitHubServer


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
        github.gists.fetch(ID)


@pytest.mark.parametrize("status", [403, 404, 429, 500])
def test_a_raw_file_that_is_refused(github: GitHub, server: GitHubServer, status: int) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)})
    server.fail(status, path="/raw/", headers={"Retry-After": "7"})
    with pytest.raises(GitHubUnavailable) as caught:
        github.gists.fetch(ID)
    assert caught.value.retry_after == (7 if status in (403, 429) else 30)


def test_a_gist_beyond_the_cap_is_refused_before_its_raw_files_are_fetched(
    make: Callable[..., GitHub], server: GitHubServer
) -> None:
    server.put(ID, {"large.txt": "x" * (2 * MiB)})
    with pytest.raises(TooLarge, match=r"hold 2,097,152 bytes.*up to 1,048,576 bytes.*GISTRUN_GIST_SIZE"):
        make(max_bytes=MiB).gists.fetch(ID)
    assert [seen.path for seen in server.requests] == [f"/gists/{ID}"]
    assert len(fetched(make(max_bytes=2 * MiB), ID).files[0].content) == 2 * MiB


def test_the_cap_is_for_all_files_together(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, {"a": "x" * 600, "b": "x" * 600})
    with pytest.raises(TooLarge):
        make(max_bytes=1000).gists.fetch(ID)
    lies = {name: {"content": "x" * 600, "size": 1} for name in "ab"}
    server.fail(200, body=body(files=lies))
    with pytest.raises(TooLarge):
        make(max_bytes=1000).gists.fetch(ID)


def test_a_raw_file_without_end_is_read_up_to_the_cap(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, {"large.txt": "x" * (MiB + 1)})
    server.fail("flood", path="/raw/")
    with pytest.raises(TooLarge):
        make(max_bytes=2 * MiB).gists.fetch(ID)


def test_an_answer_without_end_is_read_up_to_a_cap(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.fail("flood")
    with pytest.raises(TooLarge):
        make(max_bytes=MiB).gists.fetch(ID)


def test_an_error_larger_than_any_error_is_not_read(github: GitHub, server: GitHubServer) -> None:
    server.fail(404, body=b"x" * MiB)
    with pytest.raises(NotFound):
        github.gists.fetch(ID)
