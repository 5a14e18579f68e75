"""Runs programs with the packages that they need."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Protocol

from gistrun.errors import PackagesRefused, RegistryUnavailable
from gistrun.languages import Language
from gistrun.languages.requirement import unmet
from gistrun.model import (
    Hint,
    Image,
    Installed,
    Lock,
    Outcome,
    Output,
    Packages,
    Phase,
    PhaseStarted,
    Program,
    Progress,
    Sandboxes,
    SandboxEvent,
    SandboxTaken,
    State,
    Stream,
)
from gistrun.packages.asking import hints, placed
from gistrun.packages.bounds import SECONDS
from gistrun.packages.ecosystems import ALL
from gistrun.packages.steps import Doing, Ready, Said, Soon, Step
from gistrun.packages.wanted import MOST, Need
from gistrun.packages.watch import Watch

#: Seconds in which a registry that did not answer is not asked again, where another serves instead.
_SILENT_S = 60.0


class _Environments(Protocol):
    """See `packages.environments`."""

    def base(self, language: Language) -> Image: ...

    def ensure(self, language: Language, needs: tuple[Need, ...], lock: Lock | None) -> Iterator[Step]: ...

    def is_of(self, language: Language, needs: tuple[Need, ...], lock: Lock | None) -> bool: ...

    def was_used(self, ready: Ready) -> None: ...

    def stop(self) -> None: ...

    def close(self, patience_s: float) -> None: ...


class _Sandboxes(Sandboxes, Protocol):
    """See `sandbox.pool`."""

    def ahead(self, image: Image, packages: str) -> None: ...

    def is_ahead(self, name: str) -> bool: ...

    def forget_ahead(self) -> None: ...

    def stop(self) -> None: ...


class InstallingSandboxes:
    """Sandboxes that have what a program asks for. A program that asks for nothing runs as in any others.

    Args:
        version_of: the version of its language that a program runs on.
        allowed: which packages this deployment installs.
    """

    def __init__(
        self,
        sandboxes: _Sandboxes,
        environments: _Environments,
        version_of: Callable[[Program], Language],
        allowed: Packages,
    ) -> None:
        self._sandboxes = sandboxes
        self._environments = environments
        self._version_of = version_of
        self._allowed = allowed
        #: When the registry of an ecosystem did not answer.
        self._silent: dict[str | None, float] = {}

    def run(self, program: Program) -> Generator[SandboxEvent]:
        """As `Sandboxes.run`. What is installed is told before the program's own phases.

        Raises: as that, and
            RegistryUnavailable: a registry of packages does not answer.
        """
        language = self._version_of(program)
        watch = Watch()
        needs: tuple[Need, ...] = ()
        try:
            needs = self._needs(program, language)
            if not needs:
                yield from self._sandboxes.run(program)
                return
            base = self._environments.base(language)
            yield SandboxTaken(base.digest, base.toolchain)
            ready = yield from self._ready(program, language, needs, watch)
        except PackagesRefused as refusal:
            told = tuple(hints(str(refusal), needs))
            yield from _refused(refusal, self._environments.base(language), watch, told)
            return
        try:
            yield Installed(ready.lock)
            install_ms = watch.ms
            with closing(self._sandboxes.run(replace(program, environment=ready.image))) as events:
                for event in events:
                    if isinstance(event, SandboxTaken):
                        continue
                    if isinstance(event, Outcome):
                        self._environments.was_used(ready)
                        event = replace(event, install_ms=install_ms)
                    yield event
        finally:
            self._sandboxes.forget_ahead()
            if ready.early:
                ready.early.released.set()

    def stop(self) -> None:
        """End what is under way: an installation, or the program. Thread-safe."""
        self._environments.stop()
        self._sandboxes.stop()

    def close(self, patience_s: float = SECONDS) -> None:
        """Return when no environment is being prepared any more: all is done, or was given up after so many seconds."""
        self._environments.close(patience_s)

    def _needs(self, program: Program, language: Language) -> tuple[Need, ...]:
        if requirement := unmet(program, language):
            there = " and ".join(language.numbers)
            raise PackagesRefused(f"It requires {language.title} {requirement[:80]}, and here there are {there}.")
        if self._allowed is Packages.OFF:
            return ()
        if language.packages is None:
            if program.packages:
                raise PackagesRefused(f"gist.toml names packages, but there are none for {language.title} here.")
            return ()
        needs = ALL[language.packages].wanted(program, self._allowed is Packages.DECLARED)
        if len(needs) > MOST:
            raise PackagesRefused(f"The gist asks for {len(needs)} packages; {MOST} are the most.")
        return tuple(placed(tuple(dict.fromkeys(needs)), program))

    def _ensured(self, program: Program, language: Language, needs: tuple[Need, ...]) -> Generator[Step]:
        """As `Environments.ensure`, from the first of the language's registries that answers."""
        ensure, lock = self._environments.ensure, program.lock
        instead = self._instead(program, language)
        if instead and (self._is_silent(language) or self._environments.is_of(*instead, lock)):
            yield from ensure(*instead, lock)
            return
        try:
            yield from ensure(language, needs, lock)
        except RegistryUnavailable as error:
            if instead is None:
                raise
            self._silent[language.packages] = time.monotonic()
            yield Said(0.0, f"{error} What {instead[0].packages} has is taken instead.\n")
            yield from ensure(*instead, lock)

    def _is_silent(self, language: Language) -> bool:
        """Whether the registry of the language's own packages did not answer a short while ago."""
        return time.monotonic() - self._silent.get(language.packages, -_SILENT_S) < _SILENT_S

    def _instead(self, program: Program, language: Language) -> tuple[Language, tuple[Need, ...]] | None:
        """What serves where the language's own registry does not answer: another, and what is needed of it."""
        if language.packages_instead is None:
            return None
        other = replace(language, packages=language.packages_instead)
        try:
            needs = self._needs(program, other)
        except PackagesRefused:
            return None
        return (other, needs) if needs else None

    def _ready(
        self, program: Program, language: Language, needs: tuple[Need, ...], watch: Watch
    ) -> Generator[PhaseStarted | Progress | Output, None, Ready]:
        """What is told of the installation; returns the environment, which a sandbox can be had of."""
        ready = None
        try:
            for step in self._installed(program, language, needs, watch):
                if isinstance(step, Ready):
                    ready = step
                else:
                    yield step
            if ready is None:
                raise PackagesRefused("The packages were not installed.")
            if ready.early and not self._sandboxes.is_ahead(ready.image):
                ready.early.made.result()
            return ready
        except BaseException:
            self._sandboxes.forget_ahead()
            if ready and ready.early:
                ready.early.released.set()
            raise

    def _installed(
        self, program: Program, language: Language, needs: tuple[Need, ...], watch: Watch
    ) -> Iterator[PhaseStarted | Progress | Output | Ready]:
        """The install phase, where there is anything to install."""
        started = False
        with closing(self._ensured(program, language, needs)) as events:
            for event in events:
                watch.see(event)
                if not started and not isinstance(event, Ready):
                    yield PhaseStarted(Phase.INSTALL)
                    started = True
                if isinstance(event, Ready):
                    yield event
                    if started:
                        yield Progress("")
                elif isinstance(event, Soon):
                    self._sandboxes.ahead(event.image, event.folder)
                elif isinstance(event, Doing):
                    yield Progress(event.text)
                elif event.text:
                    yield Output(watch.seconds, Stream.STDERR, Phase.INSTALL, event.text)


def _refused(refusal: PackagesRefused, base: Image, watch: Watch, hints: tuple[Hint, ...]) -> Iterator[SandboxEvent]:
    yield SandboxTaken(base.digest, base.toolchain)
    yield PhaseStarted(Phase.INSTALL)
    yield Outcome(State.FAILED, phase=Phase.INSTALL, message=str(refusal), install_ms=watch.ms, hints=hints)
