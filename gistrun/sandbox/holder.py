"""A network namespace that outlives the sandboxes in it, which have it one after the other.

Two thirds of what a container's start costs is making a network namespace, even one with nothing in it. A holder is a
container that has one and does nothing: sandboxes are started in its namespace. It is asked after each whether the
namespace is as new, and goes where it is not, so that no program finds a trace of the one before.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
from typing import Any

from gistrun.errors import SandboxUnavailable
from gistrun.sandbox.container import ENGINE_ERRORS, Owner, attach, remove
from gistrun.sandbox.policy import holder_options

log = logging.getLogger(__name__)

#: Seconds for the container to start, and for its answer.
_START_S = 30.0
_ANSWER_S = 5.0
#: What the engine puts before each piece of an attached stream, and the one byte of an answer.
_ANSWER_BYTES = 9


class Holder:
    """A container that holds an empty network namespace; `id` is how the engine names it.

    Raises:
        SandboxUnavailable: the engine could not make it.
    """

    def __init__(self, engine: Any, image: str, owner: Owner) -> None:
        self.id = ""
        self._engine = engine
        self._socket: socket.socket | None = None
        try:
            self.id = engine.create_container_from_config(holder_options(image, owner.holder_labels()))["Id"]
            self._socket = attach(engine, self.id)
            engine.start(self.id)
            # The first answer comes unasked. The question tells it that we are there; else it ends after a minute.
            new = _answer(self._socket, _START_S) == b"n" and self.is_as_new()
        except ENGINE_ERRORS as error:
            self._give_up()
            raise SandboxUnavailable(f"The Docker engine could not hold a network namespace: {error}") from error
        if not new:
            self._give_up()
            raise SandboxUnavailable("A network namespace that was just made is not as new.")

    def is_waiting(self) -> bool:
        """False once its engine or its process is gone."""
        return self._socket is not None and not select.select([self._socket], [], [], 0)[0]

    def is_as_new(self) -> bool:
        """True when nothing in the namespace shows that anybody was there. To be asked when nobody is."""
        if self._socket is None or not self.is_waiting():
            return False
        try:
            self._socket.sendall(b"?")
            return _answer(self._socket, _ANSWER_S) == b"n"
        except OSError:
            return False

    def hang_up(self) -> None:
        """Have it end by itself."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Remove it. Safe to call again."""
        self.hang_up()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self.id:
            remove(self._engine, self.id)
            self.id = ""

    def _give_up(self) -> None:
        try:
            self.close()
        except ENGINE_ERRORS as error:
            log.warning("What was to hold a network could not be removed, the sweeper will: %s", error)


def _answer(connection: socket.socket, seconds: float) -> bytes:
    """The next answer; nothing where there will be none."""
    connection.settimeout(seconds)
    data = b""
    while len(data) < _ANSWER_BYTES:
        piece = connection.recv(_ANSWER_BYTES - len(data))
        if not piece:
            return b""
        data += piece
    return data[-1:]
