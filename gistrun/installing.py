"""Runs programs with the packages that they need."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Protocol

from gistrun.errors import PackagesRefused
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
    Sandboxes,
    SandboxEvent,
    SandboxTaken,
    State,
    Stream,
)
from gistrun.packages.bounds import SECONDS
from gistrun.packages.ecosystems import ALL
from gistrun.packages.environments import Ready
from gistrun.packages.installer import Said
from gistrun.packages.wanted import LOOKED_AT, MOST, Need


class _Environments(Protocol):
    """See `packages.environments`."""

    def base(self, language: Language) -> Image: ...

    def ensure(self, language: Language, needs: tuple[Need, ...], lock: Lock | None) -> Iterator[Said | Ready]: ...

    def was_used(self, image: str) -> None: ...

    def stop(self) -> None: ...

    def close(self, patience_s: float) -> None: ...


class _Stoppable(Sandboxes, Protocol):
    def stop(self) -> None: ...


class InstallingSandboxes:
    """Sandboxes that have what a program asks for. A program that asks for nothing runs as in any others.

    Args:
        version_of: the version of its language that a program runs on.
        allowed: which packages this deployment installs.
    """

    def __init__(
        self,
        sandboxes: _Stoppable,
        environments: _Environments,
        version_of: Callable[[Program], Language],
        allowed: Packages,
    ) -> None:
        self._sandboxes = sandboxes
        self._environments = environments
        self._version_of = version_of
        self._allowed = allowed

    def run(self, program: Program) -> Generator[SandboxEvent]:
        """As `Sandboxes.run`. What is installed is told before the program's own phases.

        Raises: as that, and
            RegistryUnavailable: a registry of packages does not answer.
        """
        language = self._version_of(program)
        began = time.monotonic()
        needs: tuple[Need, ...] = ()
        try:
            needs = self._needs(program, language)
            if not needs:
                yield from self._sandboxes.run(program)
                return
            base = self._environments.base(language)
            yield SandboxTaken(base.digest, base.toolchain)
            ready = None
            for step in self._installed(language, needs, program.lock):
                if isinstance(step, Ready):
                    ready = step
                else:
                    yield step
            if ready is None:
                raise PackagesRefused("The packages were not installed.")
        except PackagesRefused as refusal:
            hints = tuple(_hints(str(refusal), needs, program))
            yield from _refused(refusal, self._environments.base(language), began, hints)
            return
        yield Installed(ready.lock)
        install_ms = round((time.monotonic() - began) * 1000)
        with closing(self._sandboxes.run(replace(program, environment=ready.image))) as events:
            for event in events:
                if isinstance(event, SandboxTaken):
                    continue
                if isinstance(event, Outcome):
                    self._environments.was_used(ready.image)
                    event = replace(event, install_ms=install_ms)
                yield event

    def stop(self) -> None:
        """End what is under way: an installation, or the program. Thread-safe."""
        self._environments.stop()
        self._sandboxes.stop()

    def close(self, patience_s: float = SECONDS) -> None:
        """Return when no environment is being prepared any more: all is done, or was given up after so many seconds."""
        self._environments.close(patience_s)

    def _needs(self, program: Program, language: Language) -> tuple[Need, ...]:
        if self._allowed is Packages.OFF:
            return ()
        if requirement := unmet(program, language):
            there = " and ".join(language.numbers)
            raise PackagesRefused(f"It requires {language.title} {requirement[:80]}, and here there are {there}.")
        if language.packages is None:
            if program.packages:
                raise PackagesRefused(f"gist.toml names packages, but there are none for {language.title} here.")
            return ()
        needs = ALL[language.packages].wanted(program, self._allowed is Packages.DECLARED)
        if len(needs) > MOST:
            raise PackagesRefused(f"The gist asks for {len(needs)} packages; {MOST} are the most.")
        return tuple(dict.fromkeys(needs))

    def _installed(
        self, language: Language, needs: tuple[Need, ...], lock: Lock | None
    ) -> Iterator[PhaseStarted | Output | Ready]:
        """The install phase, where there is anything to install."""
        started, began = False, time.monotonic()
        with closing(self._environments.ensure(language, needs, lock)) as events:  # type: ignore[type-var]
            for event in events:
                if isinstance(event, Ready):
                    yield event
                    continue
                if not started:
                    yield PhaseStarted(Phase.INSTALL)
                    started = True
                if event.text:
                    yield Output(time.monotonic() - began, Stream.STDERR, Phase.INSTALL, event.text)


def _refused(refusal: PackagesRefused, base: Image, began: float, hints: tuple[Hint, ...]) -> Iterator[SandboxEvent]:
    yield SandboxTaken(base.digest, base.toolchain)
    yield PhaseStarted(Phase.INSTALL)
    install_ms = round((time.monotonic() - began) * 1000)
    yield Outcome(State.FAILED, phase=Phase.INSTALL, message=str(refusal), install_ms=install_ms, hints=hints)


def _hints(reason: str, needs: tuple[Need, ...], program: Program) -> Iterator[Hint]:
    """Which of the packages that the reason names is asked for where. One is enough."""
    words = {word.rstrip(".:;") for word in re.split(r"[\s,`“”()<>=!~]+", reason)}
    for need in needs:
        if need.name in words and (where := need.where or _place(need, program)):
            yield Hint("missing-package", f"It asks for {need.name} in {where}.")
            return


def _place(need: Need, program: Program) -> str:
    """The first line that names a declared package; empty if none does."""
    name = r"[-_.]+".join(map(re.escape, re.split(r"[-_.]+", need.name)))
    pattern = re.compile(rf"(?<![\w-]){name}(?![\w-])", re.IGNORECASE)
    for file in program.files:
        if file.name in (need.source, program.file):
            text = file.content[:LOOKED_AT].decode("utf-8", "replace")
            if found := pattern.search(text):
                return f"line {text.count(chr(10), 0, found.start()) + 1} of {file.name}"
    return ""
