"""How keys are named."""

from __future__ import annotations

#: Seconds; what most of the times are made of for which something is kept.
DAY = 86_400


def redis_key(*parts: str) -> str:
    """The key of those parts; what each holds, and for how long, stands in `gistrun.store`."""
    return ":".join(("gistrun", *parts))


def run_stream(run_id: str) -> str:
    """The stream of what happens in the run: `state`, `output`, and `end` last."""
    return redis_key("run", run_id, "events")


def gist_stream(gist_id: str) -> str:
    """The stream of what open pages of the gist are told: `gist`, and `gone` last."""
    return redis_key("gist", gist_id, "events")
