"""Keeps sandboxes waiting, by the image they are made of.

Making a container costs twenty times what the program itself does, so some wait for every image in use; `demand` says
how many. A keeper belongs to one worker. It makes and removes containers on a thread of its own, one at a time, and
makes them only while no program is starting on this host.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future

from gistrun import languages
from gistrun.errors import ImageMissing, SandboxUnavailable
from gistrun.model import Image
from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.demand import Plan, wanted
from gistrun.sandbox.host import Slot
from gistrun.sandbox.maker import Maker
from gistrun.sandbox.namespace import NetworkNamespace
from gistrun.sandbox.stock import Stock

log = logging.getLogger(__name__)

#: Seconds between two checks of what is missing: if something is missing but has to wait, if nothing is missing, and
#: after a sandbox could not be made.
SOON_S, _SELDOM_S, _AFTER_TROUBLE_S = 0.02, 5.0, 5.0
#: Sandboxes of so many common languages wait before anybody has asked for a run.
_AT_FIRST = 3
#: Requests remembered of each image.
_REMEMBERED = 64


class Keeper:
    """The waiting sandboxes of one worker.

    Args:
        plan: how many to keep.
        quiet: whether a sandbox may be made at this time.
    """

    def __init__(
        self, maker: Maker, plan: Plan, slot: Slot, quiet: Callable[[float], bool], clock: Callable[[], float]
    ) -> None:
        self._maker = maker
        self._plan = plan
        self._slot = slot
        self._quiet = quiet
        self._clock = clock
        self._stock = Stock()
        self._asked: dict[str, float] = {}
        self._taken: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))
        self._stopped = False
        self._pause = 0.0
        self._errands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._keep, name="sandbox-keeper", daemon=True)
        self._thread.start()

    def take(self, image: str, ahead: Sandbox | None = None) -> Sandbox:
        """A sandbox of that image: `ahead`, which was made for this, or else one that waits, or a new one.

        Raises:
            SandboxUnavailable: none waits, and none could be made.
        """
        self._taken[image].append(self._clock())
        while ahead is None and (sandbox := self._stock.take(image)) is not None:
            if sandbox.is_waiting():
                return sandbox
            self.give_back(sandbox)  # the engine was restarted, and the sandbox died
        sandbox = ahead or self._make(image, self._stock.take_namespace())
        self._stock.made(sandbox)
        return sandbox

    def give_back(self, sandbox: Sandbox) -> None:
        """Have a used sandbox removed soon. Returns at once."""
        self._errands.put(lambda: self.remove(sandbox))

    def remove(self, sandbox: Sandbox) -> None:
        """Remove a taken sandbox now. Its namespace is kept for the next one if it is pristine.

        Raises:
            SandboxUnavailable: the engine could not remove it.
        """
        namespace = sandbox.namespace
        self._stock.removed(sandbox)
        try:
            sandbox.close()
        except SandboxUnavailable:
            if namespace:
                namespace.close()
            raise
        if namespace is None:
            return
        if not self._stopped and namespace.is_pristine():
            self._stock.add_namespace(namespace)
        else:
            namespace.close()

    def warm(self) -> dict[str, int]:
        """How many sandboxes wait for each image."""
        return self._stock.warm()

    def learn(self, images: Iterable[Image], ages: Mapping[str, float]) -> None:
        """Take in which images there are now and when they were last requested.

        Args:
            images: sandboxes of other versions of these images are removed.
            ages: seconds since each image was last requested from any worker.
        """
        now = self._clock()
        current = {image.name: image.digest for image in images}
        ages = ages or dict.fromkeys(languages.first(self._maker.languages)[:_AT_FIRST], 0.0)
        self._asked = {name: now - age for name, age in ages.items() if name in current}
        self._errands.put(lambda: self._renew(current))

    def prepare(self, image: str) -> None:
        """Make one more sandbox wait. Returns when it does, after all that earlier programs left to be removed.

        Raises:
            SandboxUnavailable: it could not be made.
        """
        made: Future[None] = Future()

        def make() -> None:
            try:
                self._add(image)
                made.set_result(None)
            except Exception as error:
                made.set_exception(error)

        self._errands.put(make)
        made.result()

    def stop(self) -> None:
        """Make no more sandboxes. Safe in a signal handler."""
        self._stopped = True

    def close(self) -> None:
        """Remove every sandbox, also those that were taken, and every namespace. Returns when all are gone."""
        self.stop()
        self._errands.put(None)
        self._thread.join(timeout=60)
        left = self._stock.clear()
        for container in left:
            container.hang_up()  # all at once, so that they need not end one after the other
        for container in left:
            with contextlib.suppress(SandboxUnavailable):
                container.close()

    def _make(self, image: str, namespace: NetworkNamespace | None) -> Sandbox:
        """A new sandbox, in the namespace if it can be used. A namespace that cannot is removed."""
        used = False
        try:
            sandbox = self._maker.sandbox(image, namespace)
            used = sandbox.namespace is namespace
            return sandbox
        finally:
            if namespace is not None and not used:
                self._errands.put(namespace.close)

    # On the keeper's thread

    def _keep(self) -> None:
        while (errand := self._next_errand()) is not None:
            try:
                errand()
            except SandboxUnavailable as error:
                usual = isinstance(error, ImageMissing)  # an environment that is being made, or was removed
                log.log(logging.INFO if usual else logging.WARNING, "Could not keep sandboxes ready: %s", error)
            except Exception:  # if this thread ended, nothing would be removed any more
                log.exception("Could not keep sandboxes ready")

    def _next_errand(self) -> Callable[[], None] | None:
        try:
            errand = self._errands.get(timeout=self._pause)
        except queue.Empty:
            return self._work_ahead
        self._pause = min(self._pause, SOON_S)
        return errand

    def _work_ahead(self) -> None:
        """Take one step towards the sandboxes that should wait, if there is one to take and now is a good time."""
        self._pause = _AFTER_TROUBLE_S  # unless all goes well
        self._remove_dead()
        now = self._clock()
        step = self._next_step(now)
        if step is None:
            self._pause = _SELDOM_S
        elif not self._quiet(now):
            self._pause = SOON_S
        else:
            with self._slot.making(now):
                step()
            self._pause = 0.0

    def _next_step(self, now: float) -> Callable[[], None] | None:
        if self._stopped or not self._plan.most:  # without a plan only `prepare` makes sandboxes wait
            return None
        targets = wanted(self._asked, self._taken, now, self._plan)
        warm = self.warm()
        if surplus := [image for image, number in warm.items() if number > targets.get(image, 0)]:
            return lambda: self._drop(surplus[0])
        if missing := [image for image, number in targets.items() if number > warm.get(image, 0)]:
            return lambda: self._add(missing[0])
        # One spare namespace: while a used one is being checked, the next program may need a new sandbox.
        if targets and self._maker.policy.reuses_namespaces and not self._stock.namespaces():
            return lambda: self._stock.add_namespace(self._maker.namespace(next(iter(targets))))
        if self._stock.namespaces() > 1:
            return self._drop_namespace
        return None

    def _add(self, image: str) -> None:
        namespace = None
        if self._maker.policy.reuses_namespaces:
            namespace = self._stock.take_namespace() or self._maker.namespace(image)
        self._stock.add(image, self._make(image, namespace))

    def _remove_dead(self) -> None:
        """Remove waiting sandboxes that died because the engine was restarted."""
        self._remove_all(lambda sandbox: not sandbox.is_waiting())

    def _remove_all(self, which: Callable[[Sandbox], bool]) -> bool:
        """Remove the waiting sandboxes for which `which` is true; returns whether there were any."""
        found = self._stock.take_all(which)
        for sandbox in found:
            self.remove(sandbox)
        return bool(found)

    def _drop(self, image: str) -> None:
        if sandbox := self._stock.take(image):
            self.remove(sandbox)

    def _drop_namespace(self) -> None:
        if namespace := self._stock.take_namespace():
            namespace.close()

    def _renew(self, current: Mapping[str, str]) -> None:
        """Remove waiting sandboxes of an image whose digest has changed, and the namespaces kept by old images."""

        def is_old(sandbox: Sandbox) -> bool:
            return current.get(sandbox.image.name, sandbox.image.digest) != sandbox.image.digest

        if self._remove_all(is_old):
            while namespace := self._stock.take_namespace():
                namespace.close()
