"""`gistrun sweep`: what a service that was stopped hard leaves on the engine goes."""

from __future__ import annotations

import time

from gistrun.app import App
from gistrun.sandbox.sweep import sweep as sweep_once

#: Seconds: a worker that was killed counts as alive for ten more.
_WITHIN_S = 20
_PAUSE_S = 0.5


def sweep(app: App) -> int:
    """Remove the containers whose worker is gone, until there are none of this installation; returns the exit status.

    Raises:
        StoreUnavailable, SandboxUnavailable
    """
    engine, workers = app.engine(), app.store.workers
    instance = workers.instance()
    deadline = time.monotonic() + _WITHIN_S
    while time.monotonic() < deadline:
        sweep_once(engine, instance, workers.is_alive, time.time())
        if not engine.containers(["gistrun.role", f"gistrun.instance={instance}"]):
            return 0
        time.sleep(_PAUSE_S)
    return 1
