"""What the views use. The factory puts it into the application once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import cast

import flask
from flask import current_app

from gistrun.budgets import Budgets
from gistrun.languages import Language
from gistrun.model import OwnersGists, Request, Visit
from gistrun.runs import Runs
from gistrun.settings import Settings
from gistrun.store import Store
from gistrun.web.follow.audience import Audience
from gistrun.web.follow.reader import Reader
from gistrun.web.follow.streams import OpenStreams
from gistrun.web.front.visitors import visitor_name

EXTENSION = "gistrun"


@dataclass(frozen=True, slots=True)
class Services:
    runs: Runs
    store: Store
    known: dict[str, Language]
    settings: Settings
    #: Those of a GitHub user.
    public_gists: Callable[[str], OwnersGists]
    #: The key of the hash that names visitors, so that nobody without it finds their addresses.
    secret: str
    budgets: Budgets
    reader: Reader
    streams: OpenStreams
    audience: Audience
    now: Callable[[], datetime]


def services() -> Services:
    """Those of the application that answers this request."""
    return cast(Services, current_app.extensions[EXTENSION])


def current_visitor() -> str:
    """The name of the visitor whose HTTP request this is."""
    return visitor_name(flask.request.remote_addr, services().secret)


def visit(gist_id: str, revision: str | None, request: Request, *, rerun: bool = False, fresh: bool = False) -> Visit:
    """The visit of the visitor whose HTTP request this is; see `runs.Visit`."""
    around = services()
    visitor = current_visitor()
    admit = partial(around.budgets.admit, visitor)
    return Visit(gist_id, revision, request, rerun, fresh=fresh, visitor=visitor, admit=admit)
