"""The door to the registries lets through what leads to them, and nothing else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from gistrun.packages.registry import Registry


@contextmanager
def a_server(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """The port of a server that answers every connection with these bytes, and what it has received."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    received.append(connection.recv(65536))
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], received


def asked(registry: Registry, request: bytes) -> bytes:
    """All that comes back."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(registry.folder / "socket"))
        connection.settimeout(5)
        connection.sendall(request)
        answer = b""
        with suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                answer += piece
        return answer


def door(port: int) -> Registry:
    """One that lets through what leads to that port of this machine."""
    return Registry(frozenset({f"127.0.0.1:{port}"}), 1000)


@pytest.mark.parametrize(
    "target",
    [
        "example.com:443",
        "127.0.0.1:443",
        "[::1]:443",
        "localhost.:443",
        "registry.test.evil.com:443",
        "evilregistry.test:443",
        "registry.test@evil.com:443",
        "evil.com:443@registry.test:443",
        "registry.test:22",
        "registry.test:80",
        "registry.test:8443",
        "own.test:443",
    ],
)
def test_another_host_is_refused(target: str) -> None:
    with closing(Registry(frozenset({"registry.test", "own.test:8080"}), 1000)) as registry:
        answer = asked(registry, f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert len(registry.refused) == 1


def test_a_host_of_the_list_is_connected_to() -> None:
    with a_server(b"welcome") as (port, received), closing(door(port)) as registry:
        answer = asked(registry, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\nhello".encode())
        assert answer == b"HTTP/1.1 200 Connection established\r\n\r\nwelcome"
        assert received == [b"hello"]


def test_plain_http_names_the_host_in_its_first_line() -> None:
    with (
        a_server(b"HTTP/1.1 200 OK\r\n\r\n") as (port, received),
        closing(door(port)) as registry,
    ):
        asked(registry, f"GET http://127.0.0.1:{port}/a?b HTTP/1.1\r\nProxy-Connection: x\r\nA: b\r\n\r\n".encode())
        assert received == [
            f"GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nA: b\r\nConnection: close\r\n\r\n".encode()
        ]
        assert asked(registry, b"GET http://example.com/ HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 403 ")


def test_more_than_may_come_in_closes_it() -> None:
    with a_server(b"x" * 5000) as (port, _), closing(door(port)) as registry:
        asked(registry, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\nhello".encode())
        assert registry.exceeded


def test_a_host_that_does_not_answer_is_named() -> None:
    with closing(door(1)) as registry:
        assert asked(registry, b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 502 ")
        assert registry.trouble == "127.0.0.1 could not be reached: Connection refused."


@pytest.mark.parametrize(
    "request_", [b"\r\n\r\n", b"CONNECT\r\n\r\n", b"CONNECT a:b HTTP/1.1\r\n\r\n", b"\xff" * 40_000]
)
def test_what_is_no_request_is_closed(request_: bytes) -> None:
    with closing(Registry(frozenset({"registry.test"}), 1000)) as registry:
        assert not asked(registry, request_).startswith(b"HTTP/1.1 200")


def test_nothing_is_let_through_after_it_was_closed() -> None:
    registry = Registry(frozenset({"127.0.0.1"}), 1000)
    registry.close()
    registry.close()
    with pytest.raises(OSError):  # noqa: PT011 - the kernel's own words
        asked(registry, b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize(
    "request_",
    [
        b"GET http://registry.test:8080/ HTTP/1.1\r\n\r\n",
        b"GET http://registry.test@evil.com/ HTTP/1.1\r\n\r\n",
        b"GET http://evil.com/ HTTP/1.1\r\nHost: registry.test\r\n\r\n",
        b"POST http://registry.test/ HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        b"PUT http://registry.test/ HTTP/1.1\r\n\r\n",
        b"GET https://registry.test/ HTTP/1.1\r\n\r\n",
        b"GET file:///etc/passwd HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: registry.test\r\n\r\n",
    ],
)
def test_plain_http_goes_to_the_list_and_only_asks(request_: bytes) -> None:
    with closing(Registry(frozenset({"registry.test"}), 1000)) as registry:
        answer = asked(registry, request_)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 403 ")
        assert registry.trouble is None


def test_names_are_compared_without_case() -> None:
    with closing(Registry(frozenset({"no-such-host.invalid"}), 1000)) as registry:
        assert asked(registry, b"CONNECT No-Such-Host.INVALID:443 HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 502 ")


def test_another_host_in_the_head_is_not_passed_on() -> None:
    with a_server(b"HTTP/1.1 200 OK\r\n\r\n") as (port, received), closing(door(port)) as registry:
        asked(registry, f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHOST: evil.com\r\n host: x\r\n\r\n".encode())
        assert b"evil" not in received[0]
        assert received[0].lower().count(b"host:") == 1


def test_a_second_request_on_the_same_connection_is_not_passed_on() -> None:
    with a_server(b"HTTP/1.1 200 OK\r\n\r\n") as (port, received), closing(door(port)) as registry:
        first = f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\n\r\n"
        asked(registry, f"{first}GET / HTTP/1.1\r\nHost: evil.com\r\n\r\n".encode())
        assert len(received) == 1
        assert b"evil" not in received[0]


def test_a_request_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gistrun.packages.registry._HEAD_S", 0.2)
    with closing(Registry(frozenset({"registry.test"}), 1000)) as registry:
        assert asked(registry, b"CONNECT registry.test:443 HTTP/1.1\r\nA: ") == b""


def test_many_connections_do_not_keep_it_from_closing() -> None:
    with closing(Registry(frozenset({"registry.test"}), 1000)) as registry:
        idle = [socket.socket(socket.AF_UNIX) for _ in range(200)]
        for connection in idle:
            connection.connect(str(registry.folder / "socket"))
            connection.settimeout(5)
        assert asked(registry, b"CONNECT registry.test:443 HTTP/1.1\r\n\r\n") == b""
        for connection in idle[:10]:
            connection.close()
    assert [connection.recv(1) for connection in idle[10:]] == [b""] * 190


def test_what_is_refused_is_logged_once_and_not_without_end(caplog: pytest.LogCaptureFixture) -> None:
    with closing(Registry(frozenset({"registry.test"}), 1000)) as registry:
        for number in (1, 1, *range(2, 40)):
            asked(registry, f"CONNECT evil{number}.test:443 HTTP/1.1\r\n\r\n".encode())
        asked(registry, b"CONNECT registry.test:22 HTTP/1.1\r\n\r\n")
    assert registry.refused == [f"evil{number}.test:443" for number in range(1, 21)]
    assert len(caplog.messages) == 20
    assert (
        caplog.messages[0]
        == "An installer asked for 'evil1.test:443', which is no registry of packages, and was refused"
    )
