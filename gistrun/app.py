"""The composition root: settings in, everything wired. Nothing else knows how the parts are made."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import docker
import flask

from gistrun import languages
from gistrun.errors import SandboxUnavailable, StoreUnavailable
from gistrun.freshness.deliveries import Deliveries
from gistrun.freshness.gists import Gists
from gistrun.freshness.watcher import Watcher
from gistrun.github import Account, GitHub, Ledger
from gistrun.model import Network, ReadyLanguage
from gistrun.offer import Offer
from gistrun.recovery import Recovery
from gistrun.runs import Execution, Runs
from gistrun.sandbox.container import ENGINE_ERRORS, Owner
from gistrun.sandbox.demand import Plan
from gistrun.sandbox.egress import Egress
from gistrun.sandbox.host import Host
from gistrun.sandbox.images import Images
from gistrun.sandbox.policy import Policy
from gistrun.sandbox.pool import Pool
from gistrun.settings import Settings
from gistrun.store import Store, connect
from gistrun.web import create_app
from gistrun.work import jobs
from gistrun.work.worker import Heartbeat, Worker
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
        self.github = self._make_github(self.store.github)
        limits = settings.limits
        longest = limits.timeout_s + limits.compile_timeout_s
        queue = jobs.Queue(self.store, job_timeout_s=int(longest) + 120)
        offer = Offer(self.languages, limits)
        gists = Gists(self.github.gists, self.store, settings.check_interval, _now)
        self.runs = Runs(gists, self.store, queue, offer, _now, new_id=lambda: secrets.token_hex(10))
        self.recovery = Recovery(self.store, queue, _now)
        self.execution = Execution(self.store, offer, self.recovery, _now)
        self.deliveries = Deliveries(self.github.readmes, self.store, _now)

    def _make_github(self, ledger: Ledger | None) -> GitHub:
        settings = self.settings
        account = Account(settings.github_api_url, settings.github_token, settings.raw_hosts)
        return GitHub(account, settings.gist_size, _now, ledger)

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
        sandboxes = self.sandboxes(engine, Owner(self.store.workers.instance(), name), host, place)

        holding = threading.Lock()

        def trouble() -> str | None:
            try:
                quick.ping()
                with holding:
                    return egress.hold() if egress else None
            except ENGINE_ERRORS as error:
                return f"The Docker engine does not answer: {error}"

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

        def on_ready(ready: ReadyLanguage) -> None:
            publish(ready.name, lambda: self.store.languages.publish(ready))

        def on_broken(name: str, reason: str) -> None:
            broken.append(name)
            publish(name, lambda: self.store.languages.publish_broken(name, reason))

        self.images(self.engine(), names).build_all(on_ready, on_broken)
        if unheard:
            log.info("No service is running that could be told; its workers look for themselves.")
        return len(broken)

    def watcher(self, name: str) -> Watcher:
        """The watcher of that name."""
        return Watcher(name, self.store, self.github.lists, self.settings.check_interval, _now)


def _now() -> datetime:
    return datetime.now(UTC)
