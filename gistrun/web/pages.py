"""The pages people see. Every one works without JavaScript; `run.js` adds what arrives while they look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gistrun import languages
from gistrun.errors import BadInput, NothingToRun
from gistrun.model import Gist, GistFile, Phase, Run, State
from gistrun.render import figures
from gistrun.render.source import Source, source, visible
from gistrun.render.terminal import Screen
from gistrun.runs import Opened
from gistrun.store import UNREACHABLE, Event, Store
from gistrun.web import address
from gistrun.web.events import KEEP_ALIVE, found
from gistrun.web.headers import for_secret
from gistrun.web.inputs import checked_gist_id, checked_revision, query_of, run_input
from gistrun.web.services import services

blueprint = Blueprint("pages", __name__)

#: Bytes of files shown in one page; a file with more lines than this begins closed, unless it is the one that runs.
_SHOWN_IN_ALL = 2 * 2**20
_OPEN_LINES = 400
#: Characters of a query that every proxy and browser takes.
_LONGEST_QUERY = 2000
#: First steps of paths that are no owner's.
_NO_OWNER = frozenset({"api", "gist", "runs", "static", "u", "webhooks"})

# The page's words for how a run stands, and the sentence that goes with them.
_WORDS = {
    State.QUEUED: "queued",
    State.RUNNING: "running",
    State.PASSED: "passed",
    State.FAILED: "failed",
    State.TIMED_OUT: "timed out",
    State.OUT_OF_MEMORY: "out of memory",
    State.OUTPUT_LIMIT: "too much output",
    State.ERROR: "error",
}


@blueprint.app_template_filter("visible")
def _visible(text: str) -> str:
    return visible(text)


@blueprint.app_template_filter("size")
def _size(count: int) -> str:
    return figures.size(count)


@blueprint.app_template_filter("ago")
def _ago(moment: datetime) -> str:
    return figures.ago(moment, services().now())


@blueprint.app_template_filter("words")
def _words(state: State) -> str:
    return _WORDS[state]


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """The box, what can be run, what was run; with `?gist=`, on to that gist."""
    pasted = request.args.get("gist")
    refusal = None
    if pasted is not None:
        try:
            meant = address.parse(pasted)
            target = _page_of(meant.gist, meant.revision, {"file": meant.file})
            return redirect(f"{target}#{meant.fragment}" if re.fullmatch(r"[\w-]+", meant.fragment) else target)
        except BadInput as error:
            refusal = str(error)
    store = services().store
    offered = []
    for language in services().known.values():
        ready = store.ready_language(language.name)
        broken = None if ready else store.broken_language(language.name)
        offered.append((language, ready, broken))
    page = render_template("home.html", pasted=pasted, refusal=refusal, offered=offered, recent=store.recent(10))
    return page, 400 if refusal else 200


@blueprint.get("/gist/<gist_id>")
@blueprint.get("/gist/<gist_id>/<revision>")
def gist(gist_id: str, revision: str | None = None) -> ResponseReturnValue:
    """The gist with its output, live while it runs; `run=` shows one run of it, such as a rerun."""
    gist_id, revision = checked_gist_id(gist_id), checked_revision(revision)
    asked = run_input()
    run_id = request.args.get("run")
    if run_id:
        opened = _one_run(gist_id, revision, run_id)
        if opened is None:
            return redirect(_page_of(gist_id, revision, query_of(asked)))
    else:
        opened = services().runs.open(gist_id, revision, asked, admit=services().admit)
    run = opened.run
    screen = Screen()
    if run:
        screen = _screen(services().store.events(run.id))
    page = make_response(
        render_template(
            "gist.html",
            opened=opened,
            gist=opened.gist,
            run=run,
            figures=_figures(run) if run else [],
            files=_files(opened.gist, run.file if run else asked.file),
            screen=screen,
            pinned=revision,
            asked=query_of(asked),
            query=urlencode(query_of(asked) | ({"sha": revision} if revision else {})),
        )
    )
    page.headers["Cache-Control"] = "private, no-cache"
    return page if opened.gist.public else for_secret(page)


def _one_run(gist_id: str, revision: str | None, run_id: str) -> Opened | None:
    """That run of that gist; None when it is kept no longer, or is not of this gist and revision."""
    run = services().store.run(run_id)
    if run is None or run.gist != gist_id or (revision and run.revision != revision):
        return None
    shown, notice = services().runs.gist(gist_id, revision)
    if shown.revision != run.revision:
        shown, notice = services().runs.gist(gist_id, run.revision)
        notice = notice or "This run is of an earlier revision."
    return Opened(shown, run, cached=run.state.finished, notice=notice)


@blueprint.get("/<owner>/<gist_id>")
@blueprint.get("/<owner>/<gist_id>/<revision>")
def swapped(owner: str, gist_id: str, revision: str | None = None) -> ResponseReturnValue:
    """Where a gist's URL leads after its host was swapped for ours."""
    if owner in _NO_OWNER or not address.GIST_ID.fullmatch(gist_id):
        abort(404)
    target = _page_of(gist_id, checked_revision(revision))
    query = request.query_string.decode("ascii", "replace")
    return redirect(f"{target}?{query}" if query else target)


@blueprint.post("/gist/<gist_id>/rerun")
def rerun(gist_id: str) -> ResponseReturnValue:
    """Run it again and show that run; the kept result stays until this one has ended."""
    gist_id, revision = checked_gist_id(gist_id), checked_revision(request.form.get("sha"))
    asked = run_input(request.form)
    opened = services().runs.open(gist_id, revision, asked, rerun=True, admit=services().admit)
    query = query_of(asked)
    if opened.run:
        if len(urlencode(query)) > _LONGEST_QUERY:
            query = {}  # the run itself knows
        query["run"] = opened.run.id
    return redirect(_page_of(gist_id, revision, query), 303)


@blueprint.get("/runs/<run_id>/summary")
def summary(run_id: str) -> ResponseReturnValue:
    """How the run stands, as the part of the page that says so: what a live page puts in place at the end."""
    run = found(services().store, run_id)
    page = make_response(render_template("summary.html", run=run, figures=_figures(run), cached=False))
    page.headers["Cache-Control"] = "no-cache"
    return for_secret(page)


@blueprint.get("/gist/<gist_id>/output.txt")
def output(gist_id: str) -> ResponseReturnValue:
    """The output as plain text, as the program wrote it; streams while it runs."""
    gist_id, revision = checked_gist_id(gist_id), checked_revision(request.args.get("sha"))
    opened = services().runs.open(gist_id, revision, run_input(), admit=services().admit)
    if opened.run is None:
        raise opened.refusal or NothingToRun("There is nothing to run.")
    store = services().store
    text = _finished_text(store, opened.run) if opened.run.state.finished else _live_text(store, opened.run)
    answer = Response(text, content_type="text/plain; charset=utf-8")
    answer.headers["Gistrun-Run"] = opened.run.id
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer if opened.gist.public else for_secret(answer)


def _finished_text(store: Store, run: Run) -> str:
    parts: list[str] = []
    for event in store.events(run.id):
        if _starts_over(event):
            parts.clear()
        elif event.name == "output":
            parts.append(event.data["data"])
    return "".join(parts) + _our_fault(run.state, run.outcome.message)


def _live_text(store: Store, run: Run) -> Iterator[str]:
    after, wrote = "0", False
    try:
        while True:
            batch = store.events(run.id, after, KEEP_ALIVE)
            for event in batch:
                after = event.id
                if event.name == "output":
                    wrote = True
                    yield event.data["data"]
                elif wrote and _starts_over(event):
                    yield f"\ngistrun: {event.data['message']}\n"
                elif event.name == "end":
                    yield _our_fault(State(event.data["state"]), event.data["message"])
                    return
            if not batch:
                now = store.run(run.id)
                if now is None or now.state.finished:
                    return
    except UNREACHABLE:
        yield "\ngistrun: Redis does not answer any more; the rest of the output is missing here.\n"


def _our_fault(state: State, message: str | None) -> str:
    """A program's own end needs no words here; without ours nobody would know that it was not the program's."""
    return f"gistrun: {message}\n" if state is State.ERROR else ""


def _starts_over(event: Event) -> bool:
    return event.name == "state" and event.data["state"] == State.QUEUED


def _screen(events: list[Event]) -> Screen:
    screen = Screen()
    for event in events:
        if _starts_over(event):
            screen = Screen()
        elif event.name == "output":
            data = event.data
            screen.write(data["stream"] + (" compile" if data["phase"] == Phase.COMPILE else ""), data["data"])
    return screen


def _page_of(gist_id: str, revision: str | None = None, query: Mapping[str, str | None] | None = None) -> str:
    path = url_for("pages.gist", gist_id=gist_id, revision=revision)
    kept = urlencode({name: value for name, value in (query or {}).items() if value is not None})
    return f"{path}?{kept}" if kept else path


@dataclass(frozen=True, slots=True)
class FileView:
    """One file as the page shows it."""

    name: str
    #: GitHub's own anchor for it, so that fragments of gist URLs work here.
    anchor: str
    size: int
    #: None: not text, or beyond what one page shows (`left_out`).
    source: Source | None
    left_out: bool
    runnable: bool
    entry: bool
    open: bool


def _files(gist: Gist, entry: str | None) -> list[FileView]:
    views: list[FileView] = []
    anchors: set[str] = set()
    room = _SHOWN_IN_ALL
    for file in gist.files:
        left_out = min(file.size, _SHOWN_IN_ALL // 4) > room
        text = None if left_out else source(file.name, file.content, file.language)
        room -= min(file.size, _SHOWN_IN_ALL // 4) if text else 0
        views.append(
            FileView(
                name=file.name,
                anchor=_anchor(file, anchors),
                size=file.size,
                source=text,
                left_out=left_out,
                runnable=languages.language_of(file, services().known) is not None,
                entry=file.name == entry,
                open=file.name == entry or (text is not None and len(text.lines) <= _OPEN_LINES),
            )
        )
    return views


def _anchor(file: GistFile, taken: set[str]) -> str:
    anchor = "file-" + re.sub(r"[^a-z0-9_]+", "-", file.name.lower()).strip("-")
    while anchor in taken:
        anchor += "-2"
    taken.add(anchor)
    return anchor


def _figures(run: Run) -> list[tuple[str, str]]:
    """What is known of how the run went, as terms and values."""
    outcome = run.outcome
    told: list[tuple[str, str | None]] = [
        ("Exit status", None if outcome.exit_code is None else str(outcome.exit_code)),
        ("Signal", outcome.signal),
        ("Ended while", "compiling" if run.state.finished and outcome.phase is Phase.COMPILE else None),
        ("Duration", None if outcome.duration_ms is None else figures.duration(outcome.duration_ms)),
        ("Compiling", None if outcome.compile_ms is None else figures.duration(outcome.compile_ms)),
        ("CPU", None if outcome.cpu_ms is None else figures.duration(outcome.cpu_ms)),
        ("Memory", None if outcome.memory_peak_bytes is None else figures.size(outcome.memory_peak_bytes)),
        ("Toolchain", run.toolchain),
    ]
    return [(term, value) for term, value in told if value is not None]
