"""Tries a new image before it is used: its toolchain tells its version, and the language's hello runs as it must."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from gistrun.engine import Engine
from gistrun.errors import SetupError
from gistrun.images.checks import hello
from gistrun.languages import Language
from gistrun.model import Image, Limits, Outcome, Output, Program
from gistrun.render.terminal import plain
from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy


@dataclass(frozen=True, slots=True)
class Prover:
    """Runs what proves an image, in sandboxes of `owner` under that OCI runtime (None: the engine's default)."""

    engine: Engine
    owner: Owner
    runtime: str | None

    def toolchain(self, language: Language, image: str) -> str:
        """The toolchain's name and version. A sandbox of the image runs the command that prints the version.

        Raises:
            SetupError: it prints no version.
        """
        command = replace(language, run=language.version_command, compile=(), ahead=())
        output, outcome = self._run(command, image, Policy.probe(self.runtime), Program(language.name, "", ()))
        printed = plain("".join(piece.data for piece in output))
        match = re.search(language.version_pattern, printed)
        if outcome.exit_code != 0 or match is None:
            ended = outcome.message or f"status {outcome.exit_code}"
            raise SetupError(
                f"{' '.join(language.version_command)} in the image for {language.image} ended with {ended} and "
                f"printed {printed[:200]!r}, in which version_pattern of its language.toml finds no version."
            )
        return f"{language.toolchain} {match[1]}"

    def hello(self, language: Language, image: str, folder: Path) -> None:
        """Run the hello of the language's folder.

        Raises:
            SetupError: there is none, or it does not print what it must.
        """
        check = hello(language, folder)
        policy = replace(Policy.probe(self.runtime), limits=language.effective(Limits()))
        output, outcome = self._run(language, image, policy, check.program)
        if trouble := check.trouble(outcome, output):
            raise SetupError(
                f"{check.program.file} does not run as it must in the image for {language.image}: {trouble}"
            )

    def _run(self, language: Language, image: str, policy: Policy, program: Program) -> tuple[list[Output], Outcome]:
        """What the program printed, and how it ended."""
        ready = Image(language.image, image, language.toolchain)
        with closing(Sandbox(self.engine, ready, language, policy, self.owner)) as sandbox:
            *events, outcome = sandbox.run(program, language)
        return [event for event in events if isinstance(event, Output)], cast(Outcome, outcome)
