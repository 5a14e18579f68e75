"""The runtimes that every test of the sandbox is done with, and in what they differ by nature.

`GISTRUN_RUNTIME` names one to test alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Runtime:
    """A runtime, and what can be expected of it. True is what Linux itself, under runc, does."""

    name: str
    #: A file system in memory holds no more files than it was told. Else memory is what ends them.
    limits_inodes: bool = True
    #: Only the largest process dies when memory runs out. Else the whole sandbox does, and its figures with it.
    kills_one_process_for_memory: bool = True
    #: What the container used shows inside. Else CPU time is not told, nor what the limits are.
    shows_control_groups: bool = True
    #: The engine's lists of hidden paths hold. Else there is nothing of the host behind them: the kernel is another.
    masks_paths: bool = True
    #: Everything of process 1 in /proc is closed. Else what tells nothing, such as its command line, is open.
    closes_process_1: bool = True
    #: A seccomp filter may answer with another error than "not permitted"; /proc tells of no_new_privs.
    tells_no_new_privs: bool = True
    #: Directories of the engine's own that a program could write to (/dev/mqueue), are there.
    has_mqueue: bool = True


RUNTIMES = {
    runtime.name: runtime
    for runtime in (
        Runtime("runc"),
        Runtime(
            "runsc",
            limits_inodes=False,
            kills_one_process_for_memory=False,
            shows_control_groups=False,
            masks_paths=False,
            closes_process_1=False,
            tells_no_new_privs=False,
            has_mqueue=False,
        ),
    )
}

_named = os.environ.get("GISTRUN_RUNTIME")
#: Those to test with.
CHOSEN = [RUNTIMES[_named]] if _named else list(RUNTIMES.values())
