"""Addresses of GitHub with our host in place of GitHub's, and our own as people write them.

Each leads to the one that is meant.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from gistrun import address
from gistrun.address import GIST_ID, REVISION
from gistrun.web.front.inputs import checked_gist_id
from gistrun.web.targets import target_of

blueprint = Blueprint("swapped", __name__)

#: First steps of paths that are no owner's.
_NO_OWNER = frozenset({"api", "runs", "static", "try", "u", "webhooks"})
_GIST = rf"(gist/)?([^/]+/)?({GIST_ID.pattern})(\.git|\.js|\.json|\.pibb)?(/{REVISION.pattern}(\.js|\.json|\.pibb)?)?"
#: The path of a gist at GitHub, or of ours; `/gist/ID.js` is no page.
_SWAPPED = re.compile(
    rf"(?!gist/[^/]+\.js(?:/|$)){_GIST}(/(raw(/.*)?|revisions|forks|stargazers|archive/.*|download|edit|comments))?/?",
    re.IGNORECASE | re.DOTALL,
)
#: What we have of a gist beside its page, and the view of each. Those that are of one revision take `sha=`.
_PARTS = {
    "history": "history.history",
    "revisions": "history.history",
    "badge.svg": "badges.svg",
    "badge.json": "badges.endpoint",
    "output.txt": "output.text",
    "output.cast": "cast.cast",
    "output.svg": "picture.svg",
    "card.png": "card.png",
}
_OF_A_REVISION = frozenset({"output.txt", "output.cast", "output.svg", "card.png"})
#: GitHub's host, before which ours was written.
_GITHUB = re.compile(r"\A(https?:/)?(gist\.github\.com|gist\.githubusercontent\.com)/", re.IGNORECASE)
_PART = re.compile(rf"{_GIST}/(?P<part>{'|'.join(map(re.escape, _PARTS))})/?", re.IGNORECASE)


@blueprint.get("/gist/<gist_id>/raw")
@blueprint.get("/gist/<gist_id>/forks")
@blueprint.get("/gist/<gist_id>/stargazers")
@blueprint.get("/gist/<gist_id>/download")
@blueprint.get("/gist/<gist_id>/edit")
@blueprint.get("/gist/<gist_id>/comments")
def tab(gist_id: str) -> ResponseReturnValue:
    """Where a tab of a gist at GitHub leads."""
    return swapped(f"gist/{checked_gist_id(gist_id)}")


@blueprint.get("/gist/<gist_id>/revisions")
def revisions(gist_id: str) -> ResponseReturnValue:
    """Where the history of a gist at GitHub leads."""
    return swapped(f"gist/{checked_gist_id(gist_id)}/revisions")


@blueprint.get("/<path:path>")
def swapped(path: str) -> ResponseReturnValue:
    """Where the address of a gist leads after its host was swapped for ours. Also for addresses of our own that end
    in a slash, name the owner, or name the gist in upper case.
    """
    path = _GITHUB.sub("", re.sub(r"/+", "/", path))
    meant = None if path.partition("/")[0].lower() in _NO_OWNER else address.read(quote(path))
    if meant and (part := _PART.fullmatch(path)):
        name = part["part"].lower()
        target = url_for(_PARTS[name], gist_id=meant.gist)
        if meant.revision and name in _OF_A_REVISION:
            target += "?" + urlencode({"sha": meant.revision})
    elif meant and _SWAPPED.fullmatch(path):
        target = target_of(meant)
    else:
        target = _plain(path.rstrip("/"))
    query = request.query_string.decode("ascii", "replace")
    if not query:
        return redirect(target)
    before, mark, fragment = target.partition("#")
    return redirect(f"{before}{'&' if '?' in before else '?'}{query}{mark}{fragment}")


@blueprint.after_app_request
def only_own_methods(answer: Response) -> Response:
    """Leave `GET` out of `Allow` where it only seems to be allowed, since `swapped` is there for every path.

    No address takes both GET and POST.
    """
    if "POST" in answer.headers.get("Allow", ""):
        answer.headers["Allow"] = "OPTIONS, POST"
    return answer


def _plain(path: str) -> str:
    """The address of our own that was asked for with more slashes; 404 without one, 405 where it takes POST only."""
    endpoint, values = _view(path, "GET")
    if endpoint not in ("", f"{blueprint.name}.swapped"):
        return url_for(endpoint, **values)
    raise MethodNotAllowed(["OPTIONS", "POST"]) if _view(path, "POST")[0] else NotFound


def _view(path: str, method: str) -> tuple[str, dict[str, Any]]:
    """The view of that path and what it is called with; an empty name for none."""
    adapter = current_app.create_url_adapter(request)
    try:
        endpoint, values = adapter.match(f"/{path}", method) if adapter else ("", {})
    except HTTPException:
        return "", {}
    return str(endpoint), dict(values)
