"""Code pasted on the home page, to be tried without a gist at GitHub."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from gistrun import languages
from gistrun.errors import BadInput, NothingToRun, Refused
from gistrun.model import Request
from gistrun.snippets import snippet
from gistrun.web.front.errors import status_of
from gistrun.web.front.headers import for_secret
from gistrun.web.home import Typed, home_page
from gistrun.web.services import services, visit

blueprint = Blueprint("trying", __name__)

#: Characters of refused code that the page gives back; a browser that goes back has what was longer.
_GIVEN_BACK = 2**20


@blueprint.post("/try")
def run() -> ResponseReturnValue:
    """Run what was pasted, and lead to its page. Counts as one new run of the visitor.

    What cannot be run is not stored: the form comes back with what was typed, and says why.
    """
    # A browser sends the lines of a form with CR LF; a program expects LF.
    code = request.form.get("code", "").replace("\r\n", "\n")
    language = request.form.get("language", "")
    try:
        return redirect(url_for("pages.gist", gist_id=_run(code, language)), 303)
    except Refused as error:
        given_back = code if len(code) <= _GIVEN_BACK else ""
        page = home_page(Typed(code=given_back, language=language, code_refusal=str(error)))
        answer = make_response(page, status_of(error))
        answer.headers["Cache-Control"] = "no-store"
        if error.retry_after is not None:
            answer.headers["Retry-After"] = str(error.retry_after)
        return for_secret(answer)


def _run(code: str, language: str) -> str:
    """Have it run; the id of its page.

    Raises:
        Refused
    """
    if not code.strip():
        raise BadInput("There is no code. Paste some, and choose its language.")
    around = services()
    gist = snippet(*_kind(language), code, around.now())
    try:
        languages.choose(gist, Request(), around.known)
    except NothingToRun:
        if language:
            raise
        raise NothingToRun("Choose the language of the code: no #! in its first line says it.") from None
    opening = visit(gist.id, None, Request())
    if around.store.gists.latest(gist.id) is None:
        opening.admit()
        around.store.gists.put(gist, pinned=False)
        opening = replace(opening, admit=lambda: None)
    around.runs.open(opening)
    return gist.id


def _kind(language: str) -> tuple[str, str | None]:
    """The name that the code's file gets, and GitHub's word. Without a language the first line decides what it is."""
    if not language:
        return "main", None
    known = services().known.get(language)
    if known is None:
        raise BadInput(f"{language[:40]!a} is no language that is offered here.")
    name = f"main{known.extensions[0]}" if known.extensions else known.names[0]
    return name, known.github[0] if known.github else None
