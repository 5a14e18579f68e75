"""The form that asks for another run of a gist: what is chosen by itself in it, and the address to which it leads."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import request

from gistrun import languages
from gistrun.errors import Refused
from gistrun.model import Gist, Program, Request, Run
from gistrun.web.front.inputs import query_of, run_input
from gistrun.web.services import services
from gistrun.web.targets import page_of


@dataclass(frozen=True, slots=True)
class Usual:
    """What a run has where the visitor names nothing. To name it would be another request, and so a second run."""

    #: The file, and the version of the shown file's language. None: there is none.
    file: str | None
    version: str | None
    #: The shown file's language, by its name and as people write it. The versions that are offered are of that one.
    language: str
    title: str


def usual(gist: Gist, asked: Request, run: Run) -> Usual:
    """For the form of that run's page."""
    known = services().known.get(run.language)
    first, shown = _chosen(gist, Request()), _chosen(gist, Request(file=asked.file))
    return Usual(
        first.file if first else None,
        shown.version if shown and shown.language == run.language else None,
        run.language,
        known.title if known else run.language,
    )


def plain_address(gist_id: str, revision: str | None) -> str | None:
    """Where the form leads as a browser sends it by itself: nothing empty, and no version of another language.

    None if the address was not made by the form (`of=` is the language whose versions it offered).

    Raises:
        GistrunError
    """
    of = request.args.get("of")
    if of is None:
        return None
    asked = run_input()
    if asked.version:
        gist, _ = services().runs.gists.get(gist_id, revision)
        program = _chosen(gist, Request(file=asked.file))
        if program is None or program.language != of:
            asked = replace(asked, version=None)
    return page_of(gist_id, revision, query_of(asked))


def _chosen(gist: Gist, asked: Request) -> Program | None:
    try:
        return languages.choose(gist, asked, services().known)
    except Refused:
        return None
