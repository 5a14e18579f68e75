"""The web face: pages, API, events, badges and health over `Runs` and `Store`. It never uses Docker."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from flask import Blueprint, Flask

from gistrun.budgets import Budgets
from gistrun.languages import Language
from gistrun.model import OwnersGists
from gistrun.runs import Runs
from gistrun.settings import Settings
from gistrun.store import Store
from gistrun.web import (
    api,
    badges,
    card,
    cast,
    events,
    health,
    history,
    output,
    owners,
    pages,
    picture,
    raw,
    stops,
    swapped,
    trying,
)
from gistrun.web.follow.audience import Audience
from gistrun.web.follow.reader import Reader
from gistrun.web.follow.streams import OpenStreams
from gistrun.web.front import kept
from gistrun.web.front.crosssite import refuse_cross_site
from gistrun.web.front.errors import add_error_answers
from gistrun.web.front.headers import add_headers
from gistrun.web.front.hosts import only_hosts
from gistrun.web.front.slashes import without_last_slash
from gistrun.web.front.static import serve_static
from gistrun.web.front.validators import only_validators
from gistrun.web.services import EXTENSION, Services

#: Bytes of a request: the largest standard input with every byte escaped, and what stands around it.
_LARGEST_REQUEST = 8 * 2**20
#: What takes requests that could change something from our own pages only.
_OWN = (
    pages.blueprint,
    swapped.blueprint,
    trying.blueprint,
    history.blueprint,
    raw.blueprint,
    owners.blueprint,
    output.blueprint,
    cast.blueprint,
    events.blueprint,
    badges.blueprint,
    picture.blueprint,
    card.blueprint,
    health.blueprint,
    stops.blueprint,
)


def create_app(
    runs: Runs,
    store: Store,
    known: dict[str, Language],
    settings: Settings,
    public_gists: Callable[[str], OwnersGists],
    blueprints: Iterable[Blueprint] = (),
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Flask:
    """The WSGI application.

    Args:
        runs: what visitors open; it keeps its runs in `store`.
        known: the languages offered, by name.
        public_gists: those of a GitHub user, as `github.Lists.public_gists`.
        blueprints: further ones, such as the webhook receiver. They take requests from anywhere.
    """
    app = Flask(__name__, static_folder=None)
    secret = settings.secret_key()
    app.config.update(MAX_CONTENT_LENGTH=_LARGEST_REQUEST, MAX_FORM_MEMORY_SIZE=_LARGEST_REQUEST)
    app.jinja_options = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    reader = Reader(store, uuid.uuid4().hex)
    streams = OpenStreams(store, settings.streams)
    audience = Audience(store, reader, runs.line)
    budgets = Budgets(store, settings.rate)
    app.extensions[EXTENSION] = Services(
        runs, store, known, settings, public_gists, secret, budgets, reader, streams, audience, now
    )
    foreign = (api.blueprint, *blueprints)
    for blueprint in (*_OWN, *foreign):
        app.register_blueprint(blueprint)
    serve_static(app)
    refuse_cross_site(app, open_to_all=frozenset(blueprint.name for blueprint in foreign))
    api.allow_other_origins(app)
    add_error_answers(app)
    add_headers(app)
    _stand_in_front(app, store, kept.edition_of(known, settings.limits), settings.check_interval, now)
    return app


def _stand_in_front(app: Flask, store: Store, edition: str, interval: float, now: Callable[[], datetime]) -> None:
    """What a request passes before Flask: only our own hosts, then kept pages, then only validators that are true."""
    app.wsgi_app = only_validators(without_last_slash(app.wsgi_app))  # type: ignore[method-assign, assignment]
    pages_kept = app.extensions[kept.EXTENSION] = kept.Rendered(app, store, edition, interval, now)
    app.wsgi_app = only_hosts(pages_kept)  # type: ignore[method-assign, assignment]
