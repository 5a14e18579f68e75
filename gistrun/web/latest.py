"""The last result of a gist, at once: it comes from Redis, never from GitHub. For pictures in READMEs.

Asking counts as a view, so GitHub is asked for the gist soon.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gistrun import languages
from gistrun.errors import BadInput, NotFound, Refused, StoreReadOnly, StoreUnavailable
from gistrun.model import Request, Run, State, Visit, request_key
from gistrun.render.badge import NOT_FOUND, NOT_RUNNABLE, STANDINGS, Standing
from gistrun.render.badge.standing import standing_of
from gistrun.web.front.inputs import checked_gist_id, checked_revision
from gistrun.web.services import services

_UNSEEN = "This gist is new here. GitHub is asked for it now, and then it runs."
_UNSEEN_REVISION = "This revision is not known here. Open its page once, and it runs."
_SOON = "It has no result yet. It runs when its turn comes."


@dataclass(frozen=True, slots=True)
class Latest:
    """How a gist stands: the words for it, and the run that they are about, or a sentence that says why there is none.

    `public` is the gist's.
    """

    standing: Standing
    run: Run | None = None
    why: str = ""
    public: bool = True


def latest(
    gist_id: str,
    read: Callable[[], Request],
    revision: str | None = None,
    admit: Callable[[], None] = lambda: None,
) -> Latest:
    """How a gist stands; whatever is refused or missing is told by it.

    Args:
        read: what is asked to run; it may raise Refused.
        revision: one that is pinned, else the latest.
        admit: as of a `Visit`. The run that is started where there is none is nobody's.
    """
    try:
        gist_id, revision = checked_gist_id(gist_id), checked_revision(revision)
        return _current(Visit(gist_id, revision, read(), admit=admit))
    except (BadInput, NotFound) as error:
        return Latest(NOT_FOUND, why=str(error))
    except Refused as error:  # nothing to run, or too much
        return Latest(NOT_RUNNABLE, why=str(error))
    except StoreUnavailable as error:
        return Latest(STANDINGS[State.ERROR], why=str(error))


def _current(asked: Visit) -> Latest:
    store, runs, gist_id = services().store, services().runs, asked.gist
    refused = None
    try:
        runs.gists.view(gist_id)
    except StoreReadOnly as error:
        refused = error
    revision = store.gists.latest_revision(gist_id) if asked.revision is None else asked.revision
    if revision is None:
        if refused:
            raise refused  # nobody will ask GitHub for it
        return Latest(STANDINGS[State.QUEUED], why=_UNSEEN)
    key = request_key(gist_id, revision, asked.request)
    # A kept result is shown until a rerun has ended.
    run = store.ends.last(key) or store.runs.under_way(key)
    if run:
        return Latest(standing_of(run.outcome), run, public=store.gists.is_public(gist_id))
    gist = store.gists.get(gist_id, revision)
    if gist:
        languages.choose(gist, asked.request, services().known)
        runs.start(gist, asked)
    elif asked.revision:
        return Latest(NOT_FOUND, why=_UNSEEN_REVISION)
    return Latest(STANDINGS[State.QUEUED], why=_SOON)
