"""Which kept results do not count any more. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from gistrun.model import Image, Run, State

#: A run that ended in our own error is tried again after this time, doubled with each such end in a row.
_ERROR_BACKOFF = timedelta(minutes=1)
_MOST_DOUBLINGS = 20


def is_stale(ended: Run, image: Image | None, errors: int, now: datetime) -> bool:
    """True when the program of that result should run again although its gist has not changed.

    That is after our own error, with exponential backoff, and after a new toolchain. A result that has merely expired
    does not count here: a program that always times out would run for ever, for nobody.

    Args:
        image: what its language runs on now, or None where that is not ready.
        errors: how often in a row the request ended in our own error.
    """
    if ended.state is not State.ERROR:
        return image is not None and image.digest != ended.image
    wait = _ERROR_BACKOFF * 2 ** min(max(errors, 1) - 1, _MOST_DOUBLINGS)
    return ended.finished_at is None or now - ended.finished_at >= wait
