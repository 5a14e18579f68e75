"""A sandbox that is made while the packages of its program are still being installed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from gistrun.errors import SandboxUnavailable
from gistrun.model import Image
from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.maker import Maker

log = logging.getLogger(__name__)


class Ahead:
    """The one sandbox that a worker makes in this way.

    Args:
        remove: removes a sandbox.
    """

    def __init__(self, maker: Maker, remove: Callable[[Sandbox], None]) -> None:
        self._maker = maker
        self._remove = remove
        self._thread = ThreadPoolExecutor(1, "ahead")
        self._made: tuple[str, Future[Sandbox | None]] | None = None

    def begin(self, image: Image, packages: str) -> None:
        """Begin to make a sandbox, in the place of any other. Returns at once.

        Args:
            image: the environment's name, and the image to make it of.
            packages: the folder of the engine's host that the packages are being put into.
        """
        self.drop()
        self._made = image.name, self._thread.submit(self._make, image, packages)

    def has(self, name: str) -> bool:
        """Whether there is one for the environment of that name. Returns when it is made."""
        return self._made is not None and self._made[0] == name and self._made[1].result() is not None

    def take(self, name: str) -> Sandbox | None:
        """The one for the environment of that name, if there is one that waits."""
        if not self.has(name) or self._made is None:
            return None
        sandbox = self._made[1].result()
        if sandbox is None or not sandbox.is_waiting():
            return None
        self._made = None
        return sandbox

    def drop(self) -> None:
        """Have it removed, if nobody has taken it. Returns at once."""
        if self._made is not None:
            self._made[1].add_done_callback(self._drop)
            self._made = None

    def close(self) -> None:
        """Make no more; returns when none is being made."""
        self.drop()
        self._thread.shutdown()

    def _make(self, image: Image, packages: str) -> Sandbox | None:
        try:
            return self._maker.with_folder(image, packages)
        except SandboxUnavailable as error:
            log.warning("No sandbox could be made while packages are installed: %s", error)
            return None

    def _drop(self, made: Future[Sandbox | None]) -> None:
        if sandbox := made.result():
            self._remove(sandbox)
