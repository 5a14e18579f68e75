"""Limits how many new runs one visitor may start: `GISTRUN_RATE`, counted over all processes."""

from __future__ import annotations

from gistrun.errors import TooManyRuns
from gistrun.figures import in_words
from gistrun.settings import Rate
from gistrun.store import Store


class Budgets:
    """Admits new runs, or refuses them."""

    def __init__(self, store: Store, rate: Rate) -> None:
        self._visitors = store.visitors
        self._rate = rate

    def admit(self, visitor: str) -> None:
        """Count one new run of the visitor.

        Raises:
            TooManyRuns: with `retry_after`, the seconds until the next one is admitted.
        """
        wait = self._visitors.count_run(visitor, self._rate.count, self._rate.seconds)
        if wait:
            raise TooManyRuns(
                f"You have started {self._rate.count} new runs within {self._rate.seconds} seconds, and may not"
                f" start more. Try again {in_words(wait)}.",
                retry_after=wait,
            )
