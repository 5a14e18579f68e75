"""The images of an engine, asked for no more often than the engine can tell. Pure, except for the asking.

An engine goes on with a list that nobody waits for any more. To ask again at once would give it one more of them each
time, until it has no memory left.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from gistrun.errors import SandboxUnavailable
from gistrun.model import Image

log = logging.getLogger(__name__)

#: Seconds between two lists; also so many times what a list took; and the most, after several were given up.
EVERY_S, TIMES, LONGEST_S = 10.0, 10, 600.0


class Listing:
    """The images as the engine listed them last.

    Args:
        ask: asks the engine. It raises SandboxUnavailable where the engine takes too long.
        clock: seconds from any beginning.
    """

    def __init__(self, ask: Callable[[], list[Image]], clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._images: list[Image] = []
        self._next = clock()
        self._pause_s = EVERY_S

    def images(self) -> list[Image]:
        """The images, from a new list if it is time for one."""
        begun = self._clock()
        if begun < self._next:
            return self._images
        try:
            self._images = self._ask()
            self._pause_s = EVERY_S
        except SandboxUnavailable as error:
            self._pause_s = min(2 * self._pause_s, LONGEST_S)
            log.warning("The engine did not list its images in time, and is asked again later: %s", error)
        now = self._clock()
        self._next = now + min(max(self._pause_s, TIMES * (now - begun)), LONGEST_S)
        return self._images
