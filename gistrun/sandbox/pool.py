"""Sandboxes made ahead of time.

Making a container costs twenty times what the program itself does, so a few wait for every language in use. A pool
belongs to one worker; making and removing happens on a thread of its own, while the worker runs programs.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any, Protocol

from gistrun.errors import Interrupted, SandboxUnavailable
from gistrun.languages import Language
from gistrun.model import Outcome, Output, PhaseStarted, Program, ReadyLanguage, SandboxTaken
from gistrun.sandbox.container import ENGINE_ERRORS, Owner, Sandbox
from gistrun.sandbox.policy import Policy

log = logging.getLogger(__name__)

#: A language not asked for during so many seconds keeps no sandbox waiting.
_IN_USE_S = 900.0


class ReadyImages(Protocol):
    """Which images there are."""

    def ready(self, language: str) -> ReadyLanguage | None:
        """The language's image, or None while there is none."""


class Pool:
    """Runs programs, each in a sandbox of its own, `warm` of them made ahead per language in use."""

    def __init__(
        self,
        engine: Any,
        images: ReadyImages,
        known: dict[str, Language],
        policy: Policy,
        owner: Owner,
        warm: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._images = images
        self._languages = known
        self._policy = policy
        self._owner = owner
        self._warm = warm
        self._clock = clock
        self._waiting: dict[str, list[Sandbox]] = defaultdict(list)
        self._used: dict[str, float] = {}
        self._running: set[Sandbox] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._errands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._keeper = threading.Thread(target=self._keep, name="sandbox-keeper", daemon=True)
        self._keeper.start()

    def run(self, program: Program) -> Generator[SandboxTaken | PhaseStarted | Output | Outcome]:
        """Run a program in a sandbox of its own: first what was taken, then its events, the outcome last.

        Raises:
            SandboxUnavailable: no sandbox could be had, or it broke before it told how the program ended.
            Interrupted: the pool was closed meanwhile.
        """
        sandbox = self._take(program.language)
        try:
            events = sandbox.run(program, self._languages[program.language])
            first = next(events)  # it works already while the world is told
            yield SandboxTaken(sandbox.ready.image, sandbox.ready.toolchain)
            yield first
            yield from events
        except SandboxUnavailable:
            if self._closed:
                raise Interrupted("The worker was stopped.") from None
            raise
        finally:
            self._running.discard(sandbox)
            sandbox.hang_up()
            self._errands.put(sandbox.close)
            self._errands.put(lambda: self._fill(program.language))

    def warm(self) -> dict[str, int]:
        """How many sandboxes wait for each language."""
        with self._lock:
            return {language: len(waiting) for language, waiting in self._waiting.items() if waiting}

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
            left = [sandbox for waiting in self._waiting.values() for sandbox in waiting] + list(self._running)
            self._waiting.clear()
        for sandbox in left:
            sandbox.hang_up()  # all at once, so that the engine need not be waited for one by one
        for sandbox in left:
            with contextlib.suppress(*ENGINE_ERRORS):
                sandbox.close()

    def _take(self, language: str) -> Sandbox:
        self._used[language] = self._clock()
        while (sandbox := self._pop(language)) is not None:
            if sandbox.is_waiting():
                break
            self._errands.put(sandbox.close)  # the engine was restarted under it
        sandbox = sandbox or self._make(language)
        self._running.add(sandbox)
        if self._closed:
            self._running.discard(sandbox)
            sandbox.close()
            raise Interrupted("The worker was stopped.")
        return sandbox

    def _pop(self, language: str) -> Sandbox | None:
        with self._lock:
            waiting = self._waiting[language]
            return waiting.pop(0) if waiting else None

    def _make(self, language: str) -> Sandbox:
        try:
            ready = self._images.ready(language)
        except ENGINE_ERRORS as error:
            raise SandboxUnavailable(f"The Docker engine does not answer: {error}") from error
        if ready is None:
            title = self._languages[language].title
            raise SandboxUnavailable(
                f"The image for {title} is missing: build it with gistrun images build {language}."
            )
        policy = replace(self._policy, limits=self._languages[language].lowered(self._policy.limits))
        return Sandbox(self._engine, ready, policy, self._owner)

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
            return self._errands.get(timeout=60)
        except queue.Empty:
            return self._drop_idle

    def _fill(self, language: str) -> None:
        """Make what is missing, and no more once a program is waiting for the engine."""
        while not self._closed:
            with self._lock:
                if len(self._waiting[language]) >= self._warm:
                    return
            sandbox = self._make(language)
            with self._lock:
                self._waiting[language].append(sandbox)

    def _drop_idle(self) -> None:
        now = self._clock()
        for language in [name for name, used in self._used.items() if now - used > _IN_USE_S]:
            while (sandbox := self._pop(language)) is not None:
                sandbox.close()
