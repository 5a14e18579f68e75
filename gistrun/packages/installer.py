"""One installer: a container that resolves what is wanted, downloads it, and becomes an image. Nothing of what it
downloads runs in it; that is for the tools in `images/_packages` to keep.

Its script is told what to do by files in /request, and speaks on standard output: the size of the lock and the lock, a
line when all is installed. Behind the size it says `whole` where all that it installs will be in /packages, as a folder
of the container and not of its image. It waits for a line before it installs, and for another before it ends. What it
writes to standard error is for the person who waits.
"""

from __future__ import annotations

import codecs
import copy
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping

from gistrun.engine import Engine, unreachable
from gistrun.errors import SandboxUnavailable
from gistrun.packages.bounds import away, too_large, too_many, too_much_disk, too_slow
from gistrun.packages.job import Job
from gistrun.packages.registry import Registry
from gistrun.packages.steps import Said
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Profile, installer_options

#: Characters of what an installer says that are looked at for a reason.
SAID = 8_000
#: What an image with packages starts with. The installer's own command would be kept otherwise.
_AS_BELOW = ('ENTRYPOINT ["/sbin/supervisor"]', "CMD []", "USER root", "ENV LANG=C.UTF-8")
#: Seconds between two looks at how much it has written. In so much time a disk takes some hundred megabytes.
_LOOK_S = 0.5


class Installer:
    """A started container of an image with an ecosystem's tools.

    Args:
        registry: the door to the registries; None for an installer that is to reach nothing.

    Attributes:
        image: the id of the image that it was made of.
        said: the end of what it wrote for people.
        usable: whether what it has installed can be used before it is prepared.
        whole: whether all that it installs is in /packages.
        refused: whether something could not be prepared; `said` has the reason.
    """

    def __init__(self, engine: Engine, owner: Owner, job: Job, registry: Registry | None = None) -> None:
        self.image = job.image
        self.said = ""
        self.usable = self.whole = self.refused = self._given_up = False
        self._bounds = job.bounds
        self._engine = engine
        self._registry = registry
        self._began = self._looked = time.monotonic()
        self._deadline = self._began + job.bounds.seconds
        self._out = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        request = job.request()
        binds = {str(registry.folder): "/registry"} if registry else {}
        options = installer_options(
            job.image,
            owner.labels("", Profile.INSTALLER),
            job.line(request),
            {**job.environment, **job.bounds.variables},
            binds | job.downloads.binds,
            job.downloads.cache,
            job.memory_bytes,
        )
        self._id = engine.create(options)
        self._socket: socket.socket | None = None
        try:
            self._socket = engine.attach(self._id)
            engine.start(self._id)
            self._socket.sendall(request)
        except OSError as error:
            self.close()
            raise unreachable(error) from error
        except BaseException:
            self.close()
            raise

    def lock(self) -> Iterator[Said | bytes]:
        """What it says until there is a lock, and the lock last.

        Raises:
            InstallerEnded: it gave up; `said` has the reason.
            PackagesRefused: what is wanted is too large.
            RegistryUnavailable: a registry does not answer.
        """
        yield from self._until(lambda: b"\n" in self._out)
        size, _, self._out = self._out.partition(b"\n")
        size, _, whole = size.strip().partition(b" ")
        if not re.fullmatch(rb"[0-9]{1,12}", size) or int(size) > self._bounds.lock_bytes:
            raise too_many(self._bounds)
        self.whole = whole == b"whole"
        yield from self._until(lambda: len(self._out) >= int(size))
        lock, self._out = self._out[: int(size)], self._out[int(size) :]
        yield lock

    def install(self) -> Iterator[Said]:
        """Let it install what its lock names; what it says. It reaches no registry afterwards. Raises as `lock`."""
        self._connected().sendall(b"\n")
        yield from self._until(lambda: b"\n" in self._out)
        if self._registry:
            self._registry.close()
        self.usable = self._out.startswith(b"ready")

    def folder(self) -> str | None:
        """The folder of the engine's host that is its /packages, or None where there is no such folder."""
        layer = self._engine.layer(self._id) if self.whole else None
        return f"{layer}/packages" if layer else None

    def extend(self, seconds: float) -> None:
        """Let it have so many seconds more: it was kept waiting."""
        self._deadline += seconds

    def written(self) -> int:
        """Bytes that it has written."""
        return self._engine.written(self._id)

    def weigh(self) -> None:
        """Raises PackagesRefused if it has written more than it may."""
        if self.written() > self._bounds.disk_bytes:
            raise too_much_disk(self._bounds)

    def end(self) -> Iterator[Said]:
        """Let it put away what no image needs, and end; what it says."""
        self._deadline = time.monotonic() + self._bounds.seconds
        self._connected().sendall(b"\n")
        yield from self.finish()

    def finish(self) -> Iterator[Said]:
        """What it says until it has ended by itself.

        Raises:
            PackagesRefused: not within its time, or it takes too much of the disk.
            InstallerEnded: `hang_up` was called.
        """
        try:
            yield from self._until(lambda: False)
        except InstallerEnded:
            if self._given_up:
                raise
            self.refused = b"refused" in self._out

    def commit(self, name: str | None, labels: Mapping[str, str]) -> str:
        """Make an image of it, which starts as the image below does; returns the image's id.

        Args:
            name: the engine's name for it, or None for none.
        """
        repository, _, tag = (name or "").rpartition(":")
        return self._engine.commit(self._id, repository or None, tag or None, labels, _AS_BELOW)

    def leave(self) -> Installer:
        """The same installer, for somebody else to close. This one counts as closed."""
        other = copy.copy(self)
        self._id, self._socket = "", None
        return other

    def close(self) -> None:
        """Remove it, whatever it is doing. Safe to call again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._id:
            self._engine.remove(self._id)
            self._id = ""

    def hang_up(self) -> None:
        """Cut the connection: whoever waits for it raises. Thread-safe."""
        self._given_up = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    def _until(self, done: Callable[[], bool]) -> Iterator[Said]:
        """Whole lines, as they come: some tools write each word by itself."""
        line = ""
        while not done():
            piece = self._read()
            if piece is not None:
                text = self._decoder.decode(piece)
                self.said = (self.said + text)[-SAID:]
                lines, newline, line = (line + text).rpartition("\n")
                if newline or len(line) > SAID:
                    yield Said(time.monotonic() - self._began, lines + newline or line)
                    line = line if newline else ""
        if line:
            yield Said(time.monotonic() - self._began, line)

    def _read(self) -> bytes | None:
        """What it wrote for people; None where it wrote for us, or nothing for a while."""
        self._check()
        connection = self._connected()
        connection.settimeout(_LOOK_S)
        try:
            header = _exactly(connection, 8)
        except TimeoutError:
            return None
        except OSError as error:
            raise unreachable(error) from error
        connection.settimeout(30)
        stream, size = struct.unpack(">B3xI", header)
        piece = _exactly(connection, size)
        if stream == 2:
            return piece
        self._out += piece
        if len(self._out) > self._bounds.lock_bytes + 64:
            raise too_many(self._bounds)
        return None

    def _check(self) -> None:
        now, bounds = time.monotonic(), self._bounds
        if self._registry and self._registry.exceeded:
            raise too_large(bounds)
        if now > self._deadline:
            if self._registry and self._registry.trouble:
                raise away(self._registry.trouble)
            raise too_slow(bounds, building=self._registry is None)
        if now - self._looked > _LOOK_S:
            self._looked = now
            self.weigh()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise SandboxUnavailable("The installer is closed.")
        return self._socket


class InstallerEnded(SandboxUnavailable):
    """The installer has ended."""


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise InstallerEnded("The installer ended without saying why.")
        data += piece
    return data
