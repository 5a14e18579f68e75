"""The connection to process 1 of a sandbox: what it is sent, and the frames that it sends."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from typing import cast

from gistrun.errors import SandboxUnavailable
from gistrun.sandbox import protocol


class Ended(SandboxUnavailable):
    """The connection ended before the report."""


class Connection:
    """A connection over the socket that the engine attached. Deadlines are times of the monotonic clock, in seconds."""

    def __init__(self, attached: socket.socket) -> None:
        self._socket: socket.socket | None = attached
        self._decoder = protocol.Decoder()
        self._frames: deque[protocol.Frame] = deque()
        #: True once this side has cut it.
        self.cut = False

    def is_quiet(self) -> bool:
        """True while process 1 waits; False once the engine or process 1 is gone."""
        if self._socket is None:
            return False
        readable, _, _ = select.select([self._socket], [], [], 0)
        return not readable

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of it.

        Raises:
            OSError: the connection broke, or the deadline passed.
        """
        connection = self._open()
        connection.settimeout(max(0.1, deadline - time.monotonic()))
        # If process 1 refused the job and ended, its reason can still be read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)

    def next(self, deadline: float) -> protocol.Frame:
        """The next frame.

        Raises:
            Ended: there is none. SandboxUnavailable: none came in time. OSError: the connection broke.
        """
        connection = self._open()
        while not self._frames:
            left = deadline - time.monotonic()
            if left <= 0:
                raise SandboxUnavailable("The sandbox stopped answering.")
            connection.settimeout(left)
            try:
                data = connection.recv(256 * 1024)
            except TimeoutError:
                continue
            if not data:
                raise Ended("The sandbox ended without a report of the program.")
            self._frames.extend(self._decoder.feed(data))
        return self._frames.popleft()

    def pieces_that_follow(self) -> Iterator[protocol.Bytes]:
        """The pieces of output that have arrived and come next."""
        while self._frames and isinstance(self._frames[0], protocol.Bytes):
            yield cast(protocol.Bytes, self._frames.popleft())

    def hang_up(self) -> None:
        """Cut it: everything in the sandbox ends, and whoever waits for a frame gets `Ended`. Thread-safe."""
        self.cut = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut it and release the socket. Safe to call again."""
        if self._socket is not None:
            self.hang_up()
            self._socket.close()
            self._socket = None

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise SandboxUnavailable("The sandbox is closed.")
        return self._socket
