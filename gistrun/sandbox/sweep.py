"""Removes the sandboxes that a crash left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gistrun.sandbox.container import remove


def sweep(engine: Any, instance: str, is_alive: Callable[[str], bool]) -> int:
    """Remove every sandbox of this installation whose worker is not alive; returns how many.

    Raises:
        docker.errors.DockerException, requests.RequestException: the engine does not answer.
    """
    labels = ["gistrun.role=sandbox", f"gistrun.instance={instance}"]
    removed = 0
    for container in engine.containers(all=True, filters={"label": labels}):
        if not is_alive(container["Labels"].get("gistrun.worker", "")):
            remove(engine, container["Id"])
            removed += 1
    return removed
