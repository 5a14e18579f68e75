"""Where an error page leads back to: the gist that it is about, and the form with what was asked, to be corrected."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import request, url_for

from gistrun.address import GIST_ID, REVISION

_GIST = re.compile(rf"/gist/({GIST_ID.pattern})(?:/({REVISION.pattern}))?(/.*|)", re.IGNORECASE)
#: What a form asks for, and how it is called there.
_FIELDS = {"file": "File", "version": "Version", "args": "Arguments", "stdin": "Standard input"}
#: Characters of all fields that are shown again.
_MOST = 2**16


@dataclass(frozen=True, slots=True)
class WayBack:
    """What an error page offers."""

    #: The page of the gist.
    gist: str
    #: Name, label and content of each field, to be corrected. Empty where that would not help.
    fields: tuple[tuple[str, str, str], ...] = ()


def way_back(status: int) -> WayBack | None:
    """The way back from the page of this request; None if it is about no gist, or about one that is not there."""
    found = _GIST.fullmatch(request.path)
    if not found:
        return None
    gist_id, revision, rest = found[1].lower(), found[2], found[3].strip("/")
    if status in (404, 410) and not (revision or rest):
        return None
    if status in (404, 410):
        revision = None
    gist = url_for("pages.gist", gist_id=gist_id, revision=revision and revision.lower())
    if status not in (400, 413) or rest or request.method not in ("GET", "HEAD"):
        return WayBack(gist)
    asked = {name: " ".join(request.args.getlist(name)) for name in _FIELDS}
    if sum(map(len, asked.values())) > _MOST:
        return WayBack(gist)
    return WayBack(gist, tuple((name, _FIELDS[name], text) for name, text in asked.items() if text))
