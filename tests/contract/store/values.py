"""Runs to keep in a store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from gistrun.model import Outcome, Request, Run, State
from gistrun.store import ActiveRun, End, Store

NOW = datetime(2026, 11, 22, 17, 34, 0, 123000, tzinfo=UTC)


def a_run(run_id: str = "r1") -> Run:
    return Run(run_id, "abc", "1" * 40, "main.py", "python", NOW)


def a_new(run_id: str = "r1", key: str = "") -> ActiveRun:
    return ActiveRun(a_run(run_id), Request(stdin=b"\xff", args=("a",)), key or f"key-{run_id}", "python", attempt=1)


def begun(store: Store, run_id: str = "r1") -> Run:
    new = a_new(run_id)
    run = store.runs.create(new, public=True)
    assert store.runs.begin(new.job, "w") == (replace(new, worker="w"), None)
    return run


def end(store: Store, run: Run, attempt: int = 1, state: State = State.PASSED, identity: str | None = None) -> bool:
    """The run ends in that state."""
    return store.ends.finish(End(run.ended(Outcome(state), NOW), f"key-{run.id}", attempt, identity))
