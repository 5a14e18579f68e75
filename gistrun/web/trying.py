"""Code pasted on the home page, to be tried without a gist at GitHub."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from gistrun.errors import BadInput
from gistrun.model import Request
from gistrun.snippets import snippet
from gistrun.web.services import services, visit

blueprint = Blueprint("trying", __name__)


@blueprint.post("/try")
def run() -> ResponseReturnValue:
    """Run what was pasted, and lead to its page. Counts as one new run of the visitor.

    Raises:
        BadInput, TooLarge, TooManyRuns
    """
    # A browser sends the lines of a form with CR LF; a program expects LF.
    code = request.form.get("code", "").replace("\r\n", "\n")
    if not code.strip():
        raise BadInput("There is no code. Paste some, and choose its language.")
    around = services()
    gist = snippet(*_kind(request.form.get("language", "")), code, around.now())
    opening = visit(gist.id, None, Request())
    if around.store.gists.latest(gist.id) is None:
        opening.admit()
        around.store.gists.put(gist, pinned=False)
        opening = replace(opening, admit=lambda: None)
    around.runs.open(opening)
    return redirect(url_for("pages.gist", gist_id=gist.id), 303)


def _kind(language: str) -> tuple[str, str | None]:
    """The name that the code's file gets, and GitHub's word. Without a language the first line decides what it is."""
    if not language:
        return "main", None
    known = services().known.get(language)
    if known is None:
        raise BadInput(f"{language[:40]!a} is no language that is offered here.")
    name = f"main{known.extensions[0]}" if known.extensions else known.names[0]
    return name, known.github[0] if known.github else None
