"""Removes the sandboxes that a crash left behind, and what held their networks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from gistrun.sandbox.container import ENGINE_ERRORS, remove

log = logging.getLogger(__name__)

#: Seconds after which a container that was made but never started is nobody's. Its worker starts it at once, or has
#: given up: the engine's answer to "create" may have been lost.
_STARTS_WITHIN_S = 180


def sweep(engine: Any, instance: str, is_alive: Callable[[str], bool], now: float) -> int:
    """Remove every sandbox of this installation that nobody will; returns how many.

    That is all whose worker is not alive, and of the others those that have ended or were never started, which the
    engine was to remove by itself and did not. One that cannot be removed does not keep the others.

    Args:
        now: seconds since the epoch.

    Raises:
        docker.errors.DockerException, requests.RequestException: the engine does not answer.
    """
    labels = ["gistrun.role", f"gistrun.instance={instance}"]
    removed = 0
    for container in engine.containers(all=True, filters={"label": labels}):
        if is_alive(container["Labels"].get("gistrun.worker", "")) and not _is_left_over(container, now):
            continue
        try:
            remove(engine, container["Id"])
            removed += 1
        except ENGINE_ERRORS as error:
            log.warning("A sandbox that was left behind cannot be removed now: %s", error)
    return removed


def _is_left_over(container: dict[str, Any], now: float) -> bool:
    never_started = container["State"] == "created" and now - float(container["Created"]) > _STARTS_WITHIN_S
    return never_started or container["State"] in ("exited", "dead")
