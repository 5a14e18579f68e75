"""Of this host's processes only one at a time makes the same thing."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

from gistrun.errors import SandboxUnavailable


class Turns:
    """Locks by name, which are files in that folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def turn(self, key: str, seconds: float) -> Iterator[None]:
        """The turn to make what that key is for. The others wait, and then find it made.

        Raises:
            SandboxUnavailable: it was another's turn for so many seconds.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + seconds
        with open(self._folder / f"{key}.lock", "w") as file:
            while not _taken(file.fileno()):
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
