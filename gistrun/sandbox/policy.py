"""What a sandbox may do and use: every limit, each with its reason, on one page.

`container_options()` is the whole of what the engine is told. Nothing else in gistrun decides about safety.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gistrun.model import Limits, Network

#: The one place a program can write to.
ROOM = "/sandbox"
#: Where the gist's files are, and the program's current folder.
GIST_FOLDER = f"{ROOM}/gist"

#: User ids of programs, one of them drawn for each sandbox: some kernel limits count per user id over all containers
#: (pipe buffers, inotify watches, pending signals), and neighbours should not use up each other's. Not 65534, for
#: which ext4 reserves blocks. The base image knows all of them as `gist`.
USER_IDS = range(20_000, 20_256)

#: Files and folders in the writable space. A tmpfs without a limit lets a program pin the host's memory in inodes,
#: which no size covers.
FILES = 16_384
#: Open files of one process: enough for any test of select() or a server, far from the host's total.
OPEN_FILES = 1_024
#: POSIX shared memory and semaphores (Python's multiprocessing needs them): small, and gone with the sandbox.
SHARED_MEMORY_BYTES = 16 * 2**20
SHARED_MEMORY_FILES = 1_024
#: Process 1 of the sandbox is ours and counts.
OWN_PROCESSES = 1

#: Whose the container is that holds a network namespace: nobody's who runs programs.
HOLDER_ID = 20_256
HOLDER_MEMORY_BYTES = 16 * 2**20
#: It is one process itself, but the runtime that starts it has threads; with fewer one start in a hundred failed.
HOLDER_PROCESSES = 16

#: What a sandbox takes of the host's memory while it waits: the engine's shim for it and a started interpreter; with
#: gVisor a kernel besides.
WAITING_BYTES = 24 * 2**20
WAITING_GVISOR_BYTES = 64 * 2**20

#: gVisor (runsc) is a kernel of the sandbox's own in user space, counted with the program by the host's controls. Its
#: processes and threads beside the program's, and for each of the program's (12 at most were seen). What holds inside
#: is RLIMIT_NPROC: reaching the host's count would end the sandbox without a word.
GVISOR_TASKS = 256
GVISOR_TASKS_EACH = 20
#: What it takes itself before a program has begun, so that the program has what runc would leave it.
GVISOR_MEMORY_BYTES = 32 * 2**20

#: The engine's defaults, repeated because naming any replaces them all, ...
_MASKED_BY_DEFAULT = (
    "/proc/asound",
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
)
#: ... and what else tells of the host: its kernel's command line and configuration, disks, modules, devices.
_MASKED_BESIDES = (
    "/proc/cmdline",
    "/proc/config.gz",
    "/proc/diskstats",
    "/proc/interrupts",
    "/proc/kallsyms",
    "/proc/modules",
    "/proc/partitions",
    "/proc/swaps",
    "/proc/sys/kernel/random/boot_id",
    "/proc/vmallocinfo",
    "/sys/block",
    "/sys/bus",
    "/sys/class",
    "/sys/dev",
    "/sys/devices/virtual",
    "/sys/module",
    "/sys/power",
)
_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")

#: What a program is told that its machine is called.
HOSTNAME = "gist"

#: Standard input comes from one reader's connection, and ends with it.
_ATTACHED = {
    "AttachStdin": True,
    "AttachStdout": True,
    "AttachStderr": True,
    "OpenStdin": True,
    "StdinOnce": True,
    "Tty": False,
}

#: The engine's network of sandboxes that have one; `egress.py` holds it.
NETWORK = "gistrun-egress"

#: What every program finds in its environment; a language adds its own. Nothing is inherited.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": f"{ROOM}/home",
    "TMPDIR": "/tmp",  # noqa: S108 - the sandbox's own, a link into its room
    "LANG": "C.UTF-8",
    "USER": "gist",
    "LOGNAME": "gist",
    "SHELL": "/bin/bash",
    "TERM": "dumb",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of this deployment and the runtime that enforces them."""

    limits: Limits
    #: OCI runtime, or None for the engine's default.
    runtime: str | None = None
    #: Resolvers of sandboxes that have a network.
    dns: tuple[str, ...] = ()

    @property
    def gvisor(self) -> bool:
        """True where each sandbox has a kernel of its own, which cannot be told what the engine tells Linux."""
        return is_gvisor(self.runtime)

    @property
    def held(self) -> bool:
        """True where a network namespace may be used again: it is empty, and Linux shows whether it is as new."""
        return self.limits.network is Network.NONE and not self.gvisor

    @property
    def waiting_bytes(self) -> int:
        """Memory of the host that one takes while it waits."""
        return WAITING_GVISOR_BYTES if self.gvisor else WAITING_BYTES


def is_gvisor(runtime: str | None) -> bool:
    """Whether a runtime of that name is gVisor's: `runsc`, `runsc-kvm`, `io.containerd.runsc.v1`."""
    return runtime is not None and "runsc" in runtime


def container_options(
    policy: Policy, image: str, labels: dict[str, str], draw: random.Random, holder: str | None = None
) -> dict[str, Any]:
    """The body of the engine's "create container" call (Docker Engine API 1.41) for one sandbox.

    Args:
        image: the image's id.
        draw: chooses the user id.
        holder: the container whose network namespace it gets; None for one of its own.
    """
    limits = policy.limits
    user = draw.choice(USER_IDS)
    owner = f"uid={user},gid={user}"
    host: dict[str, Any] = {
        # No network at all, not even the host's loopback or its abstract sockets.
        "NetworkMode": "none",
        # Neither System V nor POSIX shared memory of others; a /dev/shm of its own, limited below.
        "IpcMode": "none",
        # Nothing of the image can be changed, nothing on a disk can be written.
        "ReadonlyRootfs": True,
        # setuid bits and devices mean nothing in there; programs are compiled there, so exec is allowed.
        "Tmpfs": {
            ROOM: f"rw,exec,nosuid,nodev,size={limits.disk_bytes},nr_inodes={FILES},mode=0755,{owner}",
            "/dev/shm": f"rw,noexec,nosuid,nodev,size={SHARED_MEMORY_BYTES},"  # noqa: S108
            f"nr_inodes={SHARED_MEMORY_FILES},mode=1777,{owner}",
        },
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges", f"seccomp={_seccomp(policy.gvisor)}"],
        # Swap counts: left alone the engine grants as much again.
        "Memory": limits.memory_bytes,
        "MemorySwap": limits.memory_bytes,
        # If the host itself runs out of memory, sandboxes go first.
        "OomScoreAdj": 500,
        # Processes and threads. RLIMIT_NPROC would count per user id over the whole host.
        "PidsLimit": limits.pids + OWN_PROCESSES,
        "NanoCpus": int(limits.cpus * 1e9),
        "Ulimits": [
            # No core files: the program's own memory could fill its room.
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "nofile", "Soft": OPEN_FILES, "Hard": OPEN_FILES},
            # Locked memory and message queues are counted per user id, not per container.
            {"Name": "memlock", "Soft": 65_536, "Hard": 65_536},
            {"Name": "msgqueue", "Soft": 65_536, "Hard": 65_536},
            {"Name": "sigpending", "Soft": 1_024, "Hard": 1_024},
        ],
        # A log would double a flood of output onto the host's disk.
        "LogConfig": {"Type": "none"},
        "MaskedPaths": [*_MASKED_BY_DEFAULT, *_MASKED_BESIDES],
        "ReadonlyPaths": list(_READ_ONLY),
        # Single use: the engine removes it as soon as process 1 has ended.
        "AutoRemove": True,
    }
    if limits.network is Network.EGRESS:
        host["NetworkMode"] = NETWORK
        # Resolvers of the deployment's choice and no search domain: the host's own would tell of its network.
        host["Dns"] = list(policy.dns)
        host["DnsSearch"] = ["."]
    if holder and policy.held:
        # A namespace that is as empty as a new one, with nobody else in it: making one is two thirds of a start. The
        # holder was asked whether it is as new after the last sandbox in it had gone. Nothing else is shared; the
        # engine takes the host's name from there.
        host["NetworkMode"] = f"container:{holder}"
    if policy.runtime:
        host["Runtime"] = policy.runtime
    as_whom: dict[str, Any] = {"User": f"{user}:{user}"}
    if policy.gvisor:
        _adapt_to_gvisor(host, limits, owner)
        # Its kernel lets a program end process 1 where both are one user, and executes only what may be read. So
        # process 1 is root there, of a kernel that is the sandbox's alone, and the program the user it is told.
        as_whom = {"User": "0:0", "Cmd": [str(user)]}
    return {
        "Image": image,
        "Labels": labels,
        **as_whom,
        **({} if host["NetworkMode"].startswith("container:") else {"Hostname": HOSTNAME}),
        # Standard input is how process 1 hears from the worker: when the worker is gone it ends, and all with it.
        **_ATTACHED,
        "HostConfig": host,
    }


def holder_options(image: str, labels: dict[str, str]) -> dict[str, Any]:
    """The same for a container that holds a network namespace. It runs nothing foreign and has no more rights."""
    return {
        "Image": image,
        "Labels": labels,
        "Entrypoint": ["/sbin/holder"],
        "User": f"{HOLDER_ID}:{HOLDER_ID}",
        "Hostname": HOSTNAME,
        # It ends with its worker, as a sandbox does.
        **_ATTACHED,
        "HostConfig": {
            "NetworkMode": "none",
            "IpcMode": "none",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges", f"seccomp={_seccomp(gvisor=False)}"],
            "Memory": HOLDER_MEMORY_BYTES,
            "MemorySwap": HOLDER_MEMORY_BYTES,
            "PidsLimit": HOLDER_PROCESSES,
            "LogConfig": {"Type": "none"},
            "AutoRemove": True,
        },
    }


def _adapt_to_gvisor(host: dict[str, Any], limits: Limits, owner: str) -> None:
    """What holds under gVisor instead. It ignores `nr_inodes`, masked and read-only paths and, unless it was started
    with --oci-seccomp, the profile: its own kernel has no such paths and answers every system call itself.
    """
    # It would mount one without a limit of size over the link that the image has there.
    host["Tmpfs"]["/tmp"] = f"rw,exec,nosuid,nodev,size={limits.disk_bytes},mode=1777,{owner}"  # noqa: S108
    # For process 1 alone: to end what a program leaves running, and to become the program's user, for good.
    host["CapAdd"] = ["KILL", "SETUID", "SETGID", "SETPCAP"]
    host["Memory"] = host["MemorySwap"] = limits.memory_bytes + GVISOR_MEMORY_BYTES
    host["PidsLimit"] = limits.pids * GVISOR_TASKS_EACH + GVISOR_TASKS
    # Counted per user inside, where there is one sandbox only: a program is refused more, as with runc.
    host["Ulimits"].append({"Name": "nproc", "Soft": limits.pids, "Hard": limits.pids})


@cache
def _seccomp(gvisor: bool) -> str:
    """The allow-list of system calls, as text: the engine takes a profile's content, not a path."""
    text = (Path(__file__).parent / "seccomp.json").read_text(encoding="utf-8")
    if not gvisor:
        return text
    # With --oci-seccomp gVisor applies it too, but answers every refusal alike (EPERM), so that a C library would not
    # fall back from clone3(). That call is left to its kernel: what namespaces it makes end with the sandbox.
    profile = json.loads(text)
    profile["syscalls"].append({"names": ["clone3"], "action": "SCMP_ACT_ALLOW"})
    profile["syscalls"] = [rule for rule in profile["syscalls"] if "errnoRet" not in rule]
    return json.dumps(profile)
