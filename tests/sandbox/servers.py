"""What answers at the other end of a test's network: `python servers.py ADDRESS…` says "ready", then serves
until it is killed.

TCP 80 and 25 say hello; 81 sends for ever; 82 counts what it is sent and tells; 83 holds the connection.
UDP 7 echoes; UDP 53 knows one address for every name.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import threading

PUBLIC = "203.0.113.10"


class _Hello(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(b"hello")


class _Source(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.request.sendall(bytes(65536))


class _Sink(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        total = 0
        while data := self.request.recv(2**20):
            total += len(data)
        self.request.sendall(b"%d" % total)


class _Hold(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.request.recv(1)


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, answer = self.request
        answer.sendto(data, self.client_address)


class _Resolver(socketserver.BaseRequestHandler):
    """RFC 1035: the question is repeated; to one for an IPv4 address there is an answer."""

    def handle(self) -> None:
        query, answer = self.request
        end = query.index(b"\0", 12) + 5
        known = query[end - 4 : end - 2] == b"\0\1"
        record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(PUBLIC) if known else b""
        counts = b"\0\1" + (b"\0\1" if known else b"\0\0") + b"\0\0\0\0"
        answer.sendto(query[:2] + b"\x81\x80" + counts + query[12:end] + record, self.client_address)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256


if __name__ == "__main__":
    servers: list[socketserver.BaseServer] = [
        _Server(("", port), handler)
        for port, handler in {80: _Hello, 25: _Hello, 81: _Source, 82: _Sink, 83: _Hold}.items()
    ]
    # Bound to each address, or the answer would come from another than was asked.
    servers += [
        socketserver.ThreadingUDPServer((address, port), handler)
        for address in sys.argv[1:]
        for port, handler in {7: _Echo, 53: _Resolver}.items()
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever).start()
    print("ready", flush=True)
