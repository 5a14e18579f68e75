"""The output of a run as a page shows it: a terminal for each phase."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from gistrun.render.places import Files
from gistrun.render.terminal.html import shown, width
from gistrun.render.terminal.screen import Screen

#: What stands above the output of a phase. That of the program itself needs no name.
TITLES = {"install": "Installing packages", "compile": "Compiler"}


class OutputView:
    """Collects the output of a run, piece by piece.

    Args:
        anchors: those of the gist's files by name, for links to the lines that the output names.
        lines: how many lines of each file there are to link to; None for as many as you like.
    """

    def __init__(self, anchors: Mapping[str, str] | None = None, lines: Mapping[str, int] | None = None) -> None:
        self._files = Files(anchors or {}, lines)
        self._screens: dict[str, Screen] = {}

    def write(self, phase: str, error: bool, text: str) -> None:
        """What a phase wrote on standard output, or on standard error."""
        if text:
            if phase not in self._screens:
                self._screens[phase] = Screen()
            self._screens[phase].write(error, text)

    @property
    def full(self) -> bool:
        """True if there is more than is shown."""
        return any(screen.full for screen in self._screens.values())

    @property
    def html(self) -> Markup:
        """A section for each phase, in the order in which they began."""
        return Markup("").join(
            Markup('<div class="phase phase-{} c{}"{}>{}</div>').format(
                phase,
                width(screen),
                Markup(' role="group" aria-label="{}"').format(TITLES[phase]) if phase in TITLES else "",
                shown(screen, self._files),
            )
            for phase, screen in self._screens.items()
        )
