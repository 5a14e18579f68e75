"""Whether the service is alive, and whether it can run a gist now. For supervisors and load balancers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify

from gistrun.errors import StoreReadOnly, StoreUnavailable
from gistrun.web.services import services

blueprint = Blueprint("health", __name__)


_ITS_LOG = "Until it takes writes again, nothing new can run. Its log says more."
_SILENT = "Redis does not answer. Check REDIS_URL and that the server runs."


@blueprint.get("/healthz")
def healthz() -> Response:
    """`ok` whenever this process answers."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Whether each thing that a run needs is there; 503 with the reason when one is missing."""
    try:
        services().store.workers.try_to_write()
        state = _state()
        problems = _problems(state)
    except StoreUnavailable as error:
        state = {"redis": False, "engine": False, "workers": 0, "languages": [], "github": None, "watching": None}
        refused = f"{str(error).partition('. ')[0]}. {_ITS_LOG}"
        problems = [refused if isinstance(error, StoreReadOnly) else _SILENT]
    answer = jsonify({"ready": not problems, **state, "problems": problems})
    answer.headers["Cache-Control"] = "no-store"
    if problems:
        answer.status_code = 503
        answer.headers["Retry-After"] = "5"
    return answer


def _state() -> dict[str, Any]:
    store = services().store
    workers = store.workers.alive().values()
    budgets = [facts["github"] for facts in workers if facts.get("github")]
    watching = store.watches.watching()
    return {
        "redis": True,
        "engine": any(facts.get("engine") is True for facts in workers),
        "workers": len(workers),
        "languages": [name for name in services().known if store.images.ready(name)],
        "github": min(budgets, key=lambda budget: budget.get("remaining", 0)) if budgets else None,
        # How many gists are watched and every how many seconds each is checked: more where the budget is small.
        "watching": asdict(watching) if watching else None,
    }


def _problems(state: dict[str, Any]) -> list[str]:
    problems = []
    if not state["workers"]:
        problems.append("No worker is alive. Start one with `gistrun pool`.")
    elif not state["engine"]:
        problems.append("No worker reaches a Docker engine. Check DOCKER_HOST and that the engine runs.")
    if not state["languages"]:
        problems.append("No language is ready yet. Its image is being built, or `gistrun images check` says why not.")
    if state["github"] and state["github"].get("remaining") == 0:
        problems.append("GitHub's quota is used up. Set GITHUB_TOKEN for a larger one, or wait until it is renewed.")
    return problems
