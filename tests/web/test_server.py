"""Long addresses and what is no request, through the server as it is started."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress

import gevent
import pytest
import requests

from gistrun.processes.server import LONGEST_REQUEST_LINE, BodyReader
from gistrun.processes.web import server
from gistrun.store import Store, connect
from tests.servers import free_port, wait_until
from tests.web.conftest import GIST, World, a_gist

LONG = "x" * 30_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[str]:
    """The address of a started server, whose GitHub does not answer. It serves every test of this module."""
    port = free_port()
    environment = os.environ | {
        "GISTRUN_DATA": str(tmp_path_factory.mktemp("site")),
        "REDIS_URL": redis_url,
        "GITHUB_API_URL": f"http://127.0.0.1:{free_port()}",
    }
    process = subprocess.Popen(server("127.0.0.1", port), env=environment)
    address = f"http://127.0.0.1:{port}"

    def is_up() -> bool:
        try:
            return requests.get(f"{address}/healthz", timeout=5).ok
        except (requests.ConnectionError, requests.Timeout):
            return False

    try:
        wait_until(is_up)
        yield address
    finally:
        process.terminate()
        process.wait()


def test_a_long_address_is_answered_in_the_form_that_was_asked_for(site: str) -> None:
    badge = requests.get(f"{site}/gist/{GIST}/badge.svg?label={LONG}", timeout=20)
    assert (badge.status_code, badge.headers["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    assert "xxx…" in badge.text
    assert len(badge.text) < 2_000
    api = requests.get(f"{site}/api/v1/runs/{LONG}", timeout=20)
    assert (api.status_code, api.headers["Content-Type"]) == (404, "application/problem+json")
    page = requests.get(f"{site}/gist/{LONG}", timeout=20)
    assert page.status_code == 400
    assert "gistrun.css" in page.text


@pytest.mark.parametrize("length", [LONGEST_REQUEST_LINE - 30, LONGEST_REQUEST_LINE, 70_000, 2**21])
def test_an_address_that_is_too_long_is_refused_in_the_form_that_was_asked_for(site: str, length: int) -> None:
    def get(path: str) -> requests.Response:
        return requests.get(site + (path + "?x=").ljust(length, "x"), timeout=20)

    svg, endpoint = get(f"/gist/{GIST}/badge.svg"), get(f"/gist/{GIST}/badge.json")
    assert (svg.status_code, svg.headers["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    assert "gistrun: not found" in svg.text
    assert (endpoint.status_code, endpoint.json()["message"]) == (200, "not found")
    api = get(f"/api/v1/gists/{GIST}")
    assert (api.status_code, api.headers["Content-Type"]) == (414, "application/problem+json")
    assert (api.json()["status"], api.headers["Access-Control-Allow-Origin"]) == (414, "*")
    text = get(f"/gist/{GIST}/output.txt")
    assert (text.status_code, text.headers["Content-Type"]) == (414, "text/plain; charset=utf-8")
    assert text.text.startswith("The address is longer than 65,472 characters.")
    for path in ("/", f"/gist/{GIST}", "/octocat/" + "x" * 70_000):
        page = get(path)
        assert (page.status_code, page.headers["Content-Type"]) == (414, "text/html; charset=utf-8")
        assert "gistrun.css" in page.text
        assert "The address is longer than 65,472 characters." in page.text


@pytest.mark.parametrize(
    ("method", "behind"),
    [
        ("GET", "Host: x\r\nConnection: keep-alive\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("POST", "Host: x\r\nContent-Length: 2\r\n\r\n{}"),
        ("HEAD", "Host: x\r\n\r\n"),
        ("OPTIONS", "Host: x\r\n\r\n"),
    ],
)
def test_the_connection_closes_after_an_address_that_is_too_long(site: str, method: str, behind: str) -> None:
    answer = exchange(site, f"{method} /api/v1/gists/{GIST}/runs?{'x' * 70_000} HTTP/1.1\r\n{behind}".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 414 ")
    assert b"connection: close" in head.lower()
    assert answer.count(b"HTTP/1.1 ") == 1
    assert (body == b"") == (method == "HEAD")


def test_a_first_line_without_end_is_refused_before_it_has_ended(site: str) -> None:
    answer = exchange(site, b"GET /gist/x/output.txt?", b"x" * 2**16, count=200)
    assert answer.startswith(b"HTTP/1.1 414 ")
    assert b"text/plain" in answer


def test_a_long_line_that_is_no_request_is_refused(site: str) -> None:
    for line in (b"x" * 70_000, b"GET /", b"GET / " + b"x" * 70_000, b"GET" + b" " * 70_000 + b"/ HTTP/1.1"):
        assert exchange(site, line + b"\r\n\r\n").startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("header", "status"), [("X: " + "x" * 10_000, 431), ("X: \0", 400), ("a b: c", 400), ("Content-Length: x", 400)]
)
def test_refused_headers_are_answered_in_the_form_that_was_asked_for(site: str, header: str, status: int) -> None:
    def get(path: str) -> tuple[bytes, bytes]:
        head, _, body = exchange(site, f"GET {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode()).partition(
            b"\r\n\r\n"
        )
        assert b"connection: close" in head.lower()
        return head, body

    head, body = get(f"/gist/{GIST}/badge.svg")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"gistrun: not found" in body
    for path, content_type in (
        ("/api/v1/languages", b"application/problem+json"),
        (f"/gist/{GIST}/output.txt", b"text/plain"),
    ):
        head, body = get(path)
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert b"Content-Type: " + content_type in head
    head, body = get("/")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"gistrun.css" in body


@pytest.mark.parametrize(
    ("before", "behind", "status"),
    [
        ("GET ", " y HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET ", " HTTP/3.7\r\nHost: x\r\n\r\n", 400),
        ("GET ", "\r\nHost: x\r\n\r\n", 400),
        ("GET ", " HTTP/1.1\nHost: x\n\n", 400),
        ("get ", " HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET  ", " HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET ", " HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", 400),
        ("GET ", " HTTP/1.1\r\nHost: x\r\nExpect: the impossible\r\n\r\n", 417),
        ("GET ", " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: odd\r\n\r\n", 501),
    ],
)
def test_what_is_no_request_is_refused_in_the_form_that_was_asked_for(
    site: str, before: str, behind: str, status: int
) -> None:
    for path, content_type, told in (
        (f"/gist/{GIST}/badge.svg", b"image/svg+xml", 200),
        ("/api/v1/languages", b"application/problem+json", status),
        (f"/gist/{GIST}/output.txt", b"text/plain", status),
        ("/", b"text/html; charset=utf-8", status),
    ):
        answer = exchange(site, f"{before}{path}{behind}".encode())
        assert answer.startswith(b"HTTP/1.1 %d " % told), answer
        assert b"Content-Type: " + content_type in answer
        assert b"connection: close" in answer.lower()
        assert answer.count(b"HTTP/1.1 ") == 1


BODIES = [
    ("Transfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: chunked", "-2\r\n{}\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: chunked", "0x2\r\n{}\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: chunked", "2\r\n{}0\r\n\r\n", 400),
    ("Transfer-Encoding: chunked", "2;a\n\r\n{}\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: chunked", "2\r\n{}\r\n0\r\nX y\r\n\r\n", 400),
    ("Transfer-Encoding: gzip, chunked", "0\r\n\r\n", 501),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n", 400),
    ("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n", 400),
    ("Transfer-Encoding : chunked", "0\r\n\r\n", 400),
    ("Content-Length: 2\r\nContent-Length: 3", "{} ", 400),
    ("Content-Length: +2", "{}", 400),
    ("Content-Length: 0x2", "{}", 400),
    ("Content-Length: 1_0", "{}        ", 400),
    ("Content-Length: 99999999999999999999", "{}", 413),
]


def test_a_body_without_a_clear_end_is_refused_and_nothing_behind_it_is_read(site: str) -> None:
    behind = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    for headers, body, status in BODIES:
        for line, told in ((f"POST /api/v1/gists/{GIST}/runs", status), (f"GET /gist/{GIST}/badge.svg", 200)):
            answer = exchange(site, f"{line} HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n{body}{behind}".encode())
            assert answer.startswith(b"HTTP/1.1 %d " % told), (headers, body)
            assert answer.count(b"HTTP/1.1 ") == 1, (headers, body)
            assert (b"Content-Type: application/problem+json" in answer) == (told != 200)


def test_a_body_that_is_cut_off_is_refused(site: str) -> None:
    host, _, port = site.removeprefix("http://").partition(":")
    for headers, body in (("Content-Length: 10", b"{}"), ("Transfer-Encoding: chunked", b"ffff\r\n{}")):
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            head = f"POST /api/v1/gists/{GIST}/runs HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n"
            connection.sendall(head.encode() + body)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(2**16).startswith(b"HTTP/1.1 400 ")


def test_a_head_that_does_not_come_is_given_up_with_an_answer(site: str) -> None:
    host, _, port = site.removeprefix("http://").partition(":")
    connections = []
    unknown = f"GET /gist/{'d' * 20}/output.txt"
    for sent in (f"{unknown} HTTP/1.1\r\nHost: x\r\nX: y", unknown):
        connections.append(socket.create_connection((host, int(port)), timeout=30))
        connections[-1].sendall(sent.encode())
    time.sleep(4)  # longer than a connection may be silent
    connections[-1].sendall(b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert connections[1].recv(2**16).startswith(b"HTTP/1.1 503 ")  # its GitHub does not answer
    late = connections[0].recv(2**16)
    assert late.startswith(b"HTTP/1.1 408 ")
    assert b"text/plain" in late
    silent = socket.create_connection((host, int(port)), timeout=30)
    assert silent.recv(1) == b""
    for connection in (*connections, silent):
        connection.close()


def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        def read(self, size: int) -> bytes:
            gevent.sleep(60)
            return b""

    monkeypatch.setattr("gistrun.processes.server._BODY_S", 0.01)
    with pytest.raises(OSError, match="no end"):
        BodyReader(Slow()).read(1)


def test_a_request_without_a_host_is_refused(site: str) -> None:
    for host in ("Host: a b", "Host: [x", "Host: " + "x" * 5000, "Host: \xff", "X: y"):
        answer = exchange(site, f"GET / HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n".encode("latin-1"))
        assert answer.startswith(b"HTTP/1.1 400 "), host
        assert b"gistrun.css" in answer


@pytest.mark.parametrize("name", ["Gistrun-Refused", "Gistrun_Refused"])
def test_nobody_can_have_a_request_refused_by_a_header(site: str, name: str) -> None:
    assert requests.get(f"{site}/api/v1/languages", headers={name: "400"}, timeout=20).status_code == 200


def test_an_address_may_hold_letters_as_they_are(site: str) -> None:
    line = f"GET /gist/{GIST}/badge.svg?label=Größe HTTP/1.0\r\n\r\n"
    answer = exchange(site, line.encode())
    assert answer.startswith(b"HTTP/1.0 200 ")
    assert "Größe: ".encode() in answer


def exchange(site: str, sent: bytes, more: bytes = b"", count: int = 0) -> bytes:
    """What the server answers to these bytes, and to more of them until it closes."""
    host, _, port = site.removeprefix("http://").partition(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(sent)
        with suppress(ConnectionError):
            for _ in range(count):
                connection.sendall(more)
        with suppress(ConnectionError):
            while chunk := connection.recv(2**16):
                answer += chunk
    return answer


def test_streams_that_a_visitor_has_left_do_not_keep_the_visitor_out(site: str, redis_url: str) -> None:
    store = Store(connect(redis_url))
    store.client.flushall()
    store.gists.put(a_gist(), pinned=False)
    host, port = site.removeprefix("http://").split(":")

    def opened() -> socket.socket:
        connection = socket.create_connection((host, int(port)), timeout=20)
        connection.sendall(f"GET /gist/{GIST}/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        return connection

    def status(connection: socket.socket) -> bytes:
        return connection.recv(4096).split(b" ", 2)[1]

    held = [opened() for _ in range(50)]
    assert {status(connection) for connection in held} == {b"200"}
    refused = opened()
    assert status(refused) == b"429"
    for connection in (*held, refused):
        connection.close()
    # Each process checks the streams that it holds itself.
    wait_until(lambda: status(opened()) == b"200", 5, "the visitor is still refused")


def test_the_started_server_shows_what_is_kept_while_redis_is_a_replica(site: str, world: World) -> None:
    world.run()
    page, admin = f"{site}/gist/{GIST}", world.store.client
    tags = {url: requests.get(url, timeout=20).headers["ETag"] for url in (page, f"{page}/badge.svg")}
    admin.replicaof("127.0.0.1", 1)  # type: ignore[no-untyped-call]
    try:
        for url in (page, f"{page}/output.txt", f"{page}/badge.svg", f"{site}/", f"{page}/?args=1"):
            answer = requests.get(url, timeout=20)
            assert answer.status_code == (503 if "args" in url else 200), url
            assert ("Retry-After" in answer.headers) == ("args" in url)
        api = requests.get(f"{site}/api/v1/gists/{GIST}", timeout=20)
        assert (api.status_code, api.json()["latest_run"]["stdout"]) == (200, "hello world\n")
        for url, tag in tags.items():
            for method in ("GET", "HEAD"):
                for known, status in ((f'"x", W/{tag}', 304), (tag.strip('"'), 200)):
                    assert requests.request(method, url, headers={"If-None-Match": known}).status_code == status
        assert requests.get(f"{site}/readyz", timeout=20).status_code == 503
    finally:
        admin.replicaof("NO", "ONE")  # type: ignore[no-untyped-call]
    assert requests.get(f"{page}?args=1", timeout=20).status_code == 200
