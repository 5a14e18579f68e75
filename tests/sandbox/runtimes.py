"""The runtimes that every test of the sandbox is done with, and in what they differ by nature.

`GISTRUN_RUNTIME` names one to test alone, and then with everything.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Runtime:
    """A runtime and what can be expected of it. True is what Linux itself, under runc, does."""

    name: str
    #: A file system in memory holds no more files than it was told. Else memory and time are what ends them.
    limits_inodes: bool = True
    #: Only the largest process dies when memory runs out. Else the whole sandbox does, and its figures with it.
    kills_one_process_for_memory: bool = True
    #: The group's own figures can be read inside. Else CPU time is not known, and a process that was refused is told
    #: where the limit is still reached when process 1 looks, 50 times a second.
    shows_control_groups: bool = True
    #: /proc, /dev and the system calls are the host's kernel's. Else they are of a kernel in user space, the sandbox's
    #: own: what they show or allow beyond Linux leads nowhere.
    shares_the_kernel: bool = True
    #: A well-behaved run beside each attack. Else beside all of a group of attacks: it takes a second of CPU.
    neighbour_for_each: bool = True


_ALL = (
    Runtime("runc"),
    Runtime(
        "runsc",
        limits_inodes=False,
        kills_one_process_for_memory=False,
        shows_control_groups=False,
        shares_the_kernel=False,
        neighbour_for_each=False,
    ),
)
RUNTIMES = {runtime.name: runtime for runtime in _ALL}
_NAMED = os.environ.get("GISTRUN_RUNTIME")
#: Those to test with.
CHOSEN = [RUNTIMES[_NAMED]] if _NAMED else list(_ALL)


def only_runc() -> Runtime:
    """For what is runc's by nature; skips where another is tested."""
    if RUNTIMES["runc"] not in CHOSEN:
        pytest.skip("runc is not tested")
    return RUNTIMES["runc"]
