"""The stop button."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from gistrun.web.front.inputs import checked_revision, found_run
from gistrun.web.services import current_visitor, services

blueprint = Blueprint("stops", __name__)


@blueprint.post("/runs/<run_id>/stop")
def stop(run_id: str) -> ResponseReturnValue:
    """End the run for the visitor who started it, and show how it ended. `sha` pins the page, as for a rerun."""
    around = services()
    run, revision = found_run(around.store, run_id), checked_revision(request.form.get("sha"))
    around.runs.stopping.stop(run.id, current_visitor())
    return redirect(url_for("pages.gist", gist_id=run.gist, revision=revision, run=run.id), 303)
