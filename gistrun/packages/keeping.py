"""Makes images of what installers have installed, behind the first programs that use it.

The engine copies all of it to make an image, and that takes longer than to unpack it. So the first program reads it
where the installer has put it, and cannot write there. The installer stays until that program has ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack

from gistrun.packages.disk import Disk
from gistrun.packages.installer import Installer
from gistrun.packages.preparing import Preparing
from gistrun.packages.steps import Doing, Early, Step


class Keeping:
    """What one worker makes images of.

    Args:
        most_bytes: what all environments may take.
    """

    def __init__(self, preparing: Preparing, disk: Disk, most_bytes: int) -> None:
        self._preparing = preparing
        self._disk = disk
        self._most_bytes = most_bytes
        self._released: set[threading.Event] = set()

    def now(self, installer: Installer, name: str) -> Iterator[Step]:
        """Make that environment of what the installer has installed; what is done and said meanwhile.

        Raises:
            PackagesRefused: it takes too much of the disk, or cannot be prepared.
        """
        installer.weigh()
        if installer.usable:
            self._preparing.usable(installer, name)
        else:
            yield Doing("Building the packages.")
            yield from self._preparing.first(installer, name)
        self.make_room(name)

    def behind(self, installer: Installer, name: str, held: ExitStack) -> Early:
        """Begin to make that environment of what the installer has installed, and close it at last. Returns at once.

        Args:
            held: what is given back when the environment is there.
        """
        early = Early(Future(), threading.Event())
        self._released.add(early.released)

        def keep() -> None:
            try:
                with held:
                    self._preparing.usable(installer, name)
                early.made.set_result(None)
                self.make_room(name)
            except BaseException as error:
                if not early.made.done():
                    early.made.set_exception(error)
                raise
            finally:
                early.released.wait()
                self._released.discard(early.released)
                installer.close()

        self._preparing.aside(keep)
        return early

    def after(self, early: Early | None, do: Callable[[], None]) -> None:
        """Do that when the environment is an image, which may be now."""
        if early:
            early.made.add_done_callback(lambda _: do())
        else:
            do()

    def make_room(self, keep: str) -> None:
        """Remove the environments that are too many, and not that one, on a thread of its own. Returns at once."""
        self._preparing.aside(lambda: self._disk.make_room(self._most_bytes, keep))

    def release(self) -> None:
        """No program uses what installers have installed any more."""
        for released in list(self._released):
            released.set()
