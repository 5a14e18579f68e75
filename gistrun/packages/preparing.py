"""Prepares environments: what is downloaded runs here for the first time, without a network.

What is usable as it was unpacked is prepared after the first run, so that nobody waits for it: the image is then
replaced by the prepared one, and the next sandboxes are made of that.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from gistrun.errors import GistrunError, PackagesRefused, SandboxUnavailable
from gistrun.images.catalogue import ENVIRONMENT, labels
from gistrun.packages.disk import BYTES, UNFINISHED
from gistrun.packages.installer import Installer
from gistrun.packages.job import Job
from gistrun.packages.means import SCRIPTS, Means
from gistrun.packages.steps import Said
from gistrun.packages.turns import Turns

log = logging.getLogger(__name__)

#: Label of an environment that is usable and not prepared.
_PREPARED = "gistrun.prepared"
#: Seconds in which what is given up ends.
_ENDS_S = 5.0


class Unprepared(PackagesRefused):
    """Something that must be prepared could not be; `said` is what its tools said."""

    def __init__(self, said: str) -> None:
        super().__init__("The packages could not be prepared; the output says why.")
        self.said = said


class Preparing:
    """Prepares the environments of one worker.

    Attributes:
        given_up: set when what is still being done is to end.
    """

    def __init__(self, means: Means) -> None:
        self._means = means
        self._turns = Turns(means.data / "packages")
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._threads: dict[str, threading.Thread] = {}
        self._installers: set[Installer] = set()
        self._first: Installer | None = None
        self.given_up = threading.Event()

    def usable(self, installer: Installer, name: str) -> None:
        """Make the environment of what is installed, which `later` prepares."""
        for _ in installer.end():
            pass
        size = {BYTES: str(installer.written())}
        installer.commit(self._means.catalogue.tag(name), size | {ENVIRONMENT: name, _PREPARED: "no"})

    def first(self, installer: Installer, name: str) -> Iterator[Said]:
        """Make the environment of what is installed, prepared; what is said meanwhile.

        Raises:
            Unprepared: something could not be prepared. PackagesRefused: it takes too long, or too much of the disk.
        """
        yield from installer.end()
        written = installer.written()
        image = installer.commit(None, {UNFINISHED: "yes"})
        installer.close()
        try:
            with self._started(image) as self._first:
                yield from self._prepare(self._first, name, written)
        except BaseException:
            with contextlib.suppress(SandboxUnavailable):
                self._means.engine.remove_image(image)
            raise
        finally:
            self._first = None

    def later(self, name: str, then: Callable[[], object] | None = None) -> None:
        """Prepare that environment on a thread of its own, unless it is prepared or another does. Returns at once.

        Args:
            then: what is to be done once it is prepared.
        """
        found = self._means.catalogue.inspect(name)
        prepared = found is None or labels(found).get(_PREPARED) != "no"
        if prepared and found and then:
            self.aside(then)
        with self._lock:
            if prepared or name in self._threads:
                return
            thread = threading.Thread(target=self._behind, args=(name, then), name=f"prepare-{name}", daemon=True)
            self._threads[name] = thread
        thread.start()

    def aside(self, work: Callable[[], object]) -> None:
        """Have something done on a thread of its own, so that no run waits for it."""
        key = f"aside-{next(self._numbers)}"

        def do() -> None:
            try:
                work()
            except GistrunError as error:
                log.warning("Something is left to be done after an installation: %s", error)
            self._threads.pop(key, None)

        self._threads[key] = threading.Thread(target=do, name=key, daemon=True)
        self._threads[key].start()

    def stop(self) -> None:
        """Give up what must be prepared before a run. Thread-safe."""
        if self._first:
            self._first.hang_up()

    def close(self, patience_s: float) -> None:
        """Return when nothing is being prepared any more: all is done, or was given up after so many seconds."""
        deadline = time.monotonic() + patience_s
        while (left := self._at_work()) and time.monotonic() < deadline:
            left[0].join(max(0.0, deadline - time.monotonic()))
        self.given_up.set()
        for installer in list(self._installers):
            installer.hang_up()
        for thread in self._at_work():
            thread.join(_ENDS_S)

    def _at_work(self) -> list[threading.Thread]:
        return [thread for thread in list(self._threads.values()) if thread.is_alive()]

    def _behind(self, name: str, then: Callable[[], object] | None) -> None:
        try:
            with self._turns.turn(f"prepare-{name.rpartition('+')[2]}", self._means.bounds.prepare_seconds):
                self._prepare_found(name)
        except GistrunError as error:
            # It is as usable as before. It stays in the table, so that nobody tries again in this process.
            log.warning("%s stays unprepared: %s", name, error)
        else:
            del self._threads[name]
            if then:
                self.aside(then)

    def _prepare_found(self, name: str) -> None:
        found = self._means.catalogue.inspect(name)
        if found is None or labels(found).get(_PREPARED) != "no":
            return
        with self._started(found["Id"]) as preparing:
            for _ in self._prepare(preparing, name, int(labels(found).get(BYTES) or 0)):
                pass

    @contextlib.contextmanager
    def _started(self, image: str) -> Iterator[Installer]:
        means = self._means
        job = Job(
            image,
            f"{SCRIPTS}/prepare",
            means.memory_bytes,
            bounds=replace(means.bounds, seconds=means.bounds.prepare_seconds),
        )
        preparing = Installer(means.engine, means.owner, job)
        self._installers.add(preparing)
        try:
            yield preparing
        finally:
            self._installers.discard(preparing)
            preparing.close()

    def _prepare(self, preparing: Installer, name: str, written: int) -> Iterator[Said]:
        yield from preparing.finish()
        if preparing.refused:
            raise Unprepared(preparing.said)
        preparing.weigh()
        size = {BYTES: str(written + preparing.written())}
        done = {ENVIRONMENT: name, _PREPARED: "yes", UNFINISHED: "no"}
        preparing.commit(self._means.catalogue.tag(name), size | done)
