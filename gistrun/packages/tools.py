"""The images with the tools that install packages: one for each language's image, made when it is first needed.

Making one takes from seconds to minutes, and downloads. That counts neither as installing nor as the program's time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator

from gistrun.errors import SandboxUnavailable, SetupError
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.images.recipe import tools
from gistrun.languages import Language
from gistrun.packages.bounds import TOOLS_SECONDS
from gistrun.packages.steps import Doing
from gistrun.packages.turns import Turns
from gistrun.packages.waiting import Patience, Tell, TookTooLong, waited

log = logging.getLogger(__name__)


def image_of(language: Language) -> str:
    """The name of the image with the tools for its packages, which may be those that serve instead of others."""
    instead = language.packages if language.packages == language.packages_instead else None
    return tools(language.image, instead or "")


def ensure(builder: Builder, turns: Turns, name: str, tell: Tell) -> str:
    """The id of the image with tools of that name, which one process of this host makes.

    Args:
        tell: is told of each step.

    Raises:
        SetupError: it cannot be made. SandboxUnavailable: the engine does not answer.
    """
    with turns.turn(name.replace("/", "-"), TOOLS_SECONDS):
        return builder.telling(lambda _, step: tell(step)).ensure(name)


class Tools:
    """The same for a run that waits for it."""

    def __init__(self, builder: Builder, catalogue: Catalogue, turns: Turns) -> None:
        self._builder = builder
        self._catalogue = catalogue
        self._turns = turns

    def wait(self, language: Language, stopped: Callable[[], bool]) -> Generator[Doing, None, str]:
        """What there is to tell, nothing where the image is there; returns the image's id.

        Raises:
            SandboxUnavailable: it cannot be made, or not in time. Interrupted: nobody waits any more.
        """
        doing = f"The installer of {language.title} is being prepared on this server, once"
        recipe = self._catalogue.recipes[image_of(language)]
        found = self._catalogue.inspect(recipe.name)
        if found is None or not self._catalogue.is_current(recipe, found):
            yield Doing(f"{doing}.", installing=False)
        patience = Patience(TOOLS_SECONDS, stopped)
        steps = waited(lambda tell: ensure(self._builder, self._turns, recipe.name, tell), patience)
        try:
            while True:
                yield Doing(f"{doing}: {next(steps)}.", installing=False)
        except StopIteration as made:
            return str(made.value)
        except SetupError as error:
            log.error("%s cannot be built: %s", recipe.name, error)
            said = f"The installer of {language.title} could not be made on this server; its log says why."
            raise SandboxUnavailable(f"{said} Run it again in a while.") from error
        except TookTooLong as error:
            said = f"The installer of {language.title} is not ready after {TOOLS_SECONDS} s."
            raise SandboxUnavailable(f"{said} Run it again in a while.") from error
