"""How long an installation takes."""

from __future__ import annotations

import time

from gistrun.packages.steps import Doing, Step


class Watch:
    """How long an installation takes, without what is done once on a host."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._paused: float | None = None

    def see(self, step: Step) -> None:
        """That is done from now on."""
        now = time.monotonic()
        counts = not isinstance(step, Doing) or step.installing
        if counts and self._paused is not None:
            self._began += now - self._paused
            self._paused = None
        elif not counts and self._paused is None:
            self._paused = now

    @property
    def seconds(self) -> float:
        return (time.monotonic() if self._paused is None else self._paused) - self._began

    @property
    def ms(self) -> int:
        return round(self.seconds * 1000)
