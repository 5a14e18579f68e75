"""Sandboxes made ahead of time.

Making a container costs twenty times what the program itself does, so some wait for every language in use; how many,
`demand` says. A pool belongs to one worker. Making and removing happens on a thread of its own, one thing at a time and
while no program is starting on this host.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Protocol

from gistrun.errors import Interrupted, SandboxUnavailable
from gistrun.languages import Language
from gistrun.model import Outcome, Output, PhaseStarted, Program, ReadyLanguage, SandboxTaken
from gistrun.sandbox.container import ENGINE_ERRORS, Owner, Sandbox
from gistrun.sandbox.demand import FIRST, Plan, wanted
from gistrun.sandbox.holder import Holder
from gistrun.sandbox.host import Host
from gistrun.sandbox.policy import Policy

log = logging.getLogger(__name__)

#: Seconds between two looks at what is missing: when something is and has to wait, when nothing is, when one could
#: not be made.
_SOON_S, _SELDOM_S, _AFTER_TROUBLE_S = 0.02, 5.0, 5.0
#: Seconds after which a program of our own is taken for one that goes on, beside which a sandbox may be made.
_GOES_ON_S = 0.25
#: Moments remembered of each language.
_REMEMBERED = 64


class ReadyImages(Protocol):
    """Which images there are."""

    def ready(self, language: str) -> ReadyLanguage | None:
        """The language's image, or None while there is none."""


class Pool:
    """Runs programs, each in a sandbox of its own, and keeps some made ahead.

    Args:
        plan: how many to keep.
        host: what is known of the other workers of this host.
        place: the worker's among them.
    """

    def __init__(
        self,
        engine: Any,
        images: ReadyImages,
        known: dict[str, Language],
        policy: Policy,
        owner: Owner,
        plan: Plan,
        host: Host | None = None,
        place: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._images = images
        self._languages = known
        self._policy = policy
        self._owner = owner
        self._plan = plan
        self._host = host or Host()
        self._place = place
        self._clock = clock
        self._host.clear(place)
        self._lock = threading.Lock()
        self._waiting: dict[str, list[Sandbox]] = defaultdict(list)
        #: Network namespaces that nobody is in, and whose each other is.
        self._free: list[Holder] = []
        self._held: dict[Sandbox, Holder] = {}
        self._running: dict[Sandbox, float] = {}
        self._asked: dict[str, float] = {}
        self._taken: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))
        self._closed = False
        self._pause = 0.0
        self._last_end = 0.0
        self._errands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._keeper = threading.Thread(target=self._keep, name="sandbox-keeper", daemon=True)
        self._keeper.start()

    def run(self, program: Program) -> Generator[SandboxTaken | PhaseStarted | Output | Outcome]:
        """Run a program in a sandbox of its own: first what was taken, then its events, the outcome last.

        Raises:
            SandboxUnavailable: no sandbox could be had, or it broke before it told how the program ended.
            Interrupted: the pool was closed meanwhile.
        """
        self._host.run_begins(self._place, self._clock())
        try:
            sandbox = self._take(program.language)
            try:
                events = sandbox.run(program)
                first = next(events)  # it works already while the world is told
                yield SandboxTaken(sandbox.ready.image, sandbox.ready.toolchain)
                yield first
                yield from events
            except SandboxUnavailable:
                if self._closed:
                    raise Interrupted("The worker was stopped.") from None
                raise
            finally:
                self._running.pop(sandbox, None)
                sandbox.hang_up()
                self._errands.put(lambda: self._done_with(sandbox))
        finally:
            self._last_end = self._clock()
            self._host.run_ended(self._place)

    def warm(self) -> dict[str, int]:
        """How many sandboxes wait for each language."""
        with self._lock:
            return {language: len(waiting) for language, waiting in self._waiting.items() if waiting}

    def learn(self, ready: Iterable[ReadyLanguage], ages: Mapping[str, float]) -> None:
        """What is known of the languages now.

        Args:
            ready: those that can be run; what waits with another image of theirs is done away with.
            ages: seconds since each language was last asked for, by anybody.
        """
        now = self._clock()
        current = {language.name: language.image for language in ready}
        ages = ages or dict.fromkeys(FIRST, 0.0)
        self._asked = {name: now - age for name, age in ages.items() if name in current}
        self._errands.put(lambda: self._renew(current))

    def prepare(self, language: str) -> None:
        """Make one more that waits, once all is done that programs before have left to do.

        Raises:
            SandboxUnavailable
        """
        made: Future[None] = Future()

        def make() -> None:
            try:
                self._prepare(language)
                made.set_result(None)
            except Exception as error:
                made.set_exception(error)

        self._errands.put(make)
        made.result()

    def interrupt(self) -> None:
        """Stop taking programs; one that is running raises Interrupted. Safe in a signal handler."""
        self._closed = True
        for sandbox in list(self._running):
            sandbox.hang_up()

    def close(self) -> None:
        """Remove every sandbox, also one that is running. Returns when all are gone."""
        self.interrupt()
        self._errands.put(None)
        self._keeper.join(timeout=60)
        with self._lock:
            left: list[Sandbox | Holder] = [sandbox for waiting in self._waiting.values() for sandbox in waiting]
            left += [*self._running, *self._held.values(), *self._free]
            self._waiting.clear()
            self._free.clear()
        for container in left:
            container.hang_up()  # all at once, so that the engine need not be waited for one by one
        for container in left:
            with contextlib.suppress(*ENGINE_ERRORS):
                container.close()

    def _take(self, language: str) -> Sandbox:
        self._taken[language].append(self._clock())
        while (sandbox := self._pop(language)) is not None:
            if sandbox.is_waiting():
                break
            self._put_aside(sandbox)  # the engine was restarted under it
        sandbox = sandbox or self._make(language, self._free_holder())
        self._running[sandbox] = self._clock()
        if self._closed:
            self._running.pop(sandbox)
            sandbox.close()
            raise Interrupted("The worker was stopped.")
        return sandbox

    def _put_aside(self, sandbox: Sandbox) -> None:
        self._errands.put(lambda: self._done_with(sandbox))

    def _pop(self, language: str) -> Sandbox | None:
        with self._lock:
            waiting = self._waiting[language]
            return waiting.pop(0) if waiting else None

    def _free_holder(self) -> Holder | None:
        with self._lock:
            return self._free.pop() if self._free else None

    def _make(self, language: str, holder: Holder | None) -> Sandbox:
        """One in the holder's namespace. A holder that has died is done away with, and nobody need notice."""
        known = self._languages[language]
        policy = replace(self._policy, limits=known.lowered(self._policy.limits))
        if holder is not None and not holder.is_waiting():
            self._errands.put(holder.close)
            holder = None
        try:
            ready = self._ready(language)
            if holder is None:
                return Sandbox(self._engine, ready, known, policy, self._owner)
            try:
                sandbox = Sandbox(self._engine, ready, known, policy, self._owner, holder.id)
            except SandboxUnavailable:
                if holder.is_waiting():
                    raise
                return Sandbox(self._engine, ready, known, policy, self._owner)
            self._held[sandbox], holder = holder, None
            return sandbox
        finally:
            if holder is not None:
                self._errands.put(holder.close)

    def _ready(self, language: str) -> ReadyLanguage:
        ready = self._images.ready(language)
        if ready is None:
            title = self._languages[language].title
            raise SandboxUnavailable(
                f"The image for {title} is missing: build it with gistrun images build {language}."
            )
        return ready

    # On the keeper's thread

    def _keep(self) -> None:
        while (errand := self._next_errand()) is not None:
            try:
                errand()
            except (SandboxUnavailable, *ENGINE_ERRORS) as error:
                log.warning("Could not keep sandboxes ready: %s", error)
            except Exception:  # without this thread nothing would be removed any more
                log.exception("Could not keep sandboxes ready")

    def _next_errand(self) -> Callable[[], None] | None:
        try:
            errand = self._errands.get(timeout=self._pause)
        except queue.Empty:
            return self._work_ahead
        self._pause = min(self._pause, _SOON_S)
        return errand

    def _work_ahead(self) -> None:
        """One step towards what should wait, if there is one to be made and now is the time for it."""
        self._pause = _AFTER_TROUBLE_S  # unless all goes well
        self._drop_dead()
        now = self._clock()
        step = self._next_step(now)
        if step is None:
            self._pause = _SELDOM_S
        elif not self._quiet(now):
            self._pause = _SOON_S
        else:
            with self._host.making(self._place, now):
                step()
            self._pause = 0.0

    def _next_step(self, now: float) -> Callable[[], None] | None:
        if self._closed or not self._plan.most:  # without a plan there is what was prepared by hand
            return None
        targets = wanted(self._asked, self._taken, now, self._plan)
        warm = self.warm()
        if surplus := [name for name, number in warm.items() if number > targets.get(name, 0)]:
            return lambda: self._drop(surplus[0])
        if missing := [name for name, number in targets.items() if number > warm.get(name, 0)]:
            return lambda: self._prepare(missing[0])
        # While a network is made as new, the next program that finds none waiting should not have to do without.
        if targets and self._policy.held and not self._free:
            return lambda: self._give_back(self._new_holder(next(iter(targets))))
        if len(self._free) > 1:
            return self._drop_holder
        return None

    def _prepare(self, language: str) -> None:
        sandbox = self._make(language, self._holder(language))
        with self._lock:
            self._waiting[language].append(sandbox)

    def _quiet(self, now: float) -> bool:
        starting = any(now - began < _GOES_ON_S for began in list(self._running.values()))
        # The next job may be there already.
        return not starting and now - self._last_end > _SOON_S and self._host.quiet(now)

    def _holder(self, language: str) -> Holder | None:
        if not self._policy.held:
            return None
        return self._free_holder() or self._new_holder(language)

    def _new_holder(self, language: str) -> Holder:
        return Holder(self._engine, self._ready(language).image, self._owner)

    def _give_back(self, holder: Holder) -> None:
        with self._lock:
            self._free.append(holder)

    def _done_with(self, sandbox: Sandbox) -> None:
        """Remove it; what held its network is kept for the next if nothing is left there."""
        holder = self._held.pop(sandbox, None)
        try:
            sandbox.close()
        except ENGINE_ERRORS:
            if holder:
                holder.close()
            raise
        if holder is None:
            return
        if not self._closed and holder.is_as_new():
            self._give_back(holder)
        else:
            holder.close()

    def _drop_dead(self) -> None:
        """Forget those whose engine was restarted under them."""
        with self._lock:
            dead = [sandbox for waiting in self._waiting.values() for sandbox in waiting if not sandbox.is_waiting()]
            for sandbox in dead:
                self._waiting[sandbox.ready.name].remove(sandbox)
        for sandbox in dead:
            self._done_with(sandbox)

    def _drop(self, language: str) -> None:
        if sandbox := self._pop(language):
            self._done_with(sandbox)

    def _drop_holder(self) -> None:
        if holder := self._free_holder():
            holder.close()

    def _renew(self, current: Mapping[str, str]) -> None:
        """Do away with what was made of an image that is no longer the language's."""
        with self._lock:
            old = [
                sandbox
                for language, image in current.items()
                for sandbox in self._waiting[language]
                if sandbox.ready.image != image
            ]
            for sandbox in old:
                self._waiting[sandbox.ready.name].remove(sandbox)
        for sandbox in old:
            self._done_with(sandbox)
        while old and (holder := self._free_holder()):
            holder.close()
