"""Environments: an image for each lock, which is the language's image with the packages that the lock names.

It is made when it is first needed, shared by all programs with the same lock, and removed when it is long unused.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from gistrun.errors import EngineRefused, Interrupted, PackagesRefused, RegistryUnavailable, SandboxUnavailable
from gistrun.images.recipe import tools
from gistrun.languages import Language
from gistrun.model import Image, Lock, digest
from gistrun.packages.bounds import too_large
from gistrun.packages.disk import Disk
from gistrun.packages.downloads import place, used
from gistrun.packages.ecosystems import ALL
from gistrun.packages.installer import Installer, InstallerEnded, Job, Said
from gistrun.packages.means import DOOR, SCRIPTS, Means
from gistrun.packages.memory import Memory
from gistrun.packages.preparing import Preparing, Unprepared
from gistrun.packages.registry import Registry
from gistrun.packages.turns import Turns
from gistrun.packages.wanted import Ecosystem, Need, Wanted

#: Packages that were imported and cannot be had are left out, at most so many.
_LEFT_OUT = 5


@dataclass(frozen=True, slots=True)
class Ready:
    """An environment is there."""

    #: The image's name.
    image: str
    lock: Lock


class Environments:
    """The environments on one engine."""

    def __init__(self, means: Means, memory: Memory) -> None:
        self._means = means
        self._memory = memory
        self._disk = Disk(means.engine, means.catalogue, memory)
        self._preparing = Preparing(means)
        self._turns = Turns(means.data / "packages")
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
        ecosystem = ALL[language.packages or ""]
        replaced = False
        for _ in range(_LEFT_OUT + 2):
            key = digest([language.packages, language.image, wanted.key])
            known = lock if lock and lock.wanted == key else self._memory.lock_of_today(key)
            if known and self._is_there(name := _name(base, known)):
                self._memory.used(name)
                # The lock may be another gist's, which asked for the same in another way.
                yield Ready(name, replace(known, packages=ecosystem.packages(known.text, wanted)))
                return
            try:
                yield from self._make(language, wanted, known or Lock(key, b""))
                return
            except EngineRefused as refusal:
                if refusal.code != 404 or replaced:
                    raise
                replaced = True  # another process has replaced the image with the tools just now
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
        self._preparing.stop()

    def was_used(self, image: str) -> None:
        """A program has run in that environment: prepare it for the next, if that was not done. Returns at once."""
        self._preparing.later(image)

    def close(self, patience_s: float) -> None:
        """Return when nothing is being prepared any more: all is done, or was given up after so many seconds."""
        self._preparing.close(patience_s)

    def _is_there(self, name: str) -> bool:
        return self._means.catalogue.inspect(name) is not None

    def _make(self, language: Language, wanted: Wanted, lock: Lock) -> Iterator[Said | Ready]:
        ecosystem = ALL[language.packages or ""]
        means = self._means
        tools_id = means.builder.ensure(tools(language.image))
        base = self.base(language)  # now that of the tools' image
        with (
            self._turns.turn(lock.wanted[:2], means.bounds.seconds + means.bounds.prepare_seconds),
            self._door(ecosystem) as registry,
            place(means, language.packages or "", self._preparing.aside) as downloads,
        ):
            if not lock.text:  # another may have resolved the same while this one waited
                lock = self._memory.lock_of_today(lock.wanted) or lock
            request = dict(ecosystem.request(wanted)) | ({ecosystem.lock_name: lock.text} if lock.text else {})
            job = Job(
                tools_id,
                f"{DOOR}exec {SCRIPTS}/install",
                means.memory_bytes,
                request,
                dict(means.registries),
                downloads,
                means.bounds,
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
                        registry.close()
                        yield from self._keep(installer, name)
                except InstallerEnded:
                    raise self._refusal(ecosystem, registry, installer.said) from None
                except Unprepared as error:
                    raise PackagesRefused(ecosystem.reason(error.said) or str(error)) from None
        used(means, language.packages or "", lock.text)
        self._memory.resolved(lock)
        self._memory.used(name)
        yield Ready(name, lock)

    def _keep(self, installer: Installer, name: str) -> Iterator[Said]:
        """Make the environment's image of an installer that has installed everything."""
        installer.weigh()
        if installer.usable:
            self._preparing.usable(installer, name)
        else:
            yield from self._preparing.first(installer, name)
        self._preparing.aside(lambda: self._disk.make_room(self._means.disk_bytes, keep=name))

    @contextlib.contextmanager
    def _door(self, ecosystem: Ecosystem) -> Iterator[Registry]:
        values = (value for each in self._means.registries.values() for value in re.split(r"[\s,|]+", each))
        # uv's own variable may give a registry a name: pypi=https://…
        own = [urlsplit(re.sub(r"^[\w-]+=", "", value)) for value in values]
        hosts = {f"{url.hostname}:{url.port}" if url.port else url.hostname for url in own if url.hostname}
        registry = Registry(ecosystem.hosts | hosts, self._means.bounds.download_bytes, self._means.upstream)
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

    def _refusal(self, ecosystem: Ecosystem, registry: Registry, said: str) -> Exception:
        if registry.exceeded:
            return too_large(self._means.bounds)
        if registry.trouble:
            return RegistryUnavailable(f"A registry of packages does not answer: {registry.trouble}")
        return PackagesRefused(ecosystem.reason(said) or "The packages could not be installed; the output says why.")


def _name(base: Image, lock: Lock) -> str:
    return f"{base.name}+{digest([base.digest, lock.digest])[:16]}"


def _listed(lock: Lock) -> str:
    listed = [f"{package.name} {package.version}" for package in lock.packages]
    more = f" and {len(listed) - 20} more" if len(listed) > 20 else ""
    return f"{', '.join(listed[:20])}{more}"


def _without_imported(wanted: Wanted, reason: str) -> Wanted | None:
    """The same without the imported packages that the reason names; None if it names none of them."""
    words = {word.rstrip(".:;") for word in re.split(r"[\s,`“”()]+", reason)}
    left = tuple(need for need in wanted.needs if need.source != "import" or need.name not in words)
    return replace(wanted, needs=left) if left != wanted.needs and left else None
