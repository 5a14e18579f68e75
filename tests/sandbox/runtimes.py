"""The runtimes with which every test of the sandbox runs, and how they differ.

`GISTRUN_RUNTIME` names one to test alone, and then with everything.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Runtime:
    """A runtime and what it does. True is what Linux itself does under runc."""

    name: str
    #: A tmpfs obeys its limit of files. If not, only memory and time limit their number.
    limits_inodes: bool = True
    #: Only the largest process dies if memory runs out. If not, the whole sandbox dies, and its figures are lost.
    kills_one_process_for_memory: bool = True
    #: The control group's figures can be read inside. If not, CPU time is unknown, and a refusal is reported only
    #: if process 1, which checks 50 times a second, still finds the limit reached.
    shows_control_groups: bool = True
    #: /proc, /dev and the system calls are those of the host's kernel. If not, the sandbox has its own kernel in user
    #: space, and what that shows or allows beyond Linux is harmless.
    shares_the_kernel: bool = True
    #: The limits of a container that runs can be lowered. If not, a program has as much as its compiler.
    lowers_limits: bool = True
    #: A well-behaved run goes on beside each attack. If not, beside a group of attacks, as it takes a second of CPU.
    neighbour_for_each: bool = True


_ALL = (
    Runtime("runc"),
    Runtime(
        "runsc",
        limits_inodes=False,
        kills_one_process_for_memory=False,
        shows_control_groups=False,
        shares_the_kernel=False,
        lowers_limits=False,
        neighbour_for_each=False,
    ),
)
RUNTIMES = {runtime.name: runtime for runtime in _ALL}
_NAMED = os.environ.get("GISTRUN_RUNTIME")
#: The runtimes to test with.
CHOSEN = [RUNTIMES[_NAMED]] if _NAMED else list(_ALL)


def only_runc() -> Runtime:
    """The runtime runc, for tests of what only runc has. Skips the test if another runtime was chosen."""
    if RUNTIMES["runc"] not in CHOSEN:
        pytest.skip("runc is not tested")
    return RUNTIMES["runc"]
