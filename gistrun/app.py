"""The composition root: settings in, everything wired. Nothing else knows how the parts are made."""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import flask

from gistrun import engine, languages
from gistrun.egress.network import Egress
from gistrun.engine import Engine
from gistrun.errors import SandboxUnavailable, StoreUnavailable
from gistrun.freshness.deliveries import Deliveries
from gistrun.freshness.gists import Gists
from gistrun.freshness.watcher import Watcher
from gistrun.github import GitHub, Ledger
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.model import Image, Network
from gistrun.offer import Offer
from gistrun.recovery import Recovery
from gistrun.runs import Execution, Runs
from gistrun.sandbox.demand import Plan
from gistrun.sandbox.host import Host, Slot
from gistrun.sandbox.maker import Maker
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy
from gistrun.sandbox.pool import Pool
from gistrun.settings import Settings
from gistrun.store import Store, connect
from gistrun.web import create_app
from gistrun.work import jobs
from gistrun.work.worker import Heartbeat, Worker
from webhooks.receiver import receiver

log = logging.getLogger(__name__)

#: Seconds for any one answer of the engine.
_ENGINE_TIMEOUT_S = 60
#: The same where a worker's sign of life, which is due every few seconds, waits for the answer.
_ENGINE_QUICK_S = 3


class App:
    """Everything one process needs, made once from the settings. Connects to nothing until it is used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.languages = languages.load(settings.languages)
        self.store = Store(connect(settings.redis_url))
        self.github = self._make_github(self.store.github)
        limits = settings.limits
        longest = limits.timeout_s + limits.compile_timeout_s
        queue = jobs.Queue(self.store, job_timeout_s=int(longest) + 120)
        offer = Offer(self.languages, limits)
        gists = Gists(self.github, self.store, settings.check_interval, _now)
        self.runs = Runs(gists, self.store, queue, offer, _now, new_id=lambda: secrets.token_hex(10))
        self.recovery = Recovery(self.store, queue, _now)
        self.execution = Execution(self.store, offer, self.recovery, _now)
        self.deliveries = Deliveries(self.github, self.store, _now)

    def _make_github(self, ledger: Ledger | None) -> GitHub:
        settings = self.settings
        return GitHub(
            settings.github_api_url,
            settings.github_token,
            settings.raw_hosts,
            settings.gist_size,
            _now,
            ledger=ledger,
        )

    def github_for_a_command(self) -> GitHub:
        """GitHub for a command that shares the service's budget where a service is there, and runs without one too."""
        try:
            self.store.ping()
        except StoreUnavailable:
            return self._make_github(None)
        return self.github

    def web(self) -> flask.Flask:
        """The web application, webhook receiver included."""
        hooks = receiver(self.settings.webhook_secrets, self.deliveries.accept)
        return create_app(self.runs, self.store, self.languages, self.settings, [hooks])

    def engine(self, timeout_s: int = _ENGINE_TIMEOUT_S) -> Engine:
        """The Docker engine that DOCKER_HOST names.

        Raises:
            EngineUnavailable: it does not answer.
        """
        return engine.connect(timeout_s)

    def images(self, engine: Engine, names: list[str] | None = None) -> Catalogue:
        """The images on the engine, of all languages or only of those named."""
        return Catalogue(engine, {name: self.languages[name] for name in names or self.languages})

    def sandboxes(self, engine: Engine, owner: Owner, slot: Slot | None = None) -> Pool:
        """A pool of sandboxes that belongs to `owner`. In a slot of a host it keeps its share of them waiting."""
        settings = self.settings
        policy = Policy(settings.limits, settings.runtime, settings.network_dns)
        maker = Maker(engine, self.images(engine), self.languages, policy, owner)
        plan = None
        if slot:
            plan = Plan.of(settings.warm, settings.warm_memory, policy.waiting_bytes, settings.workers, slot.index)
        return Pool(maker, plan, slot)

    def egress(self, engine: Engine) -> Egress | None:
        """The network of sandboxes with its firewall, or None if sandboxes have no network."""
        if self.settings.limits.network is Network.NONE:
            return None
        return Egress(engine, self.settings.network_dns, self.settings.runtime)

    @contextmanager
    def network(self) -> Iterator[None]:
        """The network that the settings ask for, as long as it is needed.

        Raises:
            SetupError: its rules cannot be enforced. SandboxUnavailable: the engine does not answer.
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
            with suppress(SandboxUnavailable):  # the engine has gone, and with it all that used the network
                egress.close()

    def work(self, name: str, place: int, host: Host) -> Worker:
        """What the worker of that name does; the one at that place on a host keeps its share of ready sandboxes."""
        engine = self.engine()
        quick = self.engine(_ENGINE_QUICK_S)
        images = self.images(quick)
        egress = self.egress(quick)
        if egress:
            egress.open()
        sandboxes = self.sandboxes(engine, Owner(self.store.workers.instance(), name), host.slot(place))

        holding = threading.Lock()

        def trouble() -> str | None:
            try:
                quick.ping()
                with holding:
                    return egress.hold() if egress else None
            except SandboxUnavailable as error:
                return str(error)

        heartbeat = Heartbeat(name, self.store, sandboxes, trouble, images.all_ready, self.github.budget)
        return Worker(name, self.execution, sandboxes, heartbeat, self.store)

    def build_images(self, names: list[str]) -> int:
        """Build what is missing and tell the service as each becomes ready; returns how many could not be built."""
        broken: list[str] = []
        unheard: list[str] = []

        def publish(name: str, write: Callable[[], None]) -> None:
            try:
                write()
            except StoreUnavailable:
                unheard.append(name)

        def on_ready(image: Image) -> None:
            publish(image.language, lambda: self.store.languages.publish(image))

        def on_broken(name: str, reason: str) -> None:
            broken.append(name)
            publish(name, lambda: self.store.languages.publish_broken(name, reason))

        engine = self.engine()
        owner = Owner(self._instance(), f"images-{os.getpid()}")
        Builder(engine, self.images(engine, names), owner, self.settings.runtime).build_all(on_ready, on_broken)
        if unheard:
            log.info("No service is running that could be told; its workers look for themselves.")
        return len(broken)

    def _instance(self) -> str:
        """The installation's name, or a name of its own for a command that runs without the service."""
        try:
            return self.store.workers.instance()
        except StoreUnavailable:
            return "images"

    def watcher(self, name: str) -> Watcher:
        """The watcher of that name."""
        return Watcher(name, self.store, self.github, self.settings.check_interval, _now)


def _now() -> datetime:
    return datetime.now(UTC)
