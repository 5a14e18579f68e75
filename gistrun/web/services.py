"""What the views stand on, put into the application once by the factory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app, request

from gistrun.languages import Language
from gistrun.runs import Runs
from gistrun.settings import Settings
from gistrun.store import Store
from gistrun.web.live import Live
from gistrun.web.visitors import Visitors

EXTENSION = "gistrun"


@dataclass(frozen=True, slots=True)
class Services:
    runs: Runs
    store: Store
    known: dict[str, Language]
    settings: Settings
    visitors: Visitors
    live: Live
    now: Callable[[], datetime]

    def admit(self) -> str:
        """Count a new run of the visitor whose request this is; returns the visitor's name.

        Raises:
            TooManyRuns: with `retry_after`.
        """
        return self.visitors.admit(request.remote_addr)


def services() -> Services:
    """Those of the application that answers this request."""
    return cast(Services, current_app.extensions[EXTENSION])
