"""What installers have downloaded is kept on the engine, in a volume for each ecosystem, until it takes too much."""

from __future__ import annotations

import logging

from gistrun import figures
from gistrun.engine import Engine
from gistrun.errors import EngineRefused

log = logging.getLogger(__name__)

_PREFIX = "gistrun-downloads-"


def volume(ecosystem: str, whose: str = "") -> str:
    """The engine's name of the volume; `whose` is for those who share no downloads with the others."""
    return f"{_PREFIX}{whose and f'{whose}-'}{ecosystem}"


def trim(engine: Engine, most_bytes: int) -> list[str]:
    """Remove the largest volumes until the rest takes no more than that; the names of those that are gone.

    One that an installer uses stays. The engine measures all volumes, which can take seconds.

    Raises:
        SandboxUnavailable: the engine does not answer.
    """
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
