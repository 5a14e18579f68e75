"""Many at once, of several visitors: none is lost, and nobody waits for another's many."""

from __future__ import annotations

import uuid
from typing import Any

from tests.github_server import GitHubServer
from tests.servers import Service


def test_a_visitor_with_many_runs_keeps_nobody_waiting(service: Service, github: GitHubServer) -> None:
    def queued(visitor: str) -> str:
        gist = uuid.uuid4().hex
        github.put(gist, {"main.sh": f"sleep 0.1 # {gist}"})
        # The proxy on this machine, which is believed, says who it is.
        answer = service.post(f"/api/v1/gists/{gist}/runs", headers={"X-Forwarded-For": visitor})
        return str(answer.json()["id"])

    greedy = [queued("203.0.113.1") for _ in range(24)]
    others = [queued(f"203.0.113.{number}") for number in range(2, 10)]
    runs: dict[str, dict[str, Any]] = {name: service.ended(name) for name in (*greedy, *others)}
    assert {run["state"] for run in runs.values()} == {"passed"}
    order = sorted(runs, key=lambda name: runs[name]["started_at"])
    asked = max(runs[name]["created_at"] for name in others)
    waited_for = [name for name in greedy if runs[name]["started_at"] > asked]
    last = max(order.index(name) for name in others)
    # Between the moment the last of them had asked and his turn: one round of everybody, and what was under way.
    assert sum(order.index(name) < last for name in waited_for) <= 4, [runs[name]["started_at"] for name in order]
