"""The home page: the box, code to be tried, what can be run, and what was run."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template

from gistrun.web.services import services


@dataclass(frozen=True, slots=True)
class Typed:
    """What a visitor has sent and gets back to correct it, with the sentence that says why."""

    #: In the box for a gist.
    gist: str = ""
    gist_refusal: str | None = None
    #: As code to be tried, and its language.
    code: str = ""
    language: str = ""
    code_refusal: str | None = None


def home_page(typed: Typed = Typed()) -> str:
    """The page, as HTML."""
    store = services().store
    offered = []
    for language in services().known.values():
        ready = store.images.ready(language.image)
        broken = None if ready else store.images.broken(language.image)
        offered.append((language, ready, broken))
    recent, running = store.ends.recent(10), store.runs.running(5)
    return render_template("home.html", typed=typed, offered=offered, recent=recent, running=running)
