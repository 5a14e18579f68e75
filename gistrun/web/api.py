"""The API, `/api/v1`; `openapi.json` describes it, and the tests hold both to each other."""

from __future__ import annotations

import json
import re
import time
from typing import Any, NoReturn

from flask import Blueprint, Flask, Response, jsonify, request, send_from_directory, url_for

from gistrun.errors import BadInput, NothingToRun
from gistrun.model import Request, Run, request_key
from gistrun.web.front.headers import for_secret
from gistrun.web.front.inputs import checked_gist_id, checked_revision, checked_run_input, found_run
from gistrun.web.representation import gist_as_json, run_as_json
from gistrun.web.services import current_visitor, services, visit

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

#: Seconds that a caller may wait for the end of a run in one request.
_LONGEST_WAIT = 60
_FIELDS = {"sha": str, "file": str, "args": list, "stdin": str, "version": str, "rerun": bool}


@blueprint.get("/gists/<gist_id>")
def gist(gist_id: str) -> Response:
    """The gist, its files without their content, and its latest run. Runs nothing."""
    revision = checked_revision(request.args.get("sha"))
    store = services().store
    shown, notice = services().runs.gists.get(checked_gist_id(gist_id), revision, fresh=True)
    key = request_key(shown.id, shown.revision, Request())
    run = store.runs.under_way(key) or store.ends.last(key)
    latest = run_as_json(store, run, cached=run.state.finished) if run else None
    return _private(jsonify(gist_as_json(shown, notice, latest, services().known)), public=shown.public)


@blueprint.post("/gists/<gist_id>/runs")
def run_gist(gist_id: str) -> Response:
    """A run of the gist: the kept one (200), or one under way (202)."""
    body = _body()
    asked = checked_run_input(body.get("file"), body.get("args", []), body.get("stdin", ""), body.get("version"))
    revision = checked_revision(body.get("sha"))
    asking = visit(checked_gist_id(gist_id), revision, asked, rerun=body.get("rerun", False), fresh=True)
    opened = services().runs.open(asking)
    if opened.run is None:
        raise opened.refusal or NothingToRun("There is nothing to run.")
    answer = jsonify(run_as_json(services().store, opened.run, cached=opened.cached))
    answer.status_code = 200 if opened.cached else 202
    answer.headers["Location"] = url_for("api.run", run_id=opened.run.id)
    return _private(answer, public=opened.gist.public)


@blueprint.get("/runs/<run_id>")
def run(run_id: str) -> Response:
    """The run; with `wait`, at its end or after so many seconds, whichever is first."""
    seconds = _wait(request.args.get("wait", "0"))
    store = services().store
    first = found_run(store, run_id)
    shown = first if first.state.finished or not seconds else _ended(first, seconds)
    return _private(jsonify(run_as_json(store, shown, cached=first.state.finished)), public=False)


def _ended(run: Run, seconds: float) -> Run:
    """The run after its end, or after so many seconds. Who waits holds a stream open."""
    close = services().streams.open(current_visitor())
    try:
        for _ in services().reader.follow_run(run.id, deadline=time.monotonic() + seconds):
            pass
    finally:
        close()
    return services().store.runs.get(run.id) or run


@blueprint.get("/languages")
def languages() -> Response:
    """Every language offered, and whether it can be run now."""
    store = services().store
    told = []
    for language in services().known.values():
        ready = {version.image: store.images.ready(version.image) for version in language.versions}
        default = ready[language.image]
        told.append(
            {
                "name": language.name,
                "title": language.title,
                "toolchain": default.toolchain if default else None,
                "versions": [
                    {
                        "name": version.version,
                        "toolchain": image.toolchain if (image := ready[version.image]) else None,
                        "ready": image is not None,
                    }
                    for version in language.versions
                ],
                "extensions": list(language.extensions),
                "ready": default is not None,
            }
        )
    return jsonify(told)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """This API in OpenAPI 3.1."""
    return send_from_directory(blueprint.root_path, "openapi.json", mimetype="application/json")


def allow_other_origins(app: Flask) -> None:
    """Let scripts of any site read the API; without credentials, of which the API takes none."""

    @app.after_request
    def allow(answer: Response) -> Response:
        if request.path.startswith("/api/"):
            answer.headers["Access-Control-Allow-Origin"] = "*"
            answer.headers["Access-Control-Expose-Headers"] = "Location, Retry-After"
            if request.method == "OPTIONS":
                answer.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, OPTIONS"
                answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
                answer.headers["Access-Control-Max-Age"] = "86400"
        return answer


def _body() -> dict[str, Any]:
    """The JSON object sent, checked; an empty body is an empty object, and null stands for a field left out."""
    raw = request.get_data()
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
    except BadInput:
        raise
    except RecursionError:
        raise BadInput("The body must be a JSON object, or empty. This one is nested too deeply.") from None
    except UnicodeDecodeError:
        raise BadInput("The body must be a JSON object, or empty. This one is not in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise BadInput(f"The body must be a JSON object, or empty. This one is no JSON: {error}.") from None
    except ValueError:
        raise BadInput("The body holds a number that is too long.") from None
    if not isinstance(body, dict):
        raise BadInput("The body must be a JSON object, or empty.")
    for name, value in body.items():
        if name not in _FIELDS:
            raise BadInput(f"The body has a field {name[:60]!r} that is not known; known are {', '.join(_FIELDS)}.")
        if value is not None and not isinstance(value, _FIELDS[name]):
            raise BadInput(f"{name!r} must be {'a list of texts' if name == 'args' else _TYPE_WORDS[_FIELDS[name]]}.")
    if not all(isinstance(arg, str) for arg in body.get("args") or []):
        raise BadInput("'args' must be a list of texts.")
    return {name: value for name, value in body.items() if value is not None}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, whose fields must have different names: readers of JSON differ in which of two they take."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise BadInput("The body names a field twice.")
    return made


def _no_number(name: str) -> NoReturn:
    raise BadInput(f"The body holds {name}, which is no JSON.")


_TYPE_WORDS = {str: "a text", bool: "true or false"}


def _wait(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,3})?", text) or float(text) > _LONGEST_WAIT:
        raise BadInput(f"'wait' must be a number of seconds from 0 to {_LONGEST_WAIT}.")
    return float(text)


def _private(answer: Response, *, public: bool) -> Response:
    answer.headers["Cache-Control"] = "no-cache"
    return answer if public else for_secret(answer)
