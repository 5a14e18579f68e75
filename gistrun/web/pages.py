"""The pages people see. Every one works without JavaScript; `run.js` adds output while it arrives."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed

from gistrun import figures, pasted
from gistrun.address import USUAL_ID
from gistrun.errors import BadInput
from gistrun.model import Opened, Request, timestamp
from gistrun.render.source import visible
from gistrun.snippets import is_snippet
from gistrun.web.asking import plain_address, usual
from gistrun.web.files import file_views
from gistrun.web.front.headers import for_secret
from gistrun.web.front.hosts import REFUSED
from gistrun.web.front.inputs import RUN_ID, checked_gist_id, checked_revision, found_run, query_of, run_input
from gistrun.web.front.kept import Rendering, answer, headers, rendered
from gistrun.web.home import Typed, home_page
from gistrun.web.output import view_of
from gistrun.web.services import services, visit
from gistrun.web.summary import summary_of
from gistrun.web.swapped import swapped
from gistrun.web.targets import page_of, target_of
from gistrun.web.versions import version_views
from gistrun.web.view import WORDS

blueprint = Blueprint("pages", __name__)
blueprint.add_app_template_filter(visible)
blueprint.add_app_template_filter(figures.size, "size")
blueprint.add_app_template_filter(figures.duration, "duration")
blueprint.add_app_template_filter(timestamp)
blueprint.add_app_template_filter(WORDS.__getitem__, "words")

_HTML = "text/html; charset=utf-8"
#: Characters of a query that every proxy and browser takes.
_LONGEST_QUERY = 2000
#: Characters of an address that is answered. The server takes 64 KiB for it, the method and the version.
_LONGEST_ADDRESS = 2**16 - 64
#: What GitHub adds to an id. `ID.js` is the script that embeds it.
_FORM = re.compile(r"\.(git|json|pibb)$")


@blueprint.app_template_filter("at")
def at(moment: datetime) -> str:
    """When that was, for pages that are kept: "12 seconds ago" would soon be wrong."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


@blueprint.app_template_filter("ago")
def ago(moment: datetime) -> str:
    """How long ago that was."""
    return figures.ago(moment, services().now())


@blueprint.before_app_request
def refuse() -> None:
    """Refuse a request that the server could not read whole, in the form in which that address answers."""
    if len(request.environ.get("RAW_URI", "")) > _LONGEST_ADDRESS:
        abort(414, f"The address is longer than {_LONGEST_ADDRESS:,} characters. Send a long input with POST.")
    if status := request.environ.get(REFUSED):
        abort(int(status))


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """The box, what can be run, what was run; with `?gist=`, on to that gist."""
    text = request.args.get("gist")
    refusal = None
    if text is not None:
        try:
            return redirect(_meant(text))
        except BadInput as error:
            refusal = str(error)
    if refusal:
        return home_page(Typed(gist=text or "", gist_refusal=refusal)), 400
    return answer(Rendering.of(headers(_HTML), home_page()))


def _meant(text: str) -> str:
    """The page of the gist, or of the run of ours, whose address the text holds."""
    try:
        return target_of(pasted.parse(text, request.host))
    except BadInput:
        run_id = pasted.run(text, request.host)
        if run_id is None:
            raise
    run = services().store.runs.get(run_id)
    if run is None:
        raise BadInput("This is the address of a run that is kept no longer. Paste the address of its gist.")
    return page_of(run.gist, query={"run": run_id})


@blueprint.get("/gist/<gist_id>")
@blueprint.get("/gist/<gist_id>/<revision>")
def gist(gist_id: str, revision: str | None = None) -> ResponseReturnValue:
    """The gist with its output, live while it runs; `run=` shows one run of it, such as a rerun."""
    if revision == "rerun":
        raise MethodNotAllowed(["OPTIONS", "POST"])
    named = gist_id, revision
    if USUAL_ID.fullmatch((revision or "").partition(".")[0]):
        return swapped(f"gist/{gist_id}/{revision}")  # of an owner, as Enterprise has it
    gist_id, revision = checked_gist_id(_FORM.sub("", gist_id)), checked_revision(revision)
    if named != (gist_id, revision):
        return swapped(request.path.lstrip("/"))
    if address := plain_address(gist_id, revision):
        return redirect(address)
    asked = run_input()
    run_id = request.args.get("run")
    if run_id:
        opened = _one_run(gist_id, revision, run_id)
        if opened is None:
            return redirect(page_of(gist_id, revision, query_of(asked)))
    else:
        opened = services().runs.open(visit(gist_id, revision, asked))
    run = opened.run
    page = _page(opened, asked, revision, live=revision is None and not run_id)
    rendering = Rendering.of(headers(_HTML, public=opened.gist.public), page)
    if run and opened.cached and not opened.notice and not run_id:
        rendered().keep(rendering, run)
    return answer(rendering)


def _page(opened: Opened, asked: Request, pinned: str | None, *, live: bool) -> str:
    """The page of a gist. `live`: it follows the gist; a pinned revision and a single run never change."""
    run, shown = opened.run, opened.gist
    events = services().store.streams.events(run.id) if run else []
    files = file_views(shown, run.file if run else asked.file, services().known)
    return render_template(
        "gist.html",
        opened=opened,
        gist=shown,
        run=run,
        files=files,
        summary=summary_of(run, shown, events) if run else None,
        versions=version_views(run, shown, asked, events) if run else [],
        usual=usual(shown, asked, run) if run else None,
        output=view_of(events, {file.name: file.anchor for file in files}, {file.name: file.lines for file in files}),
        # The last event that the page shows: until a follower has it, it shows no less.
        seen=events[-1].id if events else None,
        pinned=pinned,
        live=live,
        # The page of one run is not kept, so it can say what time it is.
        now=services().now() if run and not (live or pinned) else None,
        asked=query_of(asked),
        pasted=is_snippet(shown.id),
        query=urlencode(query_of(asked) | ({"sha": pinned} if pinned else {})),
    )


def _one_run(gist_id: str, revision: str | None, run_id: str) -> Opened | None:
    """That run of that gist; None when it is no longer kept, or belongs to another gist or revision."""
    run = services().store.runs.get(run_id) if RUN_ID.fullmatch(run_id) else None
    if run is None or run.gist != gist_id or (revision and run.revision != revision):
        return None
    shown, notice = services().runs.gists.get(gist_id, revision)
    if shown.revision != run.revision:
        shown, notice = services().runs.gists.get(gist_id, run.revision)
        notice = notice or "This run is of an earlier revision."
    return Opened(shown, run, cached=run.state.finished, notice=notice)


@blueprint.post("/gist/<gist_id>/rerun")
def rerun(gist_id: str) -> ResponseReturnValue:
    """Run it again and show that run. The kept result stays until the new run has ended."""
    gist_id, revision = checked_gist_id(gist_id), checked_revision(request.form.get("sha"))
    asked = run_input(request.form)
    todays = request.form.get("packages") == "today"
    opened = services().runs.open(replace(visit(gist_id, revision, asked, rerun=True), todays_packages=todays))
    query = query_of(asked)
    if opened.run:
        if len(urlencode(query)) > _LONGEST_QUERY:
            query = {}  # the run itself knows
        query["run"] = opened.run.id
    return redirect(page_of(gist_id, revision, query), 303)


@blueprint.get("/runs/<run_id>")
def run(run_id: str) -> ResponseReturnValue:
    """Where the address of a run leads."""
    return redirect(page_of(found_run(services().store, run_id).gist, query={"run": run_id}))


@blueprint.get("/runs/<run_id>/summary")
def summary(run_id: str) -> ResponseReturnValue:
    """The parts of the page that say how the run stands. A live page replaces its own by them."""
    run = found_run(services().store, run_id)
    store = services().store
    said = summary_of(run, store.gists.get(run.gist, run.revision), store.streams.events(run.id))
    page = make_response(render_template("progress.html", run=run, summary=said))
    page.headers["Cache-Control"] = "no-cache"
    return for_secret(page)
