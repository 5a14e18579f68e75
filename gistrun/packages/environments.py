"""Environments: an image for each lock, which is the language's image with the packages that the lock names.

It is made when it is first needed, shared by all programs with the same lock, and removed when it is long unused.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator
from dataclasses import replace

from gistrun.errors import EngineRefused, ImageMissing, Interrupted, PackagesRefused, SandboxUnavailable
from gistrun.languages import Language
from gistrun.model import Image, Lock, digest
from gistrun.packages.bounds import away, too_large
from gistrun.packages.disk import Disk
from gistrun.packages.downloads import place, used
from gistrun.packages.ecosystems import ALL
from gistrun.packages.installer import Installer, InstallerEnded
from gistrun.packages.job import Job
from gistrun.packages.keeping import Keeping
from gistrun.packages.means import Means
from gistrun.packages.memory import Memory
from gistrun.packages.preparing import Preparing, Unprepared
from gistrun.packages.registry import Registry
from gistrun.packages.sharing import Sharing
from gistrun.packages.steps import Doing, Early, Ready, Said, Soon, Step, few, listed
from gistrun.packages.tools import Tools, image_of
from gistrun.packages.turns import Turns
from gistrun.packages.wanted import Ecosystem, Need, Wanted

#: Packages that were imported and cannot be had are left out, at most so many.
_LEFT_OUT = 5


class Environments:
    """The environments on one engine."""

    def __init__(self, means: Means, memory: Memory) -> None:
        self._means = means
        self._memory = memory
        self._preparing = Preparing(means)
        self._keeping = Keeping(self._preparing, Disk(means.engine, means.catalogue, memory), means.disk_bytes)
        self._turns = Turns(means.data / "packages")
        self._tools = Tools(means.builder, means.catalogue, self._turns)
        self._sharing = Sharing(means.shared, memory, self._turns, self._is_there)
        self._installer: Installer | None = None
        self._stopped = False

    def base(self, language: Language) -> Image:
        """The language's own image.

        Raises:
            ImageMissing
        """
        image = self._means.catalogue.ready(language.image)
        if image is None:
            raise ImageMissing(language.image)
        return image

    def ensure(self, language: Language, needs: tuple[Need, ...], lock: Lock | None) -> Iterator[Step]:
        """What is done and said while an environment is made, and it last. Nothing is said where it is there.

        Args:
            lock: what the program had before, or None: then what it needs is resolved.

        Raises:
            PackagesRefused: what is needed cannot be had. RegistryUnavailable: a registry does not answer.
            SandboxUnavailable: the engine does not answer, or the tools' image cannot be made.
        """
        self._stopped = False
        base = self.base(language)
        wanted = Wanted(needs)
        replaced = False
        for _ in range(_LEFT_OUT + 2):
            key = _key(language, wanted)
            known = lock if lock and lock.wanted == key else self._memory.lock_of_today(key)
            if known and (self._is_there(_name(base, known)) or (yield from self._taken(language, base, known))):
                yield self._found(language, base, wanted, known)
                return
            try:
                yield from self._make(language, wanted, known or Lock(key, b""))
                return
            except EngineRefused as refusal:
                if refusal.code != 404 or replaced:
                    raise
                replaced = True  # another process has replaced the image with the tools just now
            except PackagesRefused as refusal:
                left = wanted.without_imported(str(refusal))
                if left is None:
                    raise
                yield Said(0.0, f"Left out: {refusal}\n")
                wanted = left
        raise PackagesRefused("Too many of the imported packages cannot be had.")

    def is_of(self, language: Language, needs: tuple[Need, ...], lock: Lock | None) -> bool:
        """Whether a lock is of these needs, resolved in the language's ecosystem."""
        return lock is not None and lock.wanted == _key(language, Wanted(needs))

    def stop(self) -> None:
        """Give up the environment that is being made: whoever waits for it raises Interrupted. Thread-safe."""
        self._stopped = True
        if self._installer is not None:
            self._installer.hang_up()
        self._preparing.stop()

    def was_used(self, ready: Ready) -> None:
        """A program has run in that environment: prepare it for the next, and give it to other hosts, if that was not
        done. Returns at once.
        """

        def give() -> None:
            self._sharing.give(ready.key, ready.image, self._preparing.given_up.is_set)

        def prepare() -> None:
            self._preparing.later(ready.image, give if self._sharing.may_give(ready.key) else None)

        self._keeping.after(ready.early, prepare)

    def close(self, patience_s: float) -> None:
        """Return when nothing is being prepared any more: all is done, or was given up after so many seconds."""
        self._keeping.release()
        self._preparing.close(patience_s)

    def _is_there(self, name: str) -> bool:
        return self._means.catalogue.inspect(name) is not None

    def _found(self, language: Language, base: Image, wanted: Wanted, known: Lock) -> Ready:
        """An environment that is there. The lock may be another gist's, which asked for the same in another way."""
        packages = wanted.placed(ALL[language.packages or ""].packages(known.text, wanted))
        return self._ready(language, base, replace(known, packages=packages))

    def _ready(self, language: Language, base: Image, lock: Lock, early: Early | None = None) -> Ready:
        self._memory.used(name := _name(base, lock))
        return Ready(name, lock, self._key_of(language, base, lock), early)

    def _key_of(self, language: Language, base: Image, lock: Lock) -> str:
        """On another host the language's image has another id, although it was made from the same."""
        source = self._means.catalogue.recipes[image_of(language)].source
        return digest([language.image, source, base.toolchain, lock.digest])

    def _taken(self, language: Language, base: Image, lock: Lock) -> Generator[Step, None, bool]:
        """Have the environment from another host, if one has given it; returns whether it is there."""
        key, name = self._key_of(language, base, lock), _name(base, lock)
        if not self._sharing.has(key):
            return False
        yield Doing("Taking these packages from another host of this deployment.")
        if not self._sharing.take(key, name, self._is_stopped):
            return False
        yield Said(0.0, f"Taken from another host: {listed(lock)}\n")
        self._keeping.make_room(name)
        return True

    def _make(self, language: Language, wanted: Wanted, lock: Lock) -> Iterator[Step]:
        ecosystem, means = ALL[language.packages or ""], self._means
        tools_id = yield from self._tools.wait(language, self._is_stopped)
        base = self.base(language)  # now that of the tools' image
        yield Doing(f"Looking for {few([need.name for need in wanted.needs])}.")
        with contextlib.ExitStack() as held:
            seconds = means.bounds.seconds + means.bounds.prepare_seconds
            held.enter_context(self._turns.turn(lock.wanted[:2], seconds, self._is_stopped))
            if not lock.text:  # another may have resolved the same while this one waited
                lock = self._memory.lock_of_today(lock.wanted) or lock
            if lock.text and self._is_there(_name(base, lock)):
                yield self._found(language, base, wanted, lock)
                return
            registry = held.enter_context(means.door(ecosystem.hosts))
            downloads = held.enter_context(place(means, language.packages or "", self._preparing.aside))
            request = dict(ecosystem.request(wanted)) | ({ecosystem.lock_name: lock.text} if lock.text else {})
            with self._started(means.job(tools_id, request, downloads), registry) as installer:
                try:
                    for said in installer.lock():
                        if isinstance(said, bytes):
                            lock = Lock(lock.wanted, said, wanted.placed(ecosystem.packages(said, wanted)))
                        else:
                            yield said
                    early = yield from self._installed(language, base, lock, installer, held)
                except InstallerEnded:
                    raise self._refusal(ecosystem, registry, installer.said) from None
                except Unprepared as error:
                    raise PackagesRefused(ecosystem.reason(error.said) or str(error)) from None
        try:
            used(means, language.packages or "", lock.text)
            self._memory.resolved(lock)
            yield self._ready(language, base, lock, early)
        except BaseException:
            if early:
                early.released.set()
            raise

    def _installed(
        self, language: Language, base: Image, lock: Lock, installer: Installer, held: contextlib.ExitStack
    ) -> Generator[Step, None, Early | None]:
        """Have the environment of what the installer has resolved. What is held is given back when it is an image."""
        name, began = _name(base, lock), time.monotonic()
        if self._is_there(name):
            yield Said(0.0, f"Already here: {listed(lock)}\n")
            return None
        if (yield from self._taken(language, base, lock)):
            return None
        installer.extend(time.monotonic() - began)
        yield Doing(f"Installing {listed(lock)}.")
        yield Said(0.0, f"Installing {listed(lock)}\n")
        folder = installer.folder()
        if folder:
            yield Soon(Image(name, installer.image, base.toolchain), folder)
        yield from installer.install()
        if folder and installer.usable:
            installer.weigh()
            return self._keeping.behind(installer.leave(), name, held.pop_all())
        yield from self._keeping.now(installer, name)
        return None

    def _is_stopped(self) -> bool:
        return self._stopped

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
            return away(registry.trouble)
        return PackagesRefused(ecosystem.reason(said) or "The packages could not be installed; the output says why.")


def _key(language: Language, wanted: Wanted) -> str:
    return digest([language.packages, language.image, wanted.key])


def _name(base: Image, lock: Lock) -> str:
    return f"{base.name}+{digest([base.digest, lock.digest])[:16]}"
