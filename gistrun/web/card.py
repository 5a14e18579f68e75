"""`card.png`: the picture of a gist that a chat or a site shows beside a link to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from flask import Blueprint, Response, request

from gistrun.errors import StoreUnavailable
from gistrun.model import Gist, Run
from gistrun.render.card.sheet import COLUMNS, LINES, sheet
from gistrun.render.source import coloured
from gistrun.web.front.inputs import run_input
from gistrun.web.front.kept import Rendering, answer, headers, rendered
from gistrun.web.latest import Latest, latest
from gistrun.web.painting import painted
from gistrun.web.printed import heading_of, written_by
from gistrun.web.services import current_visitor, services

blueprint = Blueprint("card", __name__)


@blueprint.get("/gist/<gist_id>/card.png")
def png(gist_id: str) -> Response:
    """The card of the last result; a card that says so where there is none."""
    admit = partial(services().budgets.admit, current_visitor())
    shown = latest(gist_id, run_input, request.args.get("sha"), admit)
    try:
        card = _card(shown)
    except StoreUnavailable:
        card = painted(sheet(heading_of(shown.standing, None), "gistrun", [], []))
    rendering = Rendering.of(headers("image/png", public=shown.public), card)
    if shown.run:
        rendered().keep(rendering, shown.run)
    return answer(rendering)


def _card(shown: Latest) -> bytes:
    heading, run = heading_of(shown.standing, shown.run), shown.run
    if run is None:
        # Why is not on it: with ids in it, each made-up one would have a card drawn.
        return painted(sheet(heading, "gistrun", [], []))
    gist = services().store.gists.get(run.gist, run.revision)
    title = (gist.description if gist else None) or run.file
    return painted(sheet(heading, title, _code(gist, run) if gist else [], written_by(run, COLUMNS)))


def _code(gist: Gist, run: Run) -> Iterator[list[tuple[str, str]]]:
    for file in gist.files:
        if file.name == run.file:
            yield from coloured(file.name, file.content, file.language, LINES)
