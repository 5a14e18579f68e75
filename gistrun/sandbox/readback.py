"""The policy as a program finds it: the options that the engine was given, read back from inside a sandbox.

An engine may accept an option and not enforce it, for example if the kernel lacks a controller, or if a rootless engine
has no delegation. The engine's description of itself does not always show this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gistrun.errors import SandboxUnavailable
from gistrun.languages import Language
from gistrun.model import GistFile, Limits, Network, Output, Program, Stream
from gistrun.sandbox import policy
from gistrun.sandbox.pool import Pool

# Both versions of control groups show a container its own group. Nothing is printed for what cannot be read.
_PROBE = r"""
group=/sys/fs/cgroup
show() { echo "$1=$(cat "$group/$2" 2>/dev/null || cat "$group/$3" 2>/dev/null)"; }
state() { echo "$1=$(sed -n "s/^$1:[[:space:]]*//p" /proc/self/status)"; }
echo "user=$(id -u)"
state CapBnd; state NoNewPrivs; state Seccomp
echo "devices=$(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | tr '\n' ' ')"
echo "root=$(grep -oE ' / / r[ow]' /proc/self/mountinfo | tail -c 3)"
echo "room=$(stat -f -c '%b %S %c' /sandbox)"
echo "shared=$(stat -f -c '%b %S %c' /dev/shm)"
show memory memory.max memory/memory.limit_in_bytes
show swap memory.swap.max memory/memory.memsw.limit_in_bytes
show pids pids.max pids/pids.max
cfs=$group/cpu/cpu.cfs
echo "cpu=$(cat $group/cpu.max 2>/dev/null || echo $(cat ${cfs}_quota_us ${cfs}_period_us 2>/dev/null))"
echo "files=$(ulimit -Hn)"
echo "core=$(ulimit -Hc)"
for turn in {1..50}; do echo turn; echo turn >&2; done
"""


@dataclass(frozen=True, slots=True)
class Control:
    """One control as it was found. `holds` is None if it cannot be read from inside."""

    name: str
    holds: bool | None
    found: str


def read_back(sandboxes: Pool, shell: Language, limits: Limits, *, gvisor: bool = False) -> Iterator[Control]:
    """Every control of the policy that a program can see, as one sandbox shows it.

    Args:
        shell: the language in which the script runs; see `Language.probe`.

    Raises:
        SandboxUnavailable: no sandbox could be had, or the script did not run to its end.
    """
    files = policy.FILES if not gvisor else 0  # gVisor does not limit the number of files
    shared = (policy.SHARED_MEMORY_BYTES, policy.SHARED_MEMORY_FILES if not gvisor else 0)
    # Without --oci-seccomp gVisor applies no profile: its own kernel, which answers all system calls, is the filter.
    filters = ("2", "0") if gvisor else ("2",)
    script = GistFile("probe", _PROBE.encode())
    program = Program(shell.name, script.name, (script,))
    outputs = [event for event in sandboxes.run(program) if isinstance(event, Output)]
    printed = "".join(output.data for output in outputs)
    facts = dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)
    if "core" not in facts:
        raise SandboxUnavailable(
            f"The script that checks the sandbox did not run to its end; it printed {printed[:200]!r}."
        )
    yield _control("user", facts["user"], lambda found: int(found) in policy.USER_IDS)
    yield _control("no capabilities", facts["CapBnd"], lambda found: int(found, 16) == 0)
    yield _control("no new privileges", facts["NoNewPrivs"], lambda found: found == "1")
    yield _control("system calls filtered", facts["Seccomp"], lambda found: found in filters)
    devices = {Network.NONE: {"lo"}, Network.EGRESS: {"lo", "eth0"}}[limits.network]
    yield _control(f"network {limits.network}", facts["devices"].strip(), lambda found: set(found.split()) == devices)
    yield _control("read-only root", facts["root"], lambda found: found == "ro")
    yield _control("writable space", facts["room"], lambda found: _space(found) == (limits.disk_bytes, files))
    yield _control("shared memory", facts["shared"], lambda found: _space(found) == shared)
    yield _control("memory", facts["memory"], lambda found: int(found) <= limits.memory_bytes)
    yield _control("no swap", facts["swap"], lambda found: int(found) in (0, limits.memory_bytes))
    yield _control("processes", facts["pids"], lambda found: int(found) == limits.pids + policy.OWN_PROCESSES)
    yield _control("cpu", facts["cpu"].strip(), lambda found: abs(_cpus(found) - limits.cpus) < 0.01)
    yield _control("open files", facts["files"], lambda found: int(found) == policy.OPEN_FILES)
    yield _control("no core files", facts["core"], lambda found: found == "0")
    yield _order(outputs)


def _order(outputs: list[Output]) -> Control:
    """Whether both streams come in the order in which they were written. It is no lack of safety where they do not."""
    turns = [output.stream for output in outputs for line in output.data.splitlines() if line == "turn"]
    if turns == list(Stream) * (len(turns) // 2):
        return Control("order of both streams", True, "as the program writes them")
    found = "each for itself, but not which came first: that needs Linux 5.19 or newer, and not gVisor"
    return Control("order of both streams", None, found)


def _control(name: str, found: str, holds: Callable[[str], bool]) -> Control:
    if not found:
        return Control(name, None, "cannot be read from inside")
    try:
        return Control(name, holds(found), found)
    except ValueError:  # such as "max": unlimited
        return Control(name, False, found)


def _space(found: str) -> tuple[int, int]:
    """Bytes and inodes."""
    blocks, size, inodes = map(int, found.split())
    return blocks * size, inodes


def _cpus(found: str) -> float:
    quota, period = found.split()
    return int(quota) / int(period)
