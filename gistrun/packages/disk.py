"""What the environments of one engine take on its disk, and which of them go when that is too much."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from gistrun import figures
from gistrun.engine import Engine
from gistrun.errors import EngineRefused
from gistrun.images.catalogue import ENVIRONMENT, Catalogue
from gistrun.packages.memory import Memory
from gistrun.sandbox.policy import Profile

log = logging.getLogger(__name__)

#: Label of an environment's image: the bytes that its packages take.
BYTES = "gistrun.bytes"
#: Label of an image that was to become an environment.
UNFINISHED = "gistrun.unfinished"
#: Seconds after its last use within which an environment is not removed, and after which an unfinished one is.
_IN_USE_S, _UNFINISHED_S = 300, 3600


@dataclass(frozen=True, slots=True)
class Kept:
    """An environment that is there."""

    name: str
    bytes: int
    #: Seconds since the epoch at which it was used last, or made where that is not known.
    used: float


class Disk:
    """The environments on that engine."""

    def __init__(self, engine: Engine, catalogue: Catalogue, memory: Memory) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._memory = memory

    def kept(self) -> list[Kept]:
        """All environments, those that were not used for longest first."""
        last_used = self._memory.last_used()
        found: dict[str, Kept] = {}
        for each in self._engine.images(ENVIRONMENT):
            for name in filter(None, map(self._catalogue.environment, each.get("RepoTags") or ())):
                size = int(each["Labels"].get(BYTES) or 0)
                found[name] = Kept(name, size, max(last_used.get(name, 0.0), float(each["Created"])))
        return sorted(found.values(), key=lambda kept: kept.used)

    def make_room(self, most_bytes: int, keep: str = "") -> list[Kept]:
        """Remove what was not used for longest until the rest, with `keep`, takes no more than that; what is removed.

        What was used a short while ago stays, and so does what a sandbox uses.
        """
        self._remove_unfinished()
        kept = self.kept()
        total, now, removed = sum(each.bytes for each in kept), time.time(), []
        for each in kept:
            if total <= most_bytes:
                break
            if each.name != keep and now - each.used >= _IN_USE_S and self.remove(each):
                removed.append(each)
                total -= each.bytes
        return removed

    def remove(self, kept: Kept) -> bool:
        """Remove an environment; whether it is gone. The engine keeps one that a sandbox uses."""
        try:
            self._engine.remove_image(self._catalogue.tag(kept.name))
        except EngineRefused as error:
            log.info("%s stays: %s", kept.name, error.reason)
            return False
        log.info("%s was removed; it took %s", kept.name, figures.size(kept.bytes))
        self._memory.removed(kept.name)
        return True

    def _remove_unfinished(self) -> None:
        """What a process that was killed left behind: images without a name, and installers that have ended."""
        before = time.time() - _UNFINISHED_S
        images = [
            each["Id"]
            for each in self._engine.images(f"{UNFINISHED}=yes")
            if not each.get("RepoTags") and each["Created"] < before
        ]
        ended = [
            each["Id"]
            for each in self._engine.containers([f"gistrun.role={Profile.INSTALLER}"])
            if each["State"] == "exited" and each["Created"] < before
        ]
        for remove, names in ((self._engine.remove, ended), (self._engine.remove_image, images)):
            for name in names:
                try:
                    remove(name)
                except EngineRefused as error:
                    log.info("What an installation left behind stays: %s", error.reason)
