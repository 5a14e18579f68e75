"""What one worker process holds and does: the story's second half, and its signs of life."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

from gistrun.errors import EngineUnavailable, Interrupted, SandboxUnavailable
from gistrun.github import Budget
from gistrun.model import Program, ReadyLanguage
from gistrun.runs import Runs, SandboxEvent
from gistrun.sandbox.pool import Pool
from gistrun.store import Store

log = logging.getLogger(__name__)


class Worker:
    """Executes runs in its own sandboxes and says every few seconds that it lives.

    Args:
        check_engine: raises, or returns a sentence, when the engine cannot run anything now; None when all is well.
            Called from two threads.
        languages: those whose image is there.
        github: what is left of GitHub's budget, or None where that is not known.
    """

    def __init__(
        self,
        name: str,
        runs: Runs,
        sandboxes: Pool,
        store: Store,
        check_engine: Callable[[], str | None],
        languages: Callable[[], list[ReadyLanguage]],
        github: Callable[[], Budget | None],
    ) -> None:
        self._name = name
        self._runs = runs
        self._sandboxes = sandboxes
        self._store = store
        self._check_engine = check_engine
        self._languages = languages
        self._github = github
        # Before any job is taken: a run whose worker gives no sign of life is taken from it.
        self.beat()

    def execute(self, run_id: str, attempt: int) -> None:
        """Run a gist; every end is written to the store."""
        self._runs.execute(run_id, attempt, self._name, self)

    def run(self, program: Program) -> Generator[SandboxEvent]:
        """One program in one of the worker's sandboxes; see `runs.Sandboxes`.

        Raises:
            EngineUnavailable: it went wrong, and the engine cannot run anything now, which the store has been told.
            SandboxUnavailable: it went wrong although the engine could.
        """
        try:
            yield from self._sandboxes.run(program)
        except Interrupted:
            raise
        except SandboxUnavailable as error:
            # One that answers by now did not then.
            trouble = str(error) if isinstance(error, EngineUnavailable) else self._check_engine()
            if trouble is None:
                raise
            self._tell(trouble, [])
            raise EngineUnavailable(trouble) from error

    def beat(self) -> None:
        """Tell the store that this worker lives and whether it could run something now."""
        trouble = self._check_engine()
        ready = [] if trouble else self._languages()
        for language in ready:
            # The images may have been built before there was a service to be told.
            if self._store.ready_language(language.name) is None:
                self._store.publish_language(language)
        if not trouble:
            now = datetime.now(UTC)
            ages = {name: (now - at).total_seconds() for name, at in self._store.languages_asked_for().items()}
            self._sandboxes.learn(ready, ages)
        self._tell(trouble, ready)

    def _tell(self, trouble: str | None, ready: list[ReadyLanguage]) -> None:
        budget = self._github()
        facts: dict[str, Any] = {
            "pid": os.getpid(),
            "engine": trouble or True,
            "languages": [language.name for language in ready],
            "warm": self._sandboxes.warm(),
            "github": budget.as_json() if budget else None,
        }
        self._store.sign_of_life(self._name, facts)

    def interrupt(self) -> None:
        """Give up the program in progress, for another worker to take up."""
        self._sandboxes.interrupt()

    def close(self) -> None:
        """Remove every sandbox of this worker and say goodbye."""
        self._sandboxes.close()
        self._store.gone(self._name)
