"""The history of a gist: how each revision ended, and what changed between any two, in the files and in the output."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gistrun.errors import BadInput
from gistrun.model import Gist, Revision
from gistrun.render.difference import changes, difference, groups
from gistrun.store import PastEnd
from gistrun.web.front.inputs import checked_gist_id, checked_revision
from gistrun.web.front.kept import Rendering, answer, headers
from gistrun.web.services import services
from gistrun.web.view import printed

blueprint = Blueprint("history", __name__)
blueprint.add_app_template_filter(groups, "together")

_HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Row:
    """One revision, and how its runs ended: the newest end on each toolchain, the newest first."""

    revision: Revision
    made_at: datetime | None
    ends: list[PastEnd]
    #: What led to another state than that of the revision before, or on the toolchain before, as a sentence.
    cause: str | None


@blueprint.get("/gist/<gist_id>/history")
def history(gist_id: str) -> ResponseReturnValue:
    """The revisions with their outcomes; with `from=` and `to=`, the difference between two of them."""
    gist_id = checked_gist_id(gist_id)
    older, newer = checked_revision(request.args.get("from")), checked_revision(request.args.get("to"))
    if older or newer:
        return _comparison(gist_id, older, newer)
    gist, notice = services().runs.gists.get(gist_id)
    page = render_template(
        "history.html", gist=gist, notice=notice, rows=rows(gist, services().store.history.of(gist_id))
    )
    return answer(Rendering.of(headers(_HTML, public=gist.public), page))


def rows(gist: Gist, ends: list[PastEnd]) -> list[Row]:
    """A row for each revision, the newest first. Revisions that GitHub does not list come last."""
    listed = list(gist.history or (Revision(gist.revision),))
    known = {revision.id for revision in listed}
    listed += [
        Revision(end.revision) for end in {end.revision: end for end in ends if end.revision not in known}.values()
    ]
    found = [_newest_by_image([end for end in ends if end.revision == revision.id]) for revision in listed]
    return [
        Row(
            revision,
            _moment(revision.committed_at),
            own,
            _cause(own, found[number + 1] if number + 1 < len(found) else []),
        )
        for number, (revision, own) in enumerate(zip(listed, found, strict=True))
    ]


def _newest_by_image(ends: list[PastEnd]) -> list[PastEnd]:
    newest: dict[str | None, PastEnd] = {}
    for end in ends:
        newest.setdefault(end.image, end)
    return list(newest.values())


def _cause(own: list[PastEnd], before: list[PastEnd]) -> str | None:
    """Why the newest end is another than the one before it."""
    if not own:
        return None
    now = own[0]
    if len(own) > 1 and own[1].state is not now.state:
        return f"Another toolchain changed how it ends: {_words(own[1])} on {own[1].toolchain}."
    if not before or before[0].state is now.state:
        return None
    if any(end.image == now.image and end.state is not now.state for end in before):
        return f"The edit changed how it ends: it {_words(before[0])} before."
    return f"It {_words(before[0])} before, on {before[0].toolchain}: the edit or the toolchain changed that."


def _words(end: PastEnd) -> str:
    return {"passed": "passed", "failed": "failed"}.get(end.state, f"ended as “{end.state}”")


def _comparison(gist_id: str, older: str | None, newer: str | None) -> ResponseReturnValue:
    latest, _ = services().runs.gists.get(gist_id)
    if newer is None:
        newer = latest.revision
    if older is None:
        ids = [revision.id for revision in latest.history]
        if newer not in ids[:-1]:
            raise BadInput("This revision has none before it. Name two with from= and to=.")
        query = urlencode({"from": ids[ids.index(newer) + 1], "to": newer})
        return redirect(f"{url_for('history.history', gist_id=gist_id)}?{query}")
    gists = [services().runs.gists.get(gist_id, revision)[0] for revision in (older, newer)]
    ends = services().store.history.of(gist_id)
    before, after = _ends(older, newer, ends)
    page = render_template(
        "compare.html",
        gist=latest,
        older=older,
        newer=newer,
        files=changes(*({file.name: file.content for file in each.files} for each in gists)),
        before=before,
        after=after,
        output=difference(*(printed(services().store.streams.events(end.run)) for end in (before, after)))
        if before and after
        else None,
        said=_said(older, newer, before, after),
    )
    return answer(Rendering.of(headers(_HTML, public=latest.public), page))


def _ends(older: str, newer: str, ends: list[PastEnd]) -> tuple[PastEnd | None, PastEnd | None]:
    """The ends to compare: on the same toolchain where both ran on one, else the newest of each."""
    before = _newest_by_image([end for end in ends if end.revision == older])
    after = _newest_by_image([end for end in ends if end.revision == newer])
    if older == newer:
        return (after[1], after[0]) if len(after) > 1 else (None, after[0] if after else None)
    for end in after:
        if same := next((each for each in before if each.image == end.image), None):
            return same, end
    return before[0] if before else None, after[0] if after else None


def _said(older: str, newer: str, before: PastEnd | None, after: PastEnd | None) -> str:
    """What a difference of the output comes from."""
    if not before and not after:
        return (
            "It has not run here: open its page, and it runs."
            if older == newer
            else "Neither of the two has run here: open the page of each, and it runs."
        )
    if not before or not after:
        if older == newer:
            return "It has run on one toolchain only: there is nothing to compare it with."
        return f"{(newer if before else older)[:7]} has not run here: open its page, and it runs."
    if older == newer:
        return f"The files are the same: what differs comes from {after.toolchain} in place of {before.toolchain}."
    if before.image == after.image:
        return f"Both ran on {after.toolchain}: what differs comes from the edit."
    return f"They ran on {before.toolchain} and on {after.toolchain}: what differs may come from either."


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "")
    except ValueError:
        return None
