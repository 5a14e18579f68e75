"""Whether a new toolchain changed how a gist's program ends, as far as its history tells. Pure."""

from __future__ import annotations

from gistrun.model import Run
from gistrun.store import PastEnd


def toolchain_before(run: Run, ends: list[PastEnd]) -> str | None:
    """The toolchain before the run's, if the same program ended otherwise there; else None.

    A program that has ended in several ways on one of the two changes by itself, so the toolchain is not to blame.

    Args:
        run: an ended run of the gist's usual program.
        ends: those of the gist's runs, the newest first.
    """
    own = [end for end in ends if end.revision == run.revision]
    others = [end.toolchain for end in own if end.toolchain != run.toolchain]
    if not run.toolchain or not others or not others[0]:
        return None
    before = {end.state for end in own if end.toolchain == others[0]}
    now = {end.state for end in own if end.toolchain == run.toolchain} | {run.state}
    return others[0] if len(before) == len(now) == 1 and before != now else None
