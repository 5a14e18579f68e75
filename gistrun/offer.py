"""What this deployment can run: its languages, and the limits of a run. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gistrun import languages
from gistrun.errors import TooLarge
from gistrun.languages import Language
from gistrun.model import Gist, Limits, Program, Request, identity


@dataclass(frozen=True, slots=True)
class Offer:
    """The languages by name, and the limits of a run."""

    languages: Mapping[str, Language]
    limits: Limits

    def choose(self, gist: Gist, request: Request) -> Program:
        """The program that the request asks for.

        Raises:
            BadInput: the named file is not in the gist.
            NothingToRun: no file is in one of these languages.
            TooLarge: the gist and the input would fill more than half of a sandbox's writable space.
        """
        program = languages.choose(gist, request, dict(self.languages))
        # A gist may fill half of the writable space, because the program needs the rest to work in.
        room = self._limits(program).disk_bytes // 2
        size = sum(file.size for file in program.files) + len(program.stdin)
        if size > room:
            raise TooLarge(f"The gist and its input hold {size:,} bytes; a sandbox takes {room:,}.")
        return program

    def image(self, program: Program) -> str:
        """The name of the image that the program runs on."""
        return self.version_of(program).image

    def title(self, program: Program) -> str:
        """The program's language, as people write it."""
        return self.languages[program.language].title

    def identity(self, program: Program, image: str) -> str:
        """A digest of everything that decides how the program ends on that image; see `model.identity`."""
        return identity(program, image, self._limits(program))

    def _limits(self, program: Program) -> Limits:
        return self.version_of(program).effective(self.limits)

    def version_of(self, program: Program) -> Language:
        """The version of its language that the program runs on."""
        language = self.languages[program.language]
        return language.at(program.version) or language
