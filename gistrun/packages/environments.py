"""Environments: an image for each lock, which is the language's image with the packages that the lock names.

It is made when it is first needed, shared by all programs with the same lock, and removed when it is long unused.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from gistrun import figures
from gistrun.engine import Engine
from gistrun.errors import EngineRefused, Interrupted, PackagesRefused, RegistryUnavailable, SandboxUnavailable
from gistrun.images.builder import Builder
from gistrun.images.catalogue import ENVIRONMENT, Catalogue
from gistrun.images.recipe import tools
from gistrun.languages import Language
from gistrun.model import Image, Lock, digest
from gistrun.packages.ecosystems import ALL
from gistrun.packages.installer import DOWNLOAD_BYTES, SECONDS, Installer, InstallerEnded, Job, Said
from gistrun.packages.registry import Address, Registry
from gistrun.packages.wanted import Ecosystem, Need, Wanted
from gistrun.sandbox.owner import Owner

log = logging.getLogger(__name__)

#: Where the scripts of an ecosystem are in the images with its tools, and what connects an installer to its registry.
_SCRIPTS = "/usr/local/lib/gistrun/packages"
_DOOR = (
    "socat -d0 TCP-LISTEN:3128,bind=127.0.0.1,fork,reuseaddr,backlog=128 UNIX-CONNECT:/registry/socket & "
    "export HTTPS_PROXY=http://127.0.0.1:3128 HTTP_PROXY=http://127.0.0.1:3128; "
    "export https_proxy=$HTTPS_PROXY http_proxy=$HTTP_PROXY; "
)
#: Packages that were imported and cannot be had are left out, at most so many.
_LEFT_OUT = 5
#: An environment is not removed within so many seconds after it was used.
_IN_USE_S = 300
#: Bytes, on an environment's image, and the lock's packages.
_BYTES = "gistrun.bytes"


@dataclass(frozen=True, slots=True)
class Ready:
    """An environment is there."""

    #: The image's name.
    image: str
    lock: Lock


class Memory(Protocol):
    """What an installation remembers of its environments; `store.packages` does."""

    def lock_of_today(self, wanted: str) -> Lock | None:
        """The lock to which the same was resolved a short while ago."""

    def resolved(self, lock: Lock) -> None:
        """What is wanted was resolved to that lock."""

    def used(self, image: str) -> None:
        """An environment is about to be used."""

    def last_used(self) -> Mapping[str, float]:
        """When each environment was used last, in seconds since the epoch."""

    def removed(self, image: str) -> None:
        """An environment is not there any more."""


class Forgetful:
    """The memory of a command that runs without Redis: there is none."""

    def lock_of_today(self, wanted: str) -> Lock | None:  # noqa: ARG002
        return None

    def resolved(self, lock: Lock) -> None:
        pass

    def used(self, image: str) -> None:
        pass

    def last_used(self) -> Mapping[str, float]:
        return {}

    def removed(self, image: str) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Means:
    """What environments are made with.

    Attributes:
        data: this host's data folder, for locks between its processes.
        registries: variables of the tools by which the deployment names registries of its own.
        upstream: the proxy of this machine, or None.
        memory_bytes: for an installer.
        disk_bytes: what all environments may take.
    """

    engine: Engine
    builder: Builder
    catalogue: Catalogue
    owner: Owner
    data: Path
    registries: Mapping[str, str]
    upstream: Address | None
    memory_bytes: int
    disk_bytes: int


class Environments:
    """The environments on one engine."""

    def __init__(self, means: Means, memory: Memory) -> None:
        self._means = means
        self._memory = memory
        self._installer: Installer | None = None
        self._stopped = False

    def base(self, language: Language) -> Image:
        """The language's own image.

        Raises:
            SandboxUnavailable: it is not there.
        """
        image = self._means.catalogue.ready(language.image)
        if image is None:
            raise SandboxUnavailable(f"The image for {language.image} is missing.")
        return image

    def ensure(self, language: Language, needs: tuple[Need, ...], lock: Lock | None) -> Iterator[Said | Ready]:
        """What is said while an environment is made, and the environment last. Nothing is said where it is there.

        Args:
            lock: what the program had before, or None: then what it needs is resolved.

        Raises:
            PackagesRefused: what is needed cannot be had. RegistryUnavailable: a registry does not answer.
            SandboxUnavailable: the engine does not answer, or the tools' image cannot be made.
        """
        self._stopped = False
        base = self.base(language)
        wanted = Wanted(needs)
        for _ in range(_LEFT_OUT + 1):
            key = digest([language.packages, language.image, wanted.key])
            known = lock if lock and lock.wanted == key else self._memory.lock_of_today(key)
            if known and self._is_there(name := _name(base, known)):
                self._memory.used(name)
                yield Ready(name, known)
                return
            try:
                yield from self._make(language, wanted, known or Lock(key, b""))
                return
            except PackagesRefused as refusal:
                left = _without_imported(wanted, str(refusal))
                if left is None:
                    raise
                yield Said(0.0, f"Left out: {refusal}\n")
                wanted = left
        raise PackagesRefused("Too many of the imported packages cannot be had.")

    def stop(self) -> None:
        """Give up the environment that is being made: whoever waits for it raises Interrupted. Thread-safe."""
        self._stopped = True
        if self._installer is not None:
            self._installer.hang_up()

    def _is_there(self, name: str) -> bool:
        return self._means.catalogue.inspect(name) is not None

    def _make(self, language: Language, wanted: Wanted, lock: Lock) -> Iterator[Said | Ready]:
        ecosystem = ALL[language.packages or ""]
        tools_id = self._means.builder.ensure(tools(language.image))
        base = self.base(language)  # now that of the tools' image
        with self._alone(lock.wanted), self._door(ecosystem) as registry:
            request = dict(ecosystem.request(wanted))
            if lock.text:
                request[ecosystem.lock_name] = lock.text
            environment = dict(self._means.registries)
            job = Job(
                tools_id,
                f"{_DOOR}exec {_SCRIPTS}/install",
                self._means.memory_bytes,
                request,
                environment,
                f"gistrun-downloads-{language.packages}",
            )
            with self._started(job, registry) as installer:
                try:
                    for said in installer.lock():
                        if isinstance(said, bytes):
                            lock = Lock(lock.wanted, said, ecosystem.packages(said, wanted))
                        else:
                            yield said
                    name = _name(base, lock)
                    there = self._is_there(name)
                    yield Said(0.0, f"{'Already here:' if there else 'Installing'} {_listed(lock)}\n")
                    if not there:
                        yield from installer.install()
                        yield from self._keep(installer, name, registry)
                except InstallerEnded:
                    raise _refusal(ecosystem, registry, installer.said) from None
        self._memory.resolved(lock)
        self._memory.used(name)
        yield Ready(name, lock)

    def _keep(self, installer: Installer, name: str, registry: Registry) -> Iterator[Said]:
        """Make the environment's image of an installer that has installed everything; what is said meanwhile."""
        registry.close()
        means = self._means
        tag = means.catalogue.tag(name)
        written = installer.written()
        # It has a name of its own until everything is compiled: another run would take it as it is.
        image = installer.commit(f"{tag}-installed", {ENVIRONMENT: f"{name}-installed", _BYTES: str(written)})
        installer.close()
        try:
            job = Job(image, f"{_SCRIPTS}/prepare", means.memory_bytes)
            with self._started(job) as preparing:
                yield from preparing.finish()
                written += preparing.written()
                preparing.commit(tag, {ENVIRONMENT: name, _BYTES: str(written)})
        finally:
            means.engine.remove_image(f"{tag}-installed")
        self.prune(name)

    def prune(self, keep: str) -> None:
        """Remove what was not used for longest until the rest, with `keep`, takes no more than it may."""
        means = self._means
        last_used = self._memory.last_used()
        found = {
            each["Labels"][ENVIRONMENT]: int(each["Labels"].get(_BYTES, 0)) for each in means.engine.images(ENVIRONMENT)
        }
        total = sum(found.values())
        now = time.time()
        for name in sorted(found, key=lambda name: last_used.get(name, 0.0)):
            if total <= means.disk_bytes:
                return
            if name == keep or now - last_used.get(name, 0.0) < _IN_USE_S:
                continue
            try:
                means.engine.remove_image(means.catalogue.tag(name))
            except EngineRefused as error:
                log.info("%s stays: %s", name, error.reason)
                continue
            log.info("%s was removed; it had not been used for longest, and took %s", name, figures.size(found[name]))
            self._memory.removed(name)
            total -= found[name]

    @contextlib.contextmanager
    def _door(self, ecosystem: Ecosystem) -> Iterator[Registry]:
        values = (value for each in self._means.registries.values() for value in re.split(r"[\s,|]+", each))
        hosts = {urlsplit(value).hostname for value in values}
        registry = Registry(ecosystem.hosts | {host for host in hosts if host}, DOWNLOAD_BYTES, self._means.upstream)
        try:
            yield registry
        finally:
            registry.close()

    @contextlib.contextmanager
    def _started(self, job: Job, registry: Registry | None = None) -> Iterator[Installer]:
        installer = Installer(self._means.engine, self._means.owner, job, registry)
        self._installer = installer
        try:
            if self._stopped:
                raise Interrupted("The installation was stopped.")
            yield installer
        except (SandboxUnavailable, PackagesRefused):
            if self._stopped:
                raise Interrupted("The installation was stopped.") from None
            raise
        finally:
            self._installer = None
            installer.close()

    @contextlib.contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """Of this host's processes only one makes what that key is for; the others wait, and then find it made."""
        folder = self._means.data / "packages"
        folder.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + 2 * SECONDS
        with open(folder / f"{key[:2]}.lock", "w") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise SandboxUnavailable("Another installation on this host does not end.") from None
                    time.sleep(0.05)
            yield


def _name(base: Image, lock: Lock) -> str:
    return f"{base.name}+{digest([base.digest, lock.digest])[:16]}"


def _listed(lock: Lock) -> str:
    listed = [f"{package.name} {package.version}" for package in lock.packages]
    more = f" and {len(listed) - 20} more" if len(listed) > 20 else ""
    return f"{', '.join(listed[:20])}{more}"


def _refusal(ecosystem: Ecosystem, registry: Registry, said: str) -> Exception:
    if registry.trouble:
        return RegistryUnavailable(f"A registry of packages does not answer: {registry.trouble}")
    if registry.exceeded:
        return PackagesRefused(
            f"These packages are larger than the {DOWNLOAD_BYTES // 10**6} MB that may be downloaded."
        )
    return PackagesRefused(ecosystem.reason(said) or "The packages could not be installed; the output says why.")


def _without_imported(wanted: Wanted, reason: str) -> Wanted | None:
    """The same without the imported packages that the reason names; None if it names none of them."""
    words = set(reason.replace(",", " ").replace("`", " ").split())
    left = tuple(need for need in wanted.needs if need.source != "import" or need.name not in words)
    return replace(wanted, needs=left) if left != wanted.needs and left else None
