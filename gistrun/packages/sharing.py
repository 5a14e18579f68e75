"""Environments go from the host that made them to the others, through a registry that the deployment names.

A registry that is away or refuses never keeps a program from running: its host installs the packages itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from gistrun.errors import Interrupted, SandboxUnavailable
from gistrun.images.shared import PUSH_SECONDS, NotShared, SharedImages
from gistrun.packages.bounds import PULL_SECONDS
from gistrun.packages.memory import Memory
from gistrun.packages.turns import Turns
from gistrun.packages.waiting import Patience, waited

log = logging.getLogger(__name__)

#: Seconds within which a registry begins to answer, and for which one that did not is not asked again.
_ANSWERS_S, _AWAY_S = 15.0, 300.0
#: Seconds for which one host alone may push an environment. It begins again only after that.
_LEASE_S = PUSH_SECONDS + 60


class Sharing:
    """What one worker gives and takes.

    Args:
        images: the images of the registry, or None where the deployment names none.
        turns: in which one process of this host takes an environment.
        is_there: whether this host has an environment of that name.
    """

    def __init__(
        self, images: SharedImages | None, memory: Memory, turns: Turns, is_there: Callable[[str], bool]
    ) -> None:
        self._images = images
        self._turns = turns
        self._is_there = is_there
        self._memory = memory
        #: What is known to be there, so that Redis is not asked at each run.
        self._given: set[str] = set()
        self._away_until = 0.0

    def may_give(self, key: str) -> bool:
        """Whether `give` has anything to do, as far as this worker knows."""
        return self._images is not None and key not in self._given and time.monotonic() >= self._away_until

    def give(self, key: str, name: str, stopped: Callable[[], bool]) -> None:
        """Push an environment, unless that was done or another host does it now. It takes as long as it takes.

        Args:
            key: equal on all hosts for what is as good as the same environment.
            stopped: whether this worker ends.

        Raises:
            StoreUnavailable
        """
        if self._images is None or not self.may_give(key):
            return
        if self._memory.shared(key) is None:
            if not self._memory.may_share(key, _LEASE_S):
                return
            try:
                self._memory.was_shared(key, self._images.push(name, stopped))
            except SandboxUnavailable as error:
                self._is_away(f"{name} was not given to other hosts", error)
                return
            log.info("%s is there for other hosts", name)
        self._given.add(key)

    def has(self, key: str) -> bool:
        """Whether another host has given that environment, and the registry has answered."""
        return self._images is not None and time.monotonic() >= self._away_until and bool(self._memory.shared(key))

    def take(self, key: str, name: str, stopped: Callable[[], bool]) -> bool:
        """Pull an environment that `has` told of; returns whether it is there now.

        Raises:
            Interrupted: nobody waits for it any more.
        """
        images, digest = self._images, self._memory.shared(key)
        if images is None or digest is None:
            return False
        patience = Patience(PULL_SECONDS, stopped, first_s=_ANSWERS_S)
        try:
            with self._turns.turn(f"take-{name.rpartition('+')[2]}", PULL_SECONDS, stopped):
                if not self._is_there(name):
                    for _ in waited(lambda tell: images.pull(name, digest, tell), patience):
                        pass
        except Interrupted:
            raise
        except NotShared as error:
            log.warning("%s could not be had from another host: %s", name, error)
            self._memory.is_not_shared(key)  # whoever installs it gives it anew
            return False
        except SandboxUnavailable as error:
            self._is_away(f"{name} could not be had from another host", error)
            return False
        self._given.add(key)
        return True

    def _is_away(self, what: str, error: SandboxUnavailable) -> None:
        log.warning("%s: %s", what, error)
        self._away_until = time.monotonic() + _AWAY_S
