"""`gistrun watch`: keeps gists fresh, takes up runs that nobody works on, and removes what a crash left behind."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable

from gistrun.app import App
from gistrun.engine import Engine
from gistrun.errors import SandboxUnavailable, StoreUnavailable
from gistrun.runs import Runs
from gistrun.sandbox.sweep import sweep
from gistrun.store import Store

log = logging.getLogger(__name__)

#: Seconds to wait for a queue before `stop` is checked, and between two turns of the watcher.
_WAIT_S = 1.0
_TURN_S = 1.0
#: Seconds to wait after an error, so that Redis or the engine can come back.
_PAUSE_S = 5.0
#: Seconds of the lease of the one process that recovers runs.
_RECOVERS_S = 15


def watch(app: App) -> None:
    """Do all of this until SIGINT or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    watcher = app.watcher(name)
    repeat("watch", watcher.turn, _TURN_S, stop)
    repeat("revisit", Revisits(app.store, app.runs).next, 0.0, stop)
    repeat("readmes", lambda: app.deliveries.read_next(_WAIT_S), 0.0, stop)
    repeat("recover", lambda: _recover(app, name), _TURN_S, stop)
    repeat("sweep", _Sweeper(app).sweep, _TURN_S, stop)
    stop.wait()


def repeat(name: str, act: Callable[[], object], seconds: float, stop: threading.Event) -> threading.Thread:
    """Act every so many seconds until `stop`, on a thread of its own. An error is logged, and then there is a pause."""

    def loop() -> None:
        while not stop.wait(seconds):
            try:
                act()
            except StoreUnavailable as error:
                log.debug("%s waits for Redis: %s", name, error.__cause__)
                stop.wait(_PAUSE_S)
            except SandboxUnavailable as error:
                log.warning("%s", error)
                stop.wait(_PAUSE_S)
            except Exception:
                log.exception("%s broke", name)
                stop.wait(_PAUSE_S)

    thread = threading.Thread(target=loop, name=name, daemon=True)
    thread.start()
    return thread


class Revisits:
    """Does the revisits that wait, one after the other. One that Redis did not let it do comes again first."""

    def __init__(self, store: Store, runs: Runs) -> None:
        self._waiting = store.revisits
        self._runs = runs
        self._held: str | None = None

    def next(self) -> None:
        """Do the next revisit, if there is one within a second.

        Raises:
            StoreUnavailable: the revisit is held for the next call.
        """
        gist_id = self._held or self._waiting.next(_WAIT_S)
        if not gist_id:
            return
        try:
            self._held = None
            self._runs.revisit(gist_id)
        except StoreUnavailable:
            self._held = gist_id
            raise


def _recover(app: App, name: str) -> None:
    if app.store.workers.leads("recover", name, _RECOVERS_S):
        app.recovery.recover()


class _Sweeper:
    def __init__(self, app: App) -> None:
        self._app = app
        self._engine: Engine | None = None

    def sweep(self) -> None:
        self._engine = self._engine or self._app.engine()
        workers = self._app.store.workers
        if removed := sweep(self._engine, workers.instance(), workers.is_alive, time.time()):
            log.warning("Removed %d sandboxes that a lost worker left behind", removed)
