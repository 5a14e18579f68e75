"""`gistrun builder`: makes the images of the common languages, and every other when the first gist needs it."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections import deque
from dataclasses import dataclass, field

from gistrun import languages
from gistrun.app import App
from gistrun.errors import SandboxUnavailable, SetupError, StoreUnavailable
from gistrun.images.builder import AT_A_TIME, Builder
from gistrun.images.recipe import tools
from gistrun.model import Packages
from gistrun.packages.downloads import trim
from gistrun.packages.tools import ensure
from gistrun.packages.turns import Turns
from gistrun.sandbox.owner import Owner

log = logging.getLogger(__name__)

#: Seconds between two looks at what is asked for, and after the engine or Redis did not answer.
_LOOK_S, _PAUSE_S = 0.5, 5.0
#: Seconds between two looks at what downloads take.
_TRIM_S = 3600.0


def builder(app: App) -> None:
    """Make images until SIGINT or SIGTERM.

    Raises:
        SetupError: no image at all can be made on this machine.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    work = _workshop(app, stop)
    if work is None:
        return
    threads = [threading.Thread(target=work.work, name=f"builder-{n}", daemon=True) for n in range(AT_A_TIME)]
    for thread in threads:
        thread.start()
    while not stop.wait(_TRIM_S):
        _trim_downloads(app)
    # The threads end with the process, and the engine then drops what they were building.
    if work.trouble:
        raise work.trouble


def _trim_downloads(app: App) -> None:
    """Keep no more of what installers have downloaded than half of what environments may take."""
    try:
        trim(app.engine(), app.settings.packages_disk // 2)
    except SandboxUnavailable as error:
        log.warning("%s", error)


def _workshop(app: App, stop: threading.Event) -> Workshop | None:
    """The workshop, once Redis and the engine answer; None if it is to stop before that."""
    while not stop.is_set():
        try:
            return Workshop(app, stop)
        except StoreUnavailable as error:
            log.debug("The builder waits for Redis: %s", error)
            stop.wait(_PAUSE_S)
        except SandboxUnavailable as error:
            log.warning("%s", error)
            stop.wait(_PAUSE_S)
    return None


@dataclass
class _Orders:
    """What is to be made. What a run waits for comes first. Used by several threads."""

    later: deque[str]
    under_way: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, wanted: list[str]) -> str | None:
        with self.lock:
            name = next((name for name in [*wanted, *self.later] if name not in self.under_way), None)
            if name is not None:
                self.under_way.add(name)
                if name in self.later:
                    self.later.remove(name)
            return name

    def done(self, name: str) -> None:
        with self.lock:
            self.under_way.discard(name)


class Workshop:
    """Makes images on several threads.

    Attributes:
        trouble: why nothing can be made on this machine, once that is known; `stop` is set then.
    """

    def __init__(self, app: App, stop: threading.Event) -> None:
        self.trouble: SetupError | None = None
        self._stop = stop
        self._shelf = app.store.images
        engine = app.engine()
        self._catalogue = app.images(engine)
        owner = Owner(app.store.workers.instance(), f"images-{os.getpid()}")
        self._builder = Builder(engine, self._catalogue, owner, app.settings.runtime, self._report)
        self._turns = Turns(app.settings.data / "packages")
        there = [image.name for image in self._catalogue.all_ready()]
        common = [app.languages[name].image for name in languages.first(app.languages)]
        # The tools that install packages come last: a program without packages needs none.
        installing = app.settings.packages is not Packages.OFF
        with_tools = [name for name in common if installing and tools(name) in self._catalogue.recipes]
        # Images that are there are built again if their folder has changed. Until then workers use them as they are.
        self._orders = _Orders(deque(dict.fromkeys([*common, *there, *map(tools, with_tools)])))
        self._made = bool(there)

    def work(self) -> None:
        """Make one image after the other until the process ends."""
        while not self._stop.is_set():
            try:
                name = self._orders.next([name for name in self._shelf.wanted() if name in self._catalogue.versions])
                if name is None:
                    self._stop.wait(_LOOK_S)
                else:
                    self._make(name)
            except StoreUnavailable as error:
                log.debug("The builder waits for Redis: %s", error)
                self._stop.wait(_PAUSE_S)
            except SandboxUnavailable as error:
                log.warning("%s", error)
                self._stop.wait(_PAUSE_S)
            except Exception:
                log.exception("The builder broke")
                self._stop.wait(_PAUSE_S)

    def _make(self, name: str) -> None:
        try:
            if name not in self._catalogue.versions:
                ensure(self._builder, self._turns, name, lambda _: None)
                return
            self._shelf.publish(self._builder.build(name))
            self._made = True
        except SetupError as error:
            if name not in self._catalogue.versions:
                log.error("%s cannot be built: %s", name, error)
                return
            if usable := self._catalogue.ready(name):
                log.error("%s cannot be built, so the image before it stays: %s", name, error)
                self._shelf.publish(usable)
                return
            log.error("%s cannot be built: %s", name, error)
            self._shelf.publish_broken(name, str(error))
            if not self._made:
                # Every image stands on the same Debian, so the first one that fails speaks for all.
                self.trouble = error
                self._stop.set()
        except SandboxUnavailable:
            with self._orders.lock:
                self._orders.later.append(name)
            raise
        finally:
            self._orders.done(name)

    def _report(self, name: str, step: str) -> None:
        version = self._catalogue.versions.get(name)
        if version is None:
            return
        title = f"{version.title} {version.version}" if version.version else version.title
        self._shelf.report(name, f"{title} is being prepared on this server, which takes about a minute: {step}.")
