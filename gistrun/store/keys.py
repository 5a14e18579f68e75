"""How keys are named."""

from __future__ import annotations

#: Seconds of a day; most expiries are multiples of it.
DAY = 86_400


def redis_key(*parts: str) -> str:
    """The key of those parts. `gistrun.store` lists what each key holds, and for how long."""
    return ":".join(("gistrun", *parts))


def run_stream(run_id: str) -> str:
    """The stream of a run's events: `state`, `output`, and `end` last."""
    return redis_key("run", run_id, "events")


def gist_stream(gist_id: str) -> str:
    """The stream of events for open pages of a gist: `gist`, and `gone` last."""
    return redis_key("gist", gist_id, "events")
