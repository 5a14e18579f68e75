"""The versions of a run's language, and what the same program did on each of them, as far as that is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gistrun.languages import Language
from gistrun.model import Gist, Request, Run, request_key
from gistrun.render.difference import Line, difference
from gistrun.store import Event
from gistrun.web.services import services
from gistrun.web.view import printed


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version as the page of a run shows it."""

    name: str | None
    #: What it is, such as "Python 3.13.5"; None while its image is not ready.
    toolchain: str | None
    #: Whether the run that the page shows is of this version.
    shown: bool
    #: The kept result of the same request on this version.
    run: Run | None = None
    #: How its output differs from the one that is shown: lines, and whether these are all.
    difference: tuple[list[Line], bool] | None = None


def version_views(run: Run, gist: Gist, asked: Request, events: list[Event]) -> list[VersionView]:
    """Every version of the run's language, the default first. `events`: those of the run."""
    language = services().known.get(run.language)
    if language is None:
        return []
    return [_view(version, run, gist, asked, events) for version in language.versions]


def _view(version: Language, run: Run, gist: Gist, asked: Request, events: list[Event]) -> VersionView:
    store = services().store
    ready = store.images.ready(version.image)
    view = VersionView(version.version, ready.toolchain if ready else None, shown=version.version == run.version)
    if view.shown or not run.state.finished:
        return view
    other = _result(gist, asked, version)
    if other is None:
        return view
    shown, complete = difference(printed(events), printed(store.streams.events(other.id)))
    return replace(view, run=other, difference=(shown, complete) if shown else None)


def _result(gist: Gist, asked: Request, version: Language) -> Run | None:
    """The kept result of the request on that version, whether it was asked for by name or is the one that is chosen."""
    for name in (version.version, None):
        run = services().store.ends.last(request_key(gist.id, gist.revision, replace(asked, version=name)))
        if run and run.version == version.version:
            return run
    return None
