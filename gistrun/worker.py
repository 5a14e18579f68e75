"""What one worker process holds and does: the story's second half, and its signs of life."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

from gistrun.model import ReadyLanguage
from gistrun.runs import Runs
from gistrun.sandbox.pool import Pool
from gistrun.store import Store

log = logging.getLogger(__name__)


class Worker:
    """Executes runs in its own sandboxes and says every few seconds that it lives.

    Args:
        check_engine: raises, or returns a sentence, when the engine cannot run anything now; None when all is well.
        languages: those whose image is there.
    """

    def __init__(
        self,
        name: str,
        runs: Runs,
        sandboxes: Pool,
        store: Store,
        check_engine: Callable[[], str | None],
        languages: Callable[[], list[ReadyLanguage]],
    ) -> None:
        self._name = name
        self._runs = runs
        self._sandboxes = sandboxes
        self._store = store
        self._check_engine = check_engine
        self._languages = languages
        # Before any job is taken: a run whose worker gives no sign of life is taken from it.
        self.beat()

    def execute(self, run_id: str, attempt: int) -> None:
        """Run a gist; every end is written to the store."""
        self._runs.execute(run_id, attempt, self._name, self._sandboxes)

    def beat(self) -> None:
        """Tell the store that this worker lives and whether it could run something now."""
        trouble = self._check_engine()
        ready = [] if trouble else self._languages()
        for language in ready:
            # The images may have been built before there was a service to be told.
            if self._store.ready_language(language.name) is None:
                self._store.publish_language(language)
        facts: dict[str, Any] = {
            "pid": os.getpid(),
            "engine": trouble or True,
            "languages": [language.name for language in ready],
            "warm": self._sandboxes.warm(),
        }
        self._store.sign_of_life(self._name, facts)

    def interrupt(self) -> None:
        """Give up the program in progress, for another worker to take up."""
        self._sandboxes.interrupt()

    def close(self) -> None:
        """Remove every sandbox of this worker and say goodbye."""
        self._sandboxes.close()
        self._store.gone(self._name)
