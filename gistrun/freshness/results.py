"""Which kept results are stale: out of date although the gist has not changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from gistrun.model import Gist, Image, Request, Run, State, request_key
from gistrun.store import Store

#: A run that ended in our own error is tried again after this time, doubled with each such end in a row.
_ERROR_BACKOFF = timedelta(minutes=1)
_MOST_DOUBLINGS = 20


def with_stale_result(store: Store, gist_id: str, now: datetime) -> Gist | None:
    """The gist as it is stored, if the last result of its latest revision is stale."""
    latest = store.gists.latest(gist_id)
    if latest is None:
        return None
    key = request_key(gist_id, latest.revision, Request())
    ended = store.ends.last(key)
    if ended is None:
        return None
    image, errors = store.images.ready_for(ended), store.ends.errors(key)
    return store.gists.get(gist_id) if is_stale(ended, image, errors, now) else None


def is_stale(ended: Run, image: Image | None, errors: int, now: datetime) -> bool:
    """True when the program of that result should run again although its gist has not changed.

    That is so after our own error, with exponential backoff, and after a new toolchain. A result that has only expired
    is not stale: otherwise a program that always times out would run for ever, for nobody.

    Args:
        image: what its language runs on now, or None where that is not ready.
        errors: how often in a row the request ended in our own error.
    """
    if ended.state is not State.ERROR:
        return image is not None and image.digest != ended.image
    wait = _ERROR_BACKOFF * 2 ** min(max(errors, 1) - 1, _MOST_DOUBLINGS)
    return ended.finished_at is None or now - ended.finished_at >= wait
