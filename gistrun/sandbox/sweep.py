"""Removes the containers that a crash left behind: sandboxes and network namespaces."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from gistrun.engine import Engine
from gistrun.errors import SandboxUnavailable
from gistrun.sandbox.policy import Profile

log = logging.getLogger(__name__)

#: Seconds after which a container that was created but not started is left over. Its worker starts it at once or gives
#: up; it may never have received the engine's answer to "create".
_STARTS_WITHIN_S = 180
#: Seconds after which a probe is left over. It is over within half of that, and no worker is responsible for it.
_PROBE_S = 180
#: Seconds within which its worker has made an image of an installer that has ended.
_INSTALLER_S = 900


def sweep(engine: Engine, instance: str, is_alive: Callable[[str], bool], now: float) -> int:
    """Remove every container of this installation that nobody else will remove; returns how many.

    These are all containers whose worker is not alive. Of the others, these are the containers that have ended or were
    never started: the engine should have removed them by itself and did not. A probe belongs to a command and not to a
    worker, so its age decides. A container that cannot be removed does not stop the removal of the others.

    Args:
        now: seconds since the epoch.

    Raises:
        SandboxUnavailable: the engine does not answer.
    """
    removed = 0
    for container in engine.containers(["gistrun.role", f"gistrun.instance={instance}"]):
        if not _is_left_over(container, is_alive, now):
            continue
        try:
            engine.remove(container["Id"])
            removed += 1
        except SandboxUnavailable as error:
            log.warning("A container that was left behind cannot be removed now: %s", error)
    return removed


def _is_left_over(container: dict[str, Any], is_alive: Callable[[str], bool], now: float) -> bool:
    labels, state, age = container["Labels"], container["State"], now - float(container["Created"])
    if labels["gistrun.role"] == Profile.PROBE:
        return age > _PROBE_S
    if not is_alive(labels.get("gistrun.worker", "")):
        return True
    if labels["gistrun.role"] == Profile.INSTALLER and state == "exited":
        return age > _INSTALLER_S
    return state in ("exited", "dead") or (state == "created" and age > _STARTS_WITHIN_S)
