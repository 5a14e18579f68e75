"""The one door to the registries of packages: a proxy that lets an installer reach their hosts and nothing else.

An installer has no network. A Unix socket is mounted into it, and what listens there connects to a host only if its
name is on the list. TLS goes through as it is. The proxy counts what comes in, and closes when that is too much.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import select
import shutil
import socket
import socketserver
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

#: Bytes of a request's head, seconds in which it must be there, and that a registry may be silent.
_HEAD_BYTES, _HEAD_S, _SILENT_S = 16 * 1024, 10.0, 60.0
#: Connections at a time. The tools open some fifty.
_AT_A_TIME = 128
#: So many refusals of one installer are logged.
_REFUSALS = 20
_PIECE_BYTES = 256 * 1024
#: Seconds after which it notices that it is to close.
_POLL_S = 0.02

log = logging.getLogger(__name__)

Address = tuple[str, int]


class Registry:
    """A proxy to the hosts of that list, for as long as it is not closed.

    Args:
        hosts: the names that may be connected to, on the ports of HTTPS and HTTP; or on another, as `name:port`.
        most_bytes: what may come in. When it is more, every connection is closed.
        upstream: the proxy of this machine, or None where it connects to hosts itself.

    Attributes:
        folder: where the socket is, called `socket`. A container may have it mounted.
        trouble: why a host could not be connected to, as a sentence; None while all could.
        refused: what was asked for and is not on the list, as host:port, each once and the first ones only.
    """

    def __init__(self, hosts: frozenset[str], most_bytes: int, upstream: Address | None = None) -> None:
        self.trouble: str | None = None
        self.refused: list[str] = []
        self._hosts = hosts
        self._most_bytes = most_bytes
        self._upstream = upstream
        self._received = 0
        self._open: set[socket.socket] = set()
        self._places = threading.BoundedSemaphore(_AT_A_TIME)
        self._lock = threading.Lock()
        # A short path: the name of a Unix socket may have 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="gistrun-"))
        os.chmod(self.folder, 0o711)  # noqa: S103 - its name is not known to others
        self._server = _Server(str(self.folder / "socket"), self._serve)
        os.chmod(self.folder / "socket", 0o666)  # noqa: S103 - the installer's user is none of this machine's
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(_POLL_S,), name="registry", daemon=True).start()

    @property
    def exceeded(self) -> bool:
        """Whether more came in than may."""
        return self._received > self._most_bytes

    def close(self) -> None:
        """Close every connection; nothing is reached through the socket any more. Safe to call again."""
        self._server.shutdown()
        self._server.server_close()
        self._cut()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _cut(self) -> None:
        with self._lock:
            left = list(self._open)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _serve(self, client: socket.socket) -> None:
        if not self._places.acquire(blocking=False):
            return
        try:
            with self._counted(client):
                self._answer(client)
        finally:
            self._places.release()

    def _answer(self, client: socket.socket) -> None:
        head, rest = _head(client)
        method, target, *_ = [*head.split(b"\r\n", 1)[0].split(b" "), b"", b""]
        host, port, path = _target(method, target)
        if not self._may_reach(method, host, port):
            self._refuse(f"{host}:{port}")
            client.sendall(b"HTTP/1.1 403 Not a registry of packages\r\nContent-Length: 0\r\n\r\n")
            return
        try:
            server = self._connect((host, port))
        except OSError as error:
            self.trouble = f"{host} could not be reached: {error.strerror or error}."
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        with server, self._counted(server):
            if method == b"CONNECT":
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                server.sendall(rest)
                self._relay(client, server)
            else:
                # One request and its answer. What comes behind it may name another host, and is not passed on.
                server.sendall(_plain(head, host, port, path))
                self._relay(client, server, both_ways=False)

    def _refuse(self, target: str) -> None:
        if target not in self.refused and len(self.refused) < _REFUSALS:
            self.refused.append(target)
            log.warning("An installer asked for %r, which is no registry of packages, and was refused", target)

    def _may_reach(self, method: bytes, host: str, port: int) -> bool:
        usual = {b"CONNECT": 443, b"GET": 80, b"HEAD": 80}
        if method not in usual:
            return False
        return f"{host}:{port}" in self._hosts or (host in self._hosts and port == usual[method])

    def _connect(self, address: Address) -> socket.socket:
        if self._upstream is None:
            return socket.create_connection(address, _SILENT_S)
        server = socket.create_connection(self._upstream, _SILENT_S)
        name = f"{address[0]}:{address[1]}"
        server.sendall(f"CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
        answer, _ = _head(server)
        if b" 200" not in answer.split(b"\r\n", 1)[0]:
            server.close()
            raise OSError("this machine's proxy refuses")
        return server

    @contextlib.contextmanager
    def _counted(self, *connections: socket.socket) -> Any:
        with self._lock:
            self._open.update(connections)
        try:
            yield
        finally:
            with self._lock:
                self._open.difference_update(connections)

    def _relay(self, client: socket.socket, server: socket.socket, both_ways: bool = True) -> None:
        others = {client: server, server: client}
        while readable := select.select(list(others), [], [], _SILENT_S)[0]:
            for one in readable:
                data = one.recv(_PIECE_BYTES)
                if not data:
                    return
                if one is server:
                    self._received += len(data)
                    if self.exceeded:
                        self._cut()
                        return
                if one is server or both_ways:
                    others[one].sendall(data)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, path: str, serve: Callable[[socket.socket], None]) -> None:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, ValueError):
                    serve(self.request)

        super().__init__(path, Handler)


def _head(connection: socket.socket) -> tuple[bytes, bytes]:
    """The head of a request or an answer, and what has come behind it.

    Raises:
        ValueError: it is none, is too long, or takes too long to come.
    """
    deadline = time.monotonic() + _HEAD_S
    data = b""
    while b"\r\n\r\n" not in data:
        connection.settimeout(max(0.01, deadline - time.monotonic()))
        piece = connection.recv(4096)
        if not piece or len(data) > _HEAD_BYTES:
            raise ValueError("no head of HTTP")
        data += piece
    connection.settimeout(_SILENT_S)
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _target(method: bytes, target: bytes) -> tuple[str, int, str]:
    """Host, port and path of a request to a proxy.

    Raises:
        ValueError: it is none.
    """
    if method == b"CONNECT":
        host, _, port = target.decode("ascii").rpartition(":")
        if not re.fullmatch("[0-9]{1,5}", port):
            raise ValueError("no port")
        return host.lower(), int(port), ""
    parts = urlsplit(target.decode("ascii"))
    if parts.scheme != "http":
        raise ValueError("not of this proxy")
    return parts.hostname or "", parts.port or 80, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _plain(head: bytes, host: str, port: int, path: str) -> bytes:
    """The same request as a server expects it, for one answer, and to no other host than the one it is sent to."""
    first, *lines = head.split(b"\r\n")
    left_out = (b"connection:", b"proxy-", b"host:", b"content-length:", b"transfer-encoding:")
    kept = [line for line in lines if not line.lower().lstrip().startswith(left_out)]
    name = host if port == 80 else f"{host}:{port}"
    start = b" ".join([first.split(b" ")[0], path.encode(), b"HTTP/1.1"])
    return b"\r\n".join([start, f"Host: {name}".encode(), *kept, b"Connection: close", b"", b""])
