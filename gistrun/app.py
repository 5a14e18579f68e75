"""The composition root: settings in, everything wired. Nothing else knows how the parts are made."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import docker
import flask

from gistrun import jobs, languages, watch
from gistrun.deliveries import Deliveries
from gistrun.errors import SandboxUnavailable
from gistrun.github import Account, GitHub, Ledger
from gistrun.model import Network, ReadyLanguage
from gistrun.runs import Runs
from gistrun.sandbox.container import ENGINE_ERRORS, Owner
from gistrun.sandbox.demand import Plan
from gistrun.sandbox.egress import Egress
from gistrun.sandbox.host import Host
from gistrun.sandbox.images import Images
from gistrun.sandbox.policy import Policy
from gistrun.sandbox.pool import Pool
from gistrun.sandbox.sweep import sweep
from gistrun.settings import Settings
from gistrun.store import UNREACHABLE, Store, connect
from gistrun.web import create_app
from gistrun.worker import Worker
from webhooks.receiver import receiver

log = logging.getLogger(__name__)

#: Seconds for any one answer of the engine ...
_ENGINE_TIMEOUT_S = 60
#: ... and where a sign of life waits for it, which is awaited every few seconds.
_ENGINE_QUICK_S = 3


class App:
    """Everything one process needs, made once from the settings. Connects to nothing until it is used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.languages = languages.load(settings.languages)
        self.store = Store(connect(settings.redis_url))
        self.github = self._make_github(self.store)
        limits = settings.limits
        longest = limits.timeout_s + limits.compile_timeout_s
        self.queue = jobs.Queue(self.store.client, job_timeout_s=int(longest) + 120)
        self.runs = Runs(
            self.github.gists,
            self.store,
            self.queue,
            self.languages,
            limits,
            settings.check_interval,
            now=lambda: datetime.now(UTC),
            new_id=lambda: secrets.token_hex(10),
        )
        self.deliveries = Deliveries(self.github.readmes, self.store, lambda: datetime.now(UTC))

    def _make_github(self, ledger: Ledger | None) -> GitHub:
        settings = self.settings
        account = Account(settings.github_api_url, settings.github_token, settings.raw_hosts)
        return GitHub(account, settings.gist_size, lambda: datetime.now(UTC), ledger)

    def github_for_a_command(self) -> GitHub:
        """GitHub for a command that shares the service's budget where a service is there, and runs without one too."""
        try:
            self.store.ping()
        except UNREACHABLE:
            return self._make_github(None)
        return self.github

    def web(self) -> flask.Flask:
        """The web application, webhook receiver included."""
        hooks = receiver(self.settings.webhook_secrets, self.deliveries.accept)
        return create_app(self.runs, self.store, self.languages, self.settings, [hooks])

    def engine(self, timeout_s: int = _ENGINE_TIMEOUT_S) -> Any:
        """A client of the Docker engine that DOCKER_HOST names.

        Raises:
            SandboxUnavailable: the engine does not answer.
        """
        try:
            client: Any = docker.from_env(timeout=timeout_s)
            client.ping()
        except ENGINE_ERRORS as error:
            raise SandboxUnavailable(
                f"The Docker engine does not answer ({error}): start it, or set DOCKER_HOST to where it is."
            ) from error
        return client.api

    def images(self, engine: Any, names: list[str] | None = None) -> Images:
        """The language images on the engine, of all languages or those named."""
        known = {name: self.languages[name] for name in names or self.languages}
        return Images(engine, known, runtime=self.settings.runtime)

    def sandboxes(self, engine: Any, owner: Owner, host: Host | None = None, place: int = 0) -> Pool:
        """A pool of sandboxes that belongs to `owner`; on a host, with as many ready as fall to its place there."""
        settings = self.settings
        policy = Policy(settings.limits, settings.runtime, settings.network_dns)
        plan = Plan(0, 0)
        if host:
            plan = Plan.of(settings.warm, settings.warm_memory, policy.waiting_bytes, settings.workers, place)
        return Pool(engine, self.images(engine), self.languages, policy, owner, plan, host, place)

    def egress(self, engine: Any) -> Egress | None:
        """What holds sandboxes with a network back, or None where they have none."""
        if self.settings.limits.network is Network.NONE:
            return None
        return Egress(engine, self.settings.network_dns, self.settings.runtime)

    @contextmanager
    def network(self) -> Iterator[None]:
        """The network that the settings ask for, as long as it is needed.

        Raises:
            SetupError: it cannot be held as it must be. SandboxUnavailable: the engine does not answer.
        """
        # Without a network the engine may be started later.
        egress = None if self.settings.limits.network is Network.NONE else self.egress(self.engine())
        if egress is None:
            yield
            return
        egress.open()
        try:
            yield
        finally:
            with suppress(*ENGINE_ERRORS):  # gone by itself: nothing is left that the network could be taken from
                egress.close()

    def work(self, name: str, place: int, host: Host) -> Worker:
        """What the worker of that name does; the one at that place on a host keeps its share of ready sandboxes."""
        engine = self.engine()
        quick = self.engine(_ENGINE_QUICK_S)
        images = self.images(quick)
        egress = self.egress(quick)
        if egress:
            egress.open()
        sandboxes = self.sandboxes(engine, Owner(self.store.instance(), name), host, place)

        holding = threading.Lock()

        def trouble() -> str | None:
            try:
                quick.ping()
                with holding:
                    return egress.hold() if egress else None
            except ENGINE_ERRORS as error:
                return f"The Docker engine does not answer: {error}"

        return Worker(name, self.runs, sandboxes, self.store, trouble, images.all_ready, self.github.budget)

    def build_images(self, names: list[str]) -> int:
        """Build what is missing and tell the service as each becomes ready; returns how many could not be built."""
        broken: list[str] = []
        unheard: list[str] = []

        def publish(name: str, write: Callable[[], None]) -> None:
            try:
                write()
            except UNREACHABLE:
                unheard.append(name)

        def on_ready(ready: ReadyLanguage) -> None:
            publish(ready.name, lambda: self.store.publish_language(ready))

        def on_broken(name: str, reason: str) -> None:
            broken.append(name)
            publish(name, lambda: self.store.publish_broken_language(name, reason))

        self.images(self.engine(), names).build_all(on_ready, on_broken)
        if unheard:
            log.info("No service is running that could be told; its workers look for themselves.")
        return len(broken)

    def watch(self) -> None:
        """Until SIGINT or SIGTERM: keep gists fresh, take up what nobody works on, remove what a crash left behind."""
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        watcher = watch.Watcher(
            name, self.store, self.github.lists, self.settings.check_interval, lambda: datetime.now(UTC)
        )
        threading.Thread(target=watch.revisit, args=(self.runs, self.store, stop), name="revisit", daemon=True).start()
        threading.Thread(target=watch.watch, args=(watcher, stop), name="watch", daemon=True).start()
        reading = (self.deliveries, stop)
        threading.Thread(target=watch.read_readmes, args=reading, name="readmes", daemon=True).start()
        engine: Any = None
        while not stop.wait(1.0):
            try:
                self.runs.recover()
                engine = engine or self.engine()
                if removed := sweep(engine, self.store.instance(), self.store.is_alive, time.time()):
                    log.warning("Removed %d sandboxes that a lost worker left behind", removed)
            except (*UNREACHABLE, *ENGINE_ERRORS, SandboxUnavailable) as error:
                log.warning("Cannot look after the service now: %s", error)
                stop.wait(5.0)
