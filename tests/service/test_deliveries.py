"""Deliveries to the started service: what a worker does with them, and what the server lets through to the receiver."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import socket
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.servers import SECRET, Service, wait_until
from tests.service.test_path import deliver, new_id

PUSH = Path(__file__).resolve().parents[2] / "webhooks" / "gistrun-push"
MAX_BYTES = 2**20


def runs_at(service: Service, gist: str, sha: str) -> dict[str, Any]:
    """The run of that revision, once a worker has done it; nobody asks for the gist meanwhile."""
    latest: dict[str, Any] = {}

    def has_passed() -> bool:
        latest.update(service.get(f"/api/v1/gists/{gist}?sha={sha}").json()["latest_run"] or {})
        return latest.get("state") == "passed"

    wait_until(has_passed, 30)
    return latest


def a_push(repository: str, *changed: str) -> dict[str, Any]:
    return {
        "ref": "refs/heads/main",
        "forced": False,
        "deleted": False,
        "repository": {"full_name": repository, "default_branch": "main"},
        "commits": [{"added": [], "removed": [], "modified": list(changed)}],
    }


def test_a_push_runs_the_changed_gists_whose_badges_the_readme_shows(service: Service, github: Any) -> None:
    one, two = new_id(), new_id()
    repository = f"octocat/{new_id()}"
    for gist in (one, two):
        github.put(gist, {"main.sh": f"echo old {gist}"})
        service.run(gist)
    badges = " ".join(f"![]({service.url}/gist/{gist}/badge.svg)" for gist in (one, two))
    github.put_readme(repository, f"# Hello\n\n{badges}\n")
    newest = {gist: github.put(gist, {"main.sh": f"echo new {gist}"}) for gist in (one, two)}
    assert deliver(service, "push", a_push(repository, "main.c")).json() == {"gists": []}  # nobody has read it yet
    for gist in (one, two):
        assert runs_at(service, gist, newest[gist])["revision"] == newest[gist]
    # From now on it is known, and GitHub is not asked for it.
    github.fail(500, times=None, path=f"/repos/{repository}")
    try:
        sha = github.put(two, {"main.sh": f"echo newer {two}"})
        assert deliver(service, "push", a_push(repository, "main.c")).json() == {"gists": [one, two]}
        assert runs_at(service, two, sha)["revision"] == sha
    finally:
        github.heal()


def test_gistrun_push_has_the_changed_gist_run(service: Service, github: Any, tmp_path: Path) -> None:
    gist = new_id()
    github.put(gist, {"main.sh": "echo old"})
    service.run(gist)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GISTRUN_URL": service.url, "GISTRUN_SECRET": SECRET}

    def git(*arguments: str) -> None:
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@localhost", *arguments]
        subprocess.run(command, cwd=tmp_path, env=environ, check=True, capture_output=True, timeout=30)

    git("init", "--quiet", "--bare", f"{gist}.git")
    git("clone", "--quiet", f"{gist}.git", "clone")
    git("-C", "clone", "commit", "--quiet", "--allow-empty", "--message", "Edit")
    sha = github.put(gist, {"main.sh": "echo new"})  # what GitHub makes of the push
    done = subprocess.run(
        [PUSH, "origin", "HEAD"], cwd=tmp_path / "clone", env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert f"gistrun looks at gist {gist} again." in done.stderr
    assert runs_at(service, gist, sha)["revision"] == sha


# What a server makes of a body before the receiver sees it


def converse(service: Service, sent: bytes) -> bytes:
    """The first bytes answered to these, sent as they are."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=15) as connection:
        with contextlib.suppress(ConnectionError):  # answered and closed before all of it was sent
            connection.sendall(sent)
        connection.settimeout(15)
        try:
            return connection.recv(65_536)
        except ConnectionResetError:
            return b""


def head(body: bytes, *lines: str, signed: bytes | None = None) -> bytes:
    signature = hmac.new(SECRET.encode(), body if signed is None else signed, hashlib.sha256).hexdigest()
    return "\r\n".join(
        [
            "POST /webhooks/github HTTP/1.1",
            "Host: gistrun",
            "Content-Type: application/json",
            "X-GitHub-Event: gist",
            f"X-GitHub-Delivery: {uuid.uuid4()}",
            f"X-Hub-Signature-256: sha256={signature}",
            *lines,
            "",
            "",
        ]
    ).encode()


def chunked(body: bytes, size: int = 2**16) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def padded(size: int) -> bytes:
    body = json.dumps({"action": "updated", "gist": {"id": "0123456789abcdef0123"}}).encode()
    return body + b" " * (size - len(body))


@pytest.mark.parametrize(("size", "status"), [(MAX_BYTES, b"202"), (MAX_BYTES + 1, b"413")])
def test_a_body_may_hold_one_mebibyte_whichever_way_it_comes(service: Service, size: int, status: bytes) -> None:
    body = padded(size)
    with_length = converse(service, head(body, f"Content-Length: {size}") + body)
    in_chunks = converse(service, head(body, "Transfer-Encoding: chunked") + chunked(body))
    assert (with_length.split()[1], in_chunks.split()[1]) == (status, status)


def test_a_length_too_large_is_refused_before_the_body_is_sent(service: Service) -> None:
    answer = converse(service, head(b"", f"Content-Length: {2**40}"))
    assert answer.split()[1] == b"413"


def test_chunks_without_end_are_refused_after_a_mebibyte(service: Service) -> None:
    never_ending = chunked(padded(2 * MAX_BYTES)).removesuffix(b"0\r\n\r\n")
    assert converse(service, head(b"", "Transfer-Encoding: chunked") + never_ending).split()[1] == b"413"


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 10"],
        ["Content-Length: 0"],
        [],
        ["Content-Length: -1"],
        ["Content-Length: x"],
        ["Content-Length: 10", "Content-Length: 1048577"],
        ["Content-Length: 10", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked, identity"],
    ],
    ids=" ".join,
)
def test_a_length_that_lies_gets_nothing_accepted(service: Service, lines: list[str]) -> None:
    body = padded(MAX_BYTES + 1)
    answer = converse(service, head(body, *lines) + body)
    assert not answer or answer.split()[1] in (b"400", b"401", b"413", b"501"), answer[:200]


def test_a_body_that_ends_early_is_refused(service: Service) -> None:
    body = padded(1000)
    with socket.create_connection(("127.0.0.1", service.port), timeout=15) as connection:
        connection.sendall(head(body, "Content-Length: 2000") + body)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65_536).split()[1] == b"400"
