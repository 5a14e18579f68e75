"""What a sandbox may do and use: every limit, each with its reason, on one page.

`container_options()` makes all that the engine is told about a sandbox. Decided elsewhere are:

- which addresses a sandbox with a network reaches (`gistrun/egress`), and how images are built (`gistrun/images`);
- when a program is ended for its time or output, and what is left of it killed (`images/_base/supervisor`);
- whether a network namespace is pristine and may be used again (`namespace`, `keeper`);
- which controls the engine must have before a worker starts (`commands/doctor`, `pool`);
- when a sandbox whose supervisor is silent counts as dead (`container`), and what a crash left is removed (`sweep`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from gistrun.model import Limits, Network

#: The one folder that a program can write to.
ROOM = "/sandbox"
#: The folder of the gist's files, and the program's current folder.
GIST_FOLDER = f"{ROOM}/gist"
#: The folder that compilers write to.
BUILD_FOLDER = f"{ROOM}/build"
#: The folder of the packages of most ecosystems.
PACKAGES = "/packages"

#: User ids of programs. Each sandbox draws one at random, because the kernel counts some limits per user id over all
#: containers (pipe buffers, inotify watches, pending signals), and neighbours should not use up each other's. 65534 is
#: not among them, because ext4 reserves blocks for it. In the base image all of them have the name `gist`.
USER_IDS = range(20_000, 20_256)

#: Files and folders in the writable folder. Inodes take memory of the host that the size limit of a tmpfs does not
#: count.
FILES = 16_384
#: Open files of one process: enough for any test of select() or a server, and far below the host's total.
OPEN_FILES = 1_024
#: POSIX shared memory and semaphores (Python's multiprocessing needs them): small, and removed with the sandbox.
SHARED_MEMORY_BYTES = 16 * 2**20
SHARED_MEMORY_FILES = 1_024
#: Process 1 of the sandbox is ours, and the limit of processes counts it.
OWN_PROCESSES = 1

#: User id of a container that keeps a network namespace. No program runs under it.
NAMESPACE_USER_ID = 20_256
#: User id of an installer.
INSTALLER_USER_ID = 20_257
INSTALLER_PROCESSES = 256
#: Space for its temporary files: the tools unpack in memory of the host before they move files to their place.
INSTALLER_ROOM_BYTES = 256 * 2**20
NAMESPACE_MEMORY_BYTES = 16 * 2**20
#: The container has one process, but the runtime that starts it has threads: with fewer, one start in a hundred failed.
NAMESPACE_PROCESSES = 16

#: Memory of the host that a waiting sandbox takes: the engine's shim and a started interpreter; with gVisor also its
#: kernel.
WAITING_BYTES = 24 * 2**20
WAITING_GVISOR_BYTES = 64 * 2**20

#: gVisor (runsc) gives each sandbox its own kernel in user space. The host counts that kernel's processes and threads
#: together with the program's: a fixed number, and some for each process of the program, also for those that have ended
#: (at most 48 were seen, of a fork bomb). Inside, RLIMIT_NPROC limits the program; reaching the host's limit ends the
#: sandbox without a report, since that kernel gives up where it gets no thread.
GVISOR_TASKS = 256
GVISOR_TASKS_EACH = 80
#: Memory that gVisor takes itself before the program starts. It is added, so that the program has as much as with runc.
GVISOR_MEMORY_BYTES = 32 * 2**20

#: Paths that the engine hides by default. They are repeated here because naming any path replaces the defaults.
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
#: Further paths that show the host: its kernel's command line and configuration, disks, modules, devices.
_ALSO_MASKED = (
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

#: The host name that a program sees.
HOSTNAME = "gist"
#: Programs look up their own name, to log it or to listen on it. Without a network the engine does not name it.
_HOSTS = (f"{HOSTNAME}:127.0.0.1",)

#: Standard input comes from one attached connection and ends with it.
_ATTACHED = {
    "AttachStdin": True,
    "AttachStdout": True,
    "AttachStderr": True,
    "OpenStdin": True,
    "StdinOnce": True,
    "Tty": False,
}

#: Name of the engine's network for sandboxes that have a network; `gistrun/egress` guards it.
NETWORK = "gistrun-egress"

#: Environment variables of every program; a language adds its own. Nothing is inherited from the worker.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": f"{ROOM}/home",
    "TMPDIR": "/tmp",  # noqa: S108 - inside the sandbox, a link to a folder of ROOM
    "LANG": "C.UTF-8",
    "USER": "gist",
    "LOGNAME": "gist",
    "SHELL": "/bin/bash",
    # Standard output is a pipe, but what comes through it is shown as a terminal shows it (`gistrun/render/terminal`).
    # There is one size for everybody, and programs that ask are told to colour.
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "COLUMNS": "100",
    "LINES": "24",
    "FORCE_COLOR": "1",
    "CLICOLOR": "1",
    "CLICOLOR_FORCE": "1",
    "PYTHON_COLORS": "1",
    "PY_COLORS": "1",
    "CARGO_TERM_COLOR": "always",
    "DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION": "1",
}


class Profile(StrEnum):
    """What a sandbox is for. The value is its label `gistrun.role`."""

    #: It runs a program under the deployment's limits.
    RUN = "sandbox"
    #: It runs a toolchain once, to learn its version, under `PROBE_LIMITS`.
    PROBE = "probe"
    #: It resolves and unpacks packages; no program runs in it.
    INSTALLER = "installer"


#: Limits of a probe. They do not depend on the deployment's: an image must be buildable whatever programs may use.
PROBE_LIMITS = Limits(timeout_s=60, memory_bytes=512 * 2**20, pids=64, disk_bytes=16 * 2**20, output_bytes=2**16)


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of a sandbox and the runtime that enforces them."""

    limits: Limits
    #: OCI runtime, or None for the engine's default.
    runtime: str | None = None
    #: Resolvers of sandboxes that have a network.
    dns: tuple[str, ...] = ()
    profile: Profile = Profile.RUN
    #: The folder of the engine's host that a sandbox has at /packages, or None.
    packages: str | None = None

    @classmethod
    def probe(cls, runtime: str | None) -> Policy:
        """The policy of a sandbox that asks a toolchain for its version."""
        return cls(PROBE_LIMITS, runtime, profile=Profile.PROBE)

    @property
    def for_compiling(self) -> Policy:
        """The same with the memory and the processes that the compile phase may use."""
        limits = replace(self.limits, memory_bytes=self.limits.compile_memory_bytes, pids=self.limits.compile_pids)
        return replace(self, limits=limits)

    @property
    def gvisor(self) -> bool:
        """True if each sandbox has its own kernel, which ignores some of the options that Linux obeys."""
        return is_gvisor(self.runtime)

    @property
    def reuses_namespaces(self) -> bool:
        """True if a network namespace may be used again: it has no network, and Linux shows whether it is pristine."""
        return self.limits.network is Network.NONE and not self.gvisor

    @property
    def waiting_bytes(self) -> int:
        """Memory of the host that one waiting sandbox takes."""
        return WAITING_GVISOR_BYTES if self.gvisor else WAITING_BYTES


def is_gvisor(runtime: str | None) -> bool:
    """Whether a runtime of that name is gVisor's: `runsc`, `runsc-kvm`, `io.containerd.runsc.v1`."""
    return runtime is not None and "runsc" in runtime


def container_options(
    policy: Policy, image: str, labels: dict[str, str], draw: random.Random, namespace: str | None = None
) -> dict[str, Any]:
    """The body of the engine's "create container" call (Docker Engine API 1.41) for one sandbox.

    Args:
        image: the image's id.
        draw: chooses the user id.
        namespace: id of the container whose network namespace it uses; None for a new one.
    """
    limits = policy.limits
    user = draw.choice(USER_IDS)
    owner = f"uid={user},gid={user}"
    host: dict[str, Any] = {
        # No network at all, not even the host's loopback or its abstract sockets.
        "NetworkMode": "none",
        # No System V or POSIX shared memory of others. It has its own /dev/shm, limited below.
        "IpcMode": "none",
        # The image cannot be changed, and nothing can be written to a disk.
        "ReadonlyRootfs": True,
        # setuid bits and devices have no effect there. Programs are compiled there, so exec is allowed.
        "Tmpfs": {
            ROOM: f"rw,exec,nosuid,nodev,size={limits.disk_bytes},nr_inodes={FILES},mode=0755,{owner}",
            "/dev/shm": f"rw,noexec,nosuid,nodev,size={SHARED_MEMORY_BYTES},"  # noqa: S108
            f"nr_inodes={SHARED_MEMORY_FILES},mode=1777,{owner}",
        },
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges", f"seccomp={_seccomp(policy.gvisor)}"],
        # Memory and swap together. Without it the engine allows the same amount of swap in addition.
        "Memory": limits.memory_bytes,
        "MemorySwap": limits.memory_bytes,
        # If the host itself runs out of memory, it kills sandboxes first.
        "OomScoreAdj": 500,
        # Processes and threads. RLIMIT_NPROC would count per user id over the whole host.
        "PidsLimit": limits.pids + OWN_PROCESSES,
        "NanoCpus": int(limits.cpus * 1e9),
        "Ulimits": [
            # No core files: they could fill the writable folder.
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "nofile", "Soft": OPEN_FILES, "Hard": OPEN_FILES},
            # The kernel counts locked memory and message queues per user id, not per container.
            {"Name": "memlock", "Soft": 65_536, "Hard": 65_536},
            {"Name": "msgqueue", "Soft": 65_536, "Hard": 65_536},
            {"Name": "sigpending", "Soft": 1_024, "Hard": 1_024},
        ],
        # No log: it would write all output to the host's disk.
        "LogConfig": {"Type": "none"},
        "MaskedPaths": [*_MASKED_BY_DEFAULT, *_ALSO_MASKED],
        "ReadonlyPaths": list(_READ_ONLY),
        # A sandbox is used once: the engine removes it as soon as process 1 has ended.
        "AutoRemove": True,
    }
    if limits.network is Network.EGRESS:
        host["NetworkMode"] = NETWORK
        # The resolvers come from the settings, and there is no search domain: the host's would reveal its network.
        host["Dns"] = list(policy.dns)
        host["DnsSearch"] = ["."]
        host["ExtraHosts"] = list(_HOSTS)
    elif namespace and policy.reuses_namespaces:
        # A pristine namespace that no other sandbox uses. Making a new one is two thirds of the cost of a start. The
        # namespace was checked after its last sandbox had gone. The only other things that are shared are the host
        # name, /etc/hosts and /etc/resolv.conf, which the engine takes from the container that keeps the namespace.
        host["NetworkMode"] = f"container:{namespace}"
    else:
        host |= _names_without_network()
    if policy.runtime:
        host["Runtime"] = policy.runtime
    if policy.packages:
        # What an installer has just unpacked, before it is an image. Like an image it can only be read.
        host["Mounts"] = [{"Type": "bind", "Source": policy.packages, "Target": PACKAGES, "ReadOnly": True}]
    identity: dict[str, Any] = {"User": f"{user}:{user}"}
    if policy.gvisor:
        _adapt_to_gvisor(host, limits, owner)
        # gVisor lets a program kill process 1 if both have the same user id, and it executes only files that the user
        # may read. So process 1 is root there, in a kernel that only this sandbox has. It starts the program under the
        # user id that is its argument.
        identity = {"User": "0:0", "Cmd": [str(user)]}
    return {
        "Image": image,
        "Labels": labels,
        **identity,
        **({} if host["NetworkMode"].startswith("container:") else {"Hostname": HOSTNAME}),
        # Standard input is process 1's connection to the worker. When the worker is gone, it ends, and with it process
        # 1 and everything in the sandbox.
        **_ATTACHED,
        "HostConfig": host,
    }


def namespace_options(image: str, labels: dict[str, str]) -> dict[str, Any]:
    """The same for a container that keeps a network namespace. It runs only our own program, with no more rights."""
    return {
        "Image": image,
        "Labels": labels,
        "Entrypoint": ["/sbin/holder"],
        "User": f"{NAMESPACE_USER_ID}:{NAMESPACE_USER_ID}",
        "Hostname": HOSTNAME,
        # It ends when its worker ends, as a sandbox does.
        **_ATTACHED,
        "HostConfig": {
            "NetworkMode": "none",
            **_names_without_network(),
            "IpcMode": "none",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges", f"seccomp={_seccomp(gvisor=False)}"],
            "Memory": NAMESPACE_MEMORY_BYTES,
            "MemorySwap": NAMESPACE_MEMORY_BYTES,
            "PidsLimit": NAMESPACE_PROCESSES,
            "LogConfig": {"Type": "none"},
            "AutoRemove": True,
        },
    }


def installer_options(
    image: str,
    labels: dict[str, str],
    command: str,
    environment: Mapping[str, str],
    binds: Mapping[str, str],
    cache: str | None,
    memory_bytes: int,
) -> dict[str, Any]:
    """The same for an installer, which writes into the image's own folders and then becomes an image.

    It has no network. The folder with the socket of `packages.registry` is its only way out, and the kept downloads are
    the only thing that it shares with others of its kind.
    """
    owner = f"uid={INSTALLER_USER_ID},gid={INSTALLER_USER_ID}"
    mounts = [f"{source}:{target}:ro" for source, target in binds.items()]
    return {
        "Image": image,
        "Labels": labels,
        "Entrypoint": ["/bin/sh", "-c", command],
        "User": f"{INSTALLER_USER_ID}:{INSTALLER_USER_ID}",
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "Hostname": HOSTNAME,
        # It waits for lines on standard input, and ends when the worker is gone.
        **_ATTACHED,
        "HostConfig": {
            "NetworkMode": "none",
            **_names_without_network(),
            "IpcMode": "none",
            "Tmpfs": {ROOM: f"rw,exec,nosuid,nodev,size={INSTALLER_ROOM_BYTES},mode=0755,{owner}"},
            "Binds": [*mounts, *([f"{cache}:/cache"] if cache else [])],
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges", f"seccomp={_seccomp(gvisor=False)}"],
            "Memory": memory_bytes,
            "MemorySwap": memory_bytes,
            "OomScoreAdj": 500,
            "PidsLimit": INSTALLER_PROCESSES,
            # Programs come first where both want the processor.
            "CpuShares": 512,
            "Ulimits": [{"Name": "core", "Soft": 0, "Hard": 0}, {"Name": "nofile", "Soft": 4_096, "Hard": 4_096}],
            "LogConfig": {"Type": "none"},
            "MaskedPaths": [*_MASKED_BY_DEFAULT, *_ALSO_MASKED],
            "ReadonlyPaths": list(_READ_ONLY),
        },
    }


def _names_without_network() -> dict[str, list[str]]:
    """The options for /etc/hosts and /etc/resolv.conf.

    The engine copies resolvers, search domains and resolver options from the host, each of them unless it is given.
    No resolver listens at 127.0.0.1, so every lookup of another name fails at once.
    """
    return {"ExtraHosts": list(_HOSTS), "Dns": ["127.0.0.1"], "DnsSearch": ["."], "DnsOptions": ["attempts:1"]}


def _adapt_to_gvisor(host: dict[str, Any], limits: Limits, owner: str) -> None:
    """Change the options for gVisor. It ignores `nr_inodes`, masked paths and read-only paths: its kernel has no such
    paths. It ignores the seccomp profile unless it was started with --oci-seccomp: it answers all system calls itself.
    """
    # Without this gVisor mounts a /tmp without a size limit over the link that the image has there.
    host["Tmpfs"]["/tmp"] = f"rw,exec,nosuid,nodev,size={limits.disk_bytes},mode=1777,{owner}"  # noqa: S108
    # Only process 1 has these: it kills what a program leaves running, and it changes to the program's user for good.
    host["CapAdd"] = ["KILL", "SETUID", "SETGID", "SETPCAP"]
    host["Memory"] = host["MemorySwap"] = limits.memory_bytes + GVISOR_MEMORY_BYTES
    host["PidsLimit"] = limits.pids * GVISOR_TASKS_EACH + GVISOR_TASKS
    # gVisor counts processes per user within the sandbox: a program is refused more of them, as with runc.
    host["Ulimits"].append({"Name": "nproc", "Soft": limits.pids, "Hard": limits.pids})


@cache
def _seccomp(gvisor: bool) -> str:
    """The allow-list of system calls, as JSON text: the engine takes a profile's content, not its path."""
    text = (Path(__file__).parent / "seccomp.json").read_text(encoding="utf-8")
    if not gvisor:
        return text
    # With --oci-seccomp gVisor applies the profile too, but it answers every refusal with EPERM, and then a C library
    # does not fall back from clone3() to clone(). So clone3() is allowed: the namespaces that it may create exist only
    # in gVisor's kernel and end with the sandbox.
    profile = json.loads(text)
    profile["syscalls"].append({"names": ["clone3"], "action": "SCMP_ACT_ALLOW"})
    profile["syscalls"] = [rule for rule in profile["syscalls"] if "errnoRet" not in rule]
    return json.dumps(profile)
