"""Of this host's processes only one at a time makes the same thing."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gistrun.errors import Interrupted, SandboxUnavailable


class Turns:
    """Locks by name, which are files in that folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def turn(self, key: str, seconds: float, stopped: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """The turn to make what that key is for. The others wait, and then find it made.

        Args:
            stopped: whether nobody waits any more.

        Raises:
            SandboxUnavailable: it was another's turn for so many seconds. Interrupted: nobody waits any more.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + seconds
        with open(self._folder / f"{key}.lock", "w") as file:
            while not _taken(file.fileno()):
                if stopped():
                    raise Interrupted("The installation was stopped.")
                if time.monotonic() > deadline:
                    raise SandboxUnavailable("Another installation on this host does not end.")
                time.sleep(0.05)
            yield


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
