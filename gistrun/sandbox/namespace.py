"""A network namespace that several sandboxes use, one after the other.

Two thirds of the cost of starting a container is making a network namespace, even one without any network. So a
container that does nothing else keeps a namespace, and sandboxes are started in it. After each sandbox the container
is asked whether the namespace is pristine; one that is not is removed, so that no program finds traces of another.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket

from gistrun.engine import Engine, unreachable
from gistrun.errors import SandboxUnavailable
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import namespace_options

log = logging.getLogger(__name__)

#: Seconds for the container to start, and for it to answer.
_START_S = 30.0
_ANSWER_S = 5.0
#: An answer is one byte, behind the 8 bytes that the engine puts before each piece of an attached stream.
_ANSWER_BYTES = 9
_PRISTINE = b"n"


class NetworkNamespace:
    """An empty network namespace, kept by a container; `id` is the engine's name of that container.

    Raises:
        SandboxUnavailable: it could not be made.
        EngineUnavailable: the engine does not answer.
    """

    def __init__(self, engine: Engine, image: str, owner: Owner) -> None:
        self.id = ""
        self._engine = engine
        self._socket: socket.socket | None = None
        try:
            self.id = engine.create(namespace_options(image, owner.namespace_labels()))
            self._socket = engine.attach(self.id)
            engine.start(self.id)
            # The container sends its first answer by itself. It also needs one question, else it ends after a minute.
            if _answer(self._socket, _START_S) != _PRISTINE or not self.is_pristine():
                raise SandboxUnavailable("A network namespace that was just made is not pristine.")
        except OSError as error:
            self._give_up()
            raise unreachable(error) from error
        except SandboxUnavailable:
            self._give_up()
            raise

    def is_waiting(self) -> bool:
        """False once its engine or its process is gone."""
        return self._socket is not None and not select.select([self._socket], [], [], 0)[0]

    def is_pristine(self) -> bool:
        """True if nothing in the namespace shows that anybody used it. Ask only while no sandbox uses it."""
        if self._socket is None or not self.is_waiting():
            return False
        try:
            self._socket.sendall(b"?")
            return _answer(self._socket, _ANSWER_S) == _PRISTINE
        except OSError:
            return False

    def hang_up(self) -> None:
        """Make the container end by itself."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Remove the container. Safe to call again."""
        self.hang_up()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self.id:
            self._engine.remove(self.id)
            self.id = ""

    def _give_up(self) -> None:
        try:
            self.close()
        except SandboxUnavailable as error:
            log.warning("A network namespace could not be removed now; the sweeper will remove it: %s", error)


def _answer(connection: socket.socket, seconds: float) -> bytes:
    """The next answer, or b"" where the connection has ended."""
    connection.settimeout(seconds)
    data = b""
    while len(data) < _ANSWER_BYTES:
        piece = connection.recv(_ANSWER_BYTES - len(data))
        if not piece:
            return b""
        data += piece
    return data[-1:]
