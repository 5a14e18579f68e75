"""What the API leaves out comes by git: the stand-in speaks git's own smart protocol."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest

from gistrun.errors import BadInput, GitHubLimited, GitHubUnavailable, TooLarge
from gistrun.github import GitHub
from gistrun.model import Gist
from tests.contract.github.answers import ID, ROOT, MiB, fetched, real_now
from tests.github_server import GitHubServer
from tests.servers import wait_until

MANY = {f"{number:03}.py": f"print({number})\n" for number in range(301)}
LARGE = "0123456789abcde\n" * (700 * 1024)  # 11 MiB


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where clones are made; whatever happens, nothing of them is left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.glob("gistrun-clone-*")) == []


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """The real time: deadlines are measured here."""
    return real_now


@pytest.fixture
def github(make: Callable[..., GitHub]) -> GitHub:
    return make(max_bytes=20 * MiB)


def contents(gist: Gist) -> dict[str, bytes]:
    return {file.name: file.content for file in gist.files}


def git_requests(server: GitHubServer) -> list[str]:
    return [f"{seen.method} {seen.path}" for seen in server.requests if seen.path.startswith("/git/")]


# What comes


def test_a_gist_of_more_than_300_files_comes_whole(github: GitHub, server: GitHubServer) -> None:
    sha = server.put(ID, {"zebra.py": "print('first in the list')\n", **MANY})
    gist = fetched(github, ID)
    assert gist.revision == sha
    assert contents(gist) == {
        name: text.encode() for name, text in {"zebra.py": gist.files[0].content.decode(), **MANY}.items()
    }
    assert [file.name for file in gist.files] == ["zebra.py", *MANY]
    assert (gist.files[0].language, gist.files[-1].language) == ("Python", None)


def test_300_files_need_no_git(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, dict(list(MANY.items())[:300]))
    assert len(fetched(github, ID).files) == 300
    assert git_requests(server) == []


def test_a_file_beyond_ten_megabytes_comes_by_git_and_what_it_blanks_too(github: GitHub, server: GitHubServer) -> None:
    files = {"small.py": b"print(1)\n", "large.txt": LARGE.encode(), "binary": bytes(range(256)) * 10}
    server.put(ID, files)
    assert contents(fetched(github, ID)) == files
    assert not any(seen.path.startswith("/raw/") for seen in server.requests)


def test_a_file_of_ten_megabytes_comes_raw(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {"large.txt": "x" * 10_000_000})
    assert fetched(github, ID).files[0].size == 10_000_000
    assert git_requests(server) == []


def test_the_revision_asked_for_comes(github: GitHub, server: GitHubServer) -> None:
    first = server.put(ID, MANY | {"000.py": "print('then')\n"})
    server.put(ID, MANY | {"000.py": "print('now')\n"})
    gist = fetched(github, ID, first)
    assert (gist.revision, contents(gist)["000.py"]) == (first, b"print('then')\n")
    assert contents(fetched(github, ID))["000.py"] == b"print('now')\n"


def test_git_asks_for_one_commit(github: GitHub, server: GitHubServer) -> None:
    sha = server.put(ID, MANY)
    fetched(github, ID)
    asked = [seen.body for seen in server.requests if seen.method == "POST"]
    assert any(f"want {sha}".encode() in body and b"deepen 1" in body for body in asked)


def test_a_symbolic_link_is_the_text_of_its_target(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {**MANY, "passwd": "/etc/passwd"}, modes={"passwd": "120000"})
    assert contents(fetched(github, ID))["passwd"] == b"/etc/passwd"


def test_a_submodule_is_left_out_and_not_fetched(github: GitHub, server: GitHubServer) -> None:
    modules = f'[submodule "sub"]\n\tpath = sub\n\turl = {server.url}/git/other.git\n'
    server.put(ID, {**MANY, ".gitmodules": modules, "sub": "ab" * 20}, modes={"sub": "160000"})
    gist = fetched(github, ID)
    assert "sub" not in contents(gist)
    assert contents(gist)[".gitmodules"] == modules.encode()
    assert not any("other" in request for request in git_requests(server))


def test_large_file_storage_is_not_asked(github: GitHub, server: GitHubServer) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 5\n"
    server.put(ID, {**MANY, "big.bin": pointer, ".gitattributes": "* filter=lfs diff=lfs merge=lfs text eol=crlf\n"})
    gist = fetched(github, ID)
    assert (contents(gist)["big.bin"], contents(gist)["000.py"]) == (pointer.encode(), b"print(0)\n")
    assert {request.split("?")[0].rsplit("/", 1)[1] for request in git_requests(server)} == {"refs", "git-upload-pack"}


IN_GEVENT = """
from gevent import monkey
monkey.patch_all()
import sys
from datetime import UTC, datetime
from gistrun.github import Account, GitHub

gist = GitHub(Account(sys.argv[1]), 2**20, lambda: datetime.now(UTC)).gists.fetch(sys.argv[2])
print(len(gist.files))
"""


def test_git_runs_in_the_web_process_too_which_is_gevents(server: GitHubServer) -> None:
    server.put(ID, MANY)
    command = [sys.executable, "-c", IN_GEVENT, server.url, ID]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout == "301\n"


# What is refused


def test_a_folder_is_refused(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {**MANY, "src": "x"}, modes={"src": "40000"})
    with pytest.raises(BadInput, match="folder 'src'"):
        github.gists.fetch(ID)


def test_a_name_that_only_git_tells_is_checked(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {**MANY, "z\x1b": "x"})
    with pytest.raises(BadInput, match="control character"):
        github.gists.fetch(ID)


def test_what_compresses_well_is_measured_before_it_is_read(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {**MANY, "zeros": b"\0" * (24 * MiB)})
    with pytest.raises(TooLarge, match=r"hold 25,1.* bytes.*up to 20,971,520"):
        github.gists.fetch(ID)


def test_what_does_not_compress_is_not_fetched_whole(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, {**MANY, "noise": random.Random(1).randbytes(6 * MiB)})
    with pytest.raises(TooLarge, match="up to 1,048,576"):
        make(max_bytes=MiB).gists.fetch(ID)


def test_more_files_than_a_sandbox_holds(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, {f"{number}": "" for number in range(10_001)})
    with pytest.raises(TooLarge, match="10,001 files"):
        github.gists.fetch(ID)


# Where it may go, and who is told the token


def test_a_repository_elsewhere_is_not_asked(github: GitHub, server: GitHubServer) -> None:
    server.put(ID, MANY, raw_elsewhere=True)
    with pytest.raises(GitHubUnavailable, match=rf"repository at.*{server.elsewhere}.*GITHUB_RAW_HOSTS"):
        github.gists.fetch(ID)
    assert not any(seen.elsewhere for seen in server.requests)


def test_an_allowed_host_is_asked_without_the_token(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, MANY, raw_elsewhere=True)
    assert len(fetched(make("s3cret", (server.elsewhere,)), ID).files) == 301
    away = [seen for seen in server.requests if seen.elsewhere]
    assert len(away) > 2
    assert not any("authorization" in seen.headers for seen in away)


def test_the_apis_own_host_gets_the_token(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, MANY)
    fetched(make("s3cret"), ID)
    told = {seen.headers["authorization"].split()[0] for seen in server.requests if seen.path.startswith("/git/")}
    assert told == {"token", "Basic"}


def test_a_redirect_elsewhere_is_not_followed(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, MANY)
    away = {"Location": f"http://{server.elsewhere}/git/{ID}.git/info/refs?service=git-upload-pack"}
    server.fail(302, path="/git/", headers=away)
    with pytest.raises(GitHubUnavailable, match="GITHUB_RAW_HOSTS"):
        make("s3cret").gists.fetch(ID)
    assert not any(seen.elsewhere for seen in server.requests)


def test_a_redirect_to_an_allowed_host_is_followed_without_the_token(
    make: Callable[..., GitHub], server: GitHubServer
) -> None:
    server.put(ID, MANY)
    away = {"Location": f"http://{server.elsewhere}/git/{ID}.git/info/refs?service=git-upload-pack"}
    server.fail(302, path="/git/", headers=away)
    assert len(fetched(make("s3cret", (server.elsewhere,)), ID).files) == 301
    assert not any("authorization" in seen.headers for seen in server.requests if seen.elsewhere)


def test_git_itself_follows_no_redirect(make: Callable[..., GitHub], server: GitHubServer) -> None:
    server.put(ID, MANY)
    away = {"Location": f"http://{server.elsewhere}/git/{ID}.git/git-upload-pack"}
    server.fail(307, None, path=f"/git/{ID}.git/git-upload-pack", headers=away)
    with pytest.raises(GitHubUnavailable, match="git could not"):
        make("s3cret").gists.fetch(ID)
    assert not any(seen.elsewhere for seen in server.requests)


def test_nobodys_git_configuration_is_read(
    make: Callable[..., GitHub], server: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text(
        f'[url "http://{server.elsewhere}/"]\n\tinsteadOf = http://{server.host}/\n'
        f"[credential]\n\thelper = !touch {tmp_path}/asked\n[core]\n\thooksPath = {tmp_path}\n"
    )
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password hunter2\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / ".gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'http.extraheader=X-Leak: 1'")
    server.put(ID, MANY)
    assert len(fetched(make(), ID).files) == 301
    assert not any(seen.elsewhere for seen in server.requests)
    assert not any({"authorization", "x-leak"} & seen.headers.keys() for seen in server.requests)
    assert not (tmp_path / "asked").exists()


def test_a_server_that_asks_git_for_a_password_gets_none(
    make: Callable[..., GitHub], server: GitHubServer, tmp_path: Path
) -> None:
    server.put(ID, MANY)
    challenge = {"WWW-Authenticate": 'Basic realm="GitHub"'}
    server.fail(401, None, path=f"/git/{ID}.git/git-upload-pack", headers=challenge)
    with pytest.raises(GitHubUnavailable, match="git could not"):
        make().gists.fetch(ID)


def test_the_token_is_no_argument_and_a_fetch_that_hangs_is_ended(
    make: Callable[..., GitHub], server: GitHubServer, scratch: Path
) -> None:
    server.put(ID, MANY)
    server.fail("hang", None, path=f"/git/{ID}.git/git-upload-pack")
    github = make("s3cret", answer_s=2.0)
    told: list[GitHubUnavailable] = []

    def visit() -> None:
        try:
            github.gists.fetch(ID)
        except GitHubUnavailable as error:
            told.append(error)

    visitor = threading.Thread(target=visit)
    visitor.start()
    while visitor.is_alive() and not any(seen.method == "POST" for seen in server.requests):
        visitor.join(0.01)
    running = processes_in(scratch)
    visitor.join()
    assert any(b"git-upload-pack" in command or b"fetch" in command for command in running.values())
    assert not any(b"s3cret" in command for command in running.values())
    assert "in time" in str(told[0])
    wait_until(lambda: not running.keys() & processes_in(scratch).keys(), 5, "git was not killed")


def processes_in(folder: Path) -> dict[int, bytes]:
    """The command lines of the processes that work in a folder."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(folder):
                found[int(process.name)] = (process / "cmdline").read_bytes()
    return found


# Trouble


@pytest.mark.parametrize("what", [401, 404, 410, 500, 503, "drop", "cut", "garbage"])
def test_a_repository_that_is_not_handed_out(github: GitHub, server: GitHubServer, what: int | str) -> None:
    server.put(ID, MANY)
    server.fail(what, path="/git/")
    with pytest.raises(GitHubUnavailable) as caught:
        github.gists.fetch(ID)
    assert caught.value.retry_after
    assert len(fetched(github, ID).files) == 301


@pytest.mark.parametrize("what", [404, 500, "drop", "cut", "garbage"])
def test_a_fetch_that_breaks_off(github: GitHub, server: GitHubServer, what: int | str) -> None:
    server.put(ID, MANY)
    server.fail(what, None, path=f"/git/{ID}.git/git-upload-pack")
    with pytest.raises(GitHubUnavailable, match="git could not"):
        github.gists.fetch(ID)
    server.heal()
    assert len(fetched(github, ID).files) == 301


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_of_git_is_obeyed_for_what_comes_raw_too(github: GitHub, server: GitHubServer, status: int) -> None:
    server.put(ID, MANY)
    other = "bb" * 16
    server.put(other, {"large.txt": "x" * (2 * MiB)})
    small = "cc" * 16
    server.put(small, {"main.py": ""})
    server.fail(status, path="/git/", headers={"Retry-After": "70"})
    for gist_id in (ID, ID, other):
        with pytest.raises(GitHubLimited, match="slow down") as caught:
            github.gists.fetch(gist_id)
        assert caught.value.retry_after
    assert len(git_requests(server)) == 1
    assert not any(seen.path.startswith("/raw/") for seen in server.requests)
    fetched(github, small)


def test_without_git_it_is_said(
    github: GitHub, server: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(ID, MANY)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitHubUnavailable, match="can install it"):
        github.gists.fetch(ID)


def test_without_room_it_is_said(
    github: GitHub, server: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(ID, MANY)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(GitHubUnavailable, match="temporary files"):
        github.gists.fetch(ID)


def test_a_repository_at_no_address(github: GitHub, server: GitHubServer) -> None:
    for address in (None, "", 7, "file:///etc", "ext::sh -c id", "--upload-pack=id", "http://someone@127.0.0.1/x.git"):
        body = {
            "id": ID,
            "files": {"a": {"content": "a"}},
            "truncated": True,
            "history": [{"version": "ab" * 20}],
            "git_pull_url": address,
        }
        server.fail(200, body=body)
        with pytest.raises(GitHubUnavailable, match="could not be understood"):
            github.gists.fetch(ID)
    assert len(server.requests) == 7
