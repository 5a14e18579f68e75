"""What installers have downloaded is kept until it takes too much.

Where a lock names files by their SHA-256 and nothing else is to be kept, they stand on a shelf of this host, and
installers can only read them. Else the ecosystem's tools keep what they like in a volume of the engine, and check it
when they use it.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from gistrun import figures
from gistrun.engine import Engine
from gistrun.errors import EngineRefused
from gistrun.packages.means import Means
from gistrun.packages.shelf import Place, Shelf

log = logging.getLogger(__name__)

_PREFIX = "gistrun-downloads-"
#: The ecosystems whose files stand on a shelf.
_SHELVED = frozenset({"python"})
_KEPT = "/kept"


def volume(ecosystem: str, whose: str = "") -> str:
    """The engine's name of the volume; `whose` is for those who share no downloads with the others."""
    return f"{_PREFIX}{whose and f'{whose}-'}{ecosystem}"


@contextlib.contextmanager
def place(means: Means, ecosystem: str, aside: Callable[[Callable[[], None]], None]) -> Iterator[Place]:
    """The place of one installer, which has ended when the context does.

    Args:
        aside: does something that nobody has to wait for.
    """
    if ecosystem not in _SHELVED:
        yield Place(volume(ecosystem, means.downloads))
        return
    shelf = Shelf(shelf_folder(means.data, ecosystem, means.downloads))
    arriving = shelf.place()
    try:
        yield Place(str(arriving), {str(shelf.folder): _KEPT})
    finally:
        aside(lambda: shelf.take(arriving, means.bounds.download_bytes))


def used(means: Means, ecosystem: str, lock: bytes) -> None:
    """What that lock names was used: it goes later than the rest."""
    if ecosystem in _SHELVED:
        Shelf(shelf_folder(means.data, ecosystem, means.downloads)).used(lock)


def shelf_folder(data: Path, ecosystem: str, whose: str = "") -> Path:
    """Where the files of that ecosystem are, in this host's data folder."""
    return data / "downloads" / f"{whose and f'{whose}-'}{ecosystem}"


def trim(engine: Engine, data: Path, most_bytes: int) -> list[str]:
    """Remove what was not used for longest of the shelves, until these take half of that, and then the largest volumes
    until all takes no more than that; the names of the volumes that are gone.

    One that an installer uses stays. The engine measures all volumes, which can take seconds.

    Raises:
        SandboxUnavailable: the engine does not answer.
    """
    for ecosystem in _SHELVED:
        most_bytes -= Shelf(shelf_folder(data, ecosystem)).trim(most_bytes // 2)
    kept = {name: size for name, size in engine.volumes().items() if name.startswith(_PREFIX)}
    gone: list[str] = []
    for name in sorted(kept, key=kept.__getitem__, reverse=True):
        if sum(kept.values()) - sum(kept[each] for each in gone) <= most_bytes:
            break
        try:
            engine.remove_volume(name)
        except EngineRefused as error:
            log.info("%s stays: %s", name, error.reason)
            continue
        log.info("%s was removed; what was kept in it took %s", name, figures.size(kept[name]))
        gone.append(name)
    return gone
