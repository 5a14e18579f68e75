"""The composition root: makes every part from the settings and connects them. No other module does that."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import flask

from gistrun import engine, languages
from gistrun.egress.network import Egress
from gistrun.engine import Engine
from gistrun.errors import SandboxUnavailable, StoreUnavailable
from gistrun.execution import Execution
from gistrun.freshness.deliveries import Deliveries
from gistrun.freshness.gists import Gists
from gistrun.freshness.watcher import Watcher
from gistrun.github import Account, GitHub, Ledger
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.images.shared import SharedImages
from gistrun.installing import InstallingSandboxes
from gistrun.model import Network
from gistrun.offer import Offer
from gistrun.packages.bounds import COMPILE_SECONDS, PULL_SECONDS, SECONDS, TOOLS_SECONDS
from gistrun.packages.environments import Environments
from gistrun.packages.means import Means
from gistrun.packages.memory import Memory
from gistrun.recovery import Recovery
from gistrun.runs import Runs
from gistrun.sandbox.demand import Plan
from gistrun.sandbox.host import Slot
from gistrun.sandbox.maker import Maker
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy
from gistrun.sandbox.pool import Pool
from gistrun.settings import Settings
from gistrun.snippets import WithSnippets
from gistrun.store import PATIENCE_S, Store, connect
from gistrun.web import create_app
from gistrun.work.queue import Queue
from webhooks.receiver import receiver

#: The engine must answer each call within this many seconds.
_ENGINE_TIMEOUT_S = 60
#: Runs that have not ended may hold one part in so many of what Redis may. Redis evicts none of them.
_ACTIVE_SHARE = 4


class App:
    """Everything one process needs, made once from the settings. Connects to nothing until it is used."""

    def __init__(self, settings: Settings, store_patience_s: float = PATIENCE_S) -> None:
        """
        Args:
            store_patience_s: seconds for an answer of Redis; `BACKGROUND_PATIENCE_S` where no person waits.
        """
        self.settings = settings
        self.languages = languages.load(settings.languages)
        client = connect(settings.redis_url, store_patience_s)
        self.store = Store(client, settings.keep, settings.redis_memory // _ACTIVE_SHARE)
        self.github = self._make_github(self.store.github)
        limits = settings.limits
        longest = limits.timeout_s + limits.compile_timeout_s
        installing = TOOLS_SECONDS + PULL_SECONDS + 2 * SECONDS + COMPILE_SECONDS
        queue = Queue(self.store, job_timeout_s=int(longest) + installing)
        offer = self.offer = Offer(self.languages, limits)
        gists = Gists(WithSnippets(self.github.gists), self.store, settings.check_interval, _now)
        self.runs = Runs(gists, self.store, queue, offer, _now, new_id=lambda: secrets.token_hex(10))
        self.recovery = Recovery(self.store, queue, _now)
        self.execution = Execution(self.store, offer, self.recovery, _now)
        self.deliveries = Deliveries(self.github.readmes, self.store, _now)

    def _make_github(self, ledger: Ledger | None) -> GitHub:
        settings = self.settings
        account = Account(settings.github_api_url, settings.github_token, settings.raw_hosts)
        return GitHub(account, settings.gist_size, _now, ledger)

    def github_for_a_command(self) -> GitHub:
        """GitHub for a command. It shares the service's budget if Redis answers, and works without Redis too."""
        try:
            self.store.ping()
        except StoreUnavailable:
            return self._make_github(None)
        return self.github

    def web(self) -> flask.Flask:
        """The web application with the webhook receiver."""
        hooks = receiver(self.settings.webhook_secrets, self.deliveries.accept, (StoreUnavailable,))
        return create_app(self.runs, self.store, self.languages, self.settings, self.github.lists.public_gists, [hooks])

    def engine(self, timeout_s: int = _ENGINE_TIMEOUT_S) -> Engine:
        """The Docker engine that DOCKER_HOST names.

        Raises:
            EngineUnavailable: it does not answer.
        """
        return engine.connect(timeout_s)

    def images(self, engine: Engine) -> Catalogue:
        """The images of all languages on the engine."""
        return Catalogue(engine, self.languages)

    def sandboxes(self, engine: Engine, owner: Owner, slot: Slot | None = None) -> Pool:
        """A pool of sandboxes that belongs to `owner`. With a slot it keeps the slot's share of sandboxes waiting."""
        settings = self.settings
        policy = Policy(settings.limits, settings.runtime, settings.network_dns)
        maker = Maker(engine, self.images(engine), self.languages, policy, owner)
        plan = None
        if slot:
            plan = Plan.of(settings.warm, settings.warm_memory, policy.waiting_bytes, settings.workers, slot.index)
        return Pool(maker, plan, slot)

    def installing(self, engine: Engine, owner: Owner, sandboxes: Pool, memory: Memory) -> InstallingSandboxes:
        """The same sandboxes, with the packages that programs need."""
        settings = self.settings
        catalogue = self.images(engine)
        means = Means(
            engine,
            Builder(engine, catalogue, owner, settings.runtime),
            catalogue,
            owner,
            settings.data,
            dict(settings.registries),
            settings.upstream,
            settings.limits.compile_memory_bytes,
            settings.packages_disk,
            shared=SharedImages(engine, catalogue, settings.registry) if settings.registry else None,
        )
        return InstallingSandboxes(sandboxes, Environments(means, memory), self.offer.version_of, settings.packages)

    def egress(self, engine: Engine) -> Egress | None:
        """The network of sandboxes with its firewall, or None if sandboxes have no network."""
        if self.settings.limits.network is Network.NONE:
            return None
        return Egress(engine, self.settings.network_dns, self.settings.runtime)

    @contextmanager
    def network(self) -> Iterator[None]:
        """Set up the network that the settings ask for, and remove it after the block.

        Raises:
            SetupError: its rules cannot be enforced. SandboxUnavailable: the engine does not answer.
        """
        # The engine is needed only for a network. Without one it may be started later.
        egress = None if self.settings.limits.network is Network.NONE else self.egress(self.engine())
        if egress is None:
            yield
            return
        egress.open()
        try:
            yield
        finally:
            with suppress(SandboxUnavailable):  # the engine is gone, and with it everything that used the network
                egress.close()

    def watcher(self, name: str) -> Watcher:
        """The watcher of that name."""
        return Watcher(name, self.store, self.github.lists, self.settings.check_interval, _now)


def _now() -> datetime:
    return datetime.now(UTC)
