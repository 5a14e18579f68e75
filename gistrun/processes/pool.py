"""`gistrun pool` and `gistrun worker`: execute runs, in workers that each have sandboxes of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from gistrun.app import App
from gistrun.commands.doctor import examine
from gistrun.egress.network import Egress
from gistrun.engine import Engine
from gistrun.errors import SandboxUnavailable, SetupError
from gistrun.sandbox.host import Host
from gistrun.sandbox.owner import Owner
from gistrun.settings import Settings
from gistrun.store import BACKGROUND_PATIENCE_S, Store, connect
from gistrun.work import jobs
from gistrun.work.pool import pool as pool_of_workers
from gistrun.work.worker import EngineSandboxes, Heartbeat, Worker

#: Seconds for an answer of the engine while a heartbeat waits for it: a heartbeat is due every few seconds.
_ENGINE_QUICK_S = 3


def pool(settings: Settings) -> None:
    """Be `GISTRUN_WORKERS` workers until SIGINT or SIGTERM.

    Raises:
        SetupError: a control that the sandbox relies on is missing.
    """
    _refuse_unsafe(settings)
    host = Host(settings.workers)
    # Each worker wires itself after the fork: connections and threads do not cross one.
    with App(settings).network():
        pool_of_workers(
            lambda: Store(connect(settings.redis_url, BACKGROUND_PATIENCE_S)),
            lambda name, slot: make_worker(App(settings, BACKGROUND_PATIENCE_S), name, host, slot),
            settings.workers,
        )


def worker(settings: Settings) -> None:
    """Be one worker until SIGINT or SIGTERM. Raises as `pool`."""
    settings = replace(settings, workers=1)
    _refuse_unsafe(settings)
    app, host = App(settings, BACKGROUND_PATIENCE_S), Host()
    with app.network():
        jobs.work(app.store, lambda name, slot: make_worker(app, name, host, slot))


def make_worker(app: App, name: str, host: Host, slot: int) -> Worker:
    """The worker of that name, in that slot of its host, where it keeps its share of the waiting sandboxes."""
    quick = app.engine(_ENGINE_QUICK_S)
    egress = app.egress(quick)
    if egress:
        egress.open()
    owner, engine = Owner(app.store.workers.instance(), name), app.engine()
    sandboxes = app.sandboxes(engine, owner, host.slot(slot))
    installing = app.installing(engine, owner, sandboxes, app.store.packages)
    check = _engine_check(quick, egress)
    heartbeat = Heartbeat(name, app.store, sandboxes, check, app.images(quick).all_ready, app.github.lists.budget)
    return Worker(name, app.execution, sandboxes, EngineSandboxes(installing, heartbeat), heartbeat, app.store)


def _engine_check(engine: Engine, egress: Egress | None) -> Callable[[], str | None]:
    """Why the engine can run nothing now, as a sentence, or None."""
    one_at_a_time = threading.Lock()

    def check() -> str | None:
        try:
            engine.ping()
            with one_at_a_time:
                return egress.hold() if egress else None
        except SandboxUnavailable as error:
            return str(error)

    return check


def _refuse_unsafe(settings: Settings) -> None:
    """Raises SetupError unless the engine enforces what the sandbox relies on, and Redis never evicts the queue."""
    for finding in examine(App(settings)):
        if not finding.well:
            raise SetupError(finding.sentence)
