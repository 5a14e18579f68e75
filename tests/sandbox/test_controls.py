"""Proof that the tests see: for every single control a probe that stays shut with it, and opens without it.

Each probe is a program that prints "tried" and, where the control is missing, "OPEN". The same table serves both tests.
Not in it, because it does not hold a program that minds: the container's OomScoreAdj, which says whom the kernel takes
first when the host runs out of memory. A program may lower its own unless the engine has CAP_SYS_RESOURCE.
"""

from __future__ import annotations

import io
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import docker
import pytest

from gistrun.images.catalogue import Catalogue
from gistrun.languages import Language
from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.policy import Policy
from tests.sandbox.conftest import LIMITS, OWNER, Changed, Run, own_containers
from tests.sandbox.runtimes import Runtime, only_runc

Change = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Probe:
    """A program that looks for one hole, and how the hole is opened: by other options, or by other limits."""

    source: str
    without: Change = lambda options: None
    limits: dict[str, Any] = field(default_factory=dict)
    language: str = "python"


def host(**options: Any) -> Change:
    return lambda whole: whole["HostConfig"].update(options)


def without_ulimit(name: str) -> Change:
    def change(options: dict[str, Any]) -> None:
        limits = [limit for limit in options["HostConfig"]["Ulimits"] if limit["Name"] != name]
        assert len(limits) < len(options["HostConfig"]["Ulimits"])
        options["HostConfig"]["Ulimits"] = limits

    return change


def room(place: str, old: str, new: str) -> Change:
    def change(options: dict[str, Any]) -> None:
        mounts = options["HostConfig"]["Tmpfs"]
        assert old in mounts[place]
        mounts[place] = mounts[place].replace(old, new)

    return change


def security(old: str) -> Change:
    def change(options: dict[str, Any]) -> None:
        kept = [option for option in options["HostConfig"]["SecurityOpt"] if not option.startswith(old)]
        options["HostConfig"]["SecurityOpt"] = [*kept, *(["seccomp=unconfined"] if old == "seccomp" else [])]

    return change


def as_root(options: dict[str, Any]) -> None:
    user = options["User"].split(":")[0]
    options["User"] = "0:0"
    mounts = options["HostConfig"]["Tmpfs"]
    for place in mounts:
        mounts[place] = mounts[place].replace(f"id={user}", "id=0")


def limit_above(name: str, value: int) -> str:
    # Without ours it is the engine's own, which the kernel gives any process: more, or none at all (-1).
    return f"import resource\nif not 0 <= resource.getrlimit({name})[1] <= {value}: print('OPEN')"


def status_is_not(name: str, value: str) -> str:
    return f"if '{name}:\\t{value}\\n' not in open('/proc/self/status').read(): print('OPEN')"


def flag_missing(path: str, flag: str) -> str:
    return f"import os\nif not os.statvfs('{path}').f_flag & os.{flag}: print('OPEN')"


def call_allowed(call: str) -> str:
    return f"""
import ctypes, os, socket
C = ctypes.CDLL(None, use_errno=True)
try:
    if {call} != -1: print("OPEN")
except OSError: pass
"""


def figure(*paths: str, says: str) -> str:
    """A control group's own figure, where the kernel shows it: the first of these files that there is."""
    return f"""
import os
text = open(next(path for path in {paths!r} if os.path.exists(path))).read().split()
if {says}: print("OPEN")
"""


PROBES = {
    "no network": Probe(
        "import socket, sys\ntry: socket.socket(1).connect('\\0' + sys.argv[1]); print('OPEN')\nexcept OSError: pass",
        host(NetworkMode="host"),
    ),
    "an IPC namespace of its own": Probe(
        "import os, sys\nif os.readlink('/proc/self/ns/ipc') == sys.argv[2]: print('OPEN')", host(IpcMode="host")
    ),
    "a read-only root": Probe(flag_missing("/", "ST_RDONLY"), host(ReadonlyRootfs=False)),
    "no capabilities": Probe(status_is_not("CapBnd", "0000000000000000"), host(CapDrop=[])),
    "no new privileges": Probe(status_is_not("NoNewPrivs", "1"), security("no-new-privileges")),
    "seccomp: socket families": Probe(call_allowed("socket.socket(16, socket.SOCK_RAW).fileno()"), security("seccomp")),
    "seccomp: how process 1 is scheduled": Probe(
        call_allowed("C.sched_setscheduler(1, 5, ctypes.byref(ctypes.c_int(0)))"), security("seccomp")
    ),
    "seccomp: being traced": Probe(call_allowed("C.ptrace(0, 0, 0, 0)"), security("seccomp")),
    "memory": Probe("bytearray(200 << 20); print('OPEN')", host(Memory=0, MemorySwap=0)),
    "memory of files": Probe(
        "import os\nf = os.memfd_create('x')\nfor _ in range(200): os.write(f, bytes(1 << 20))\nprint('OPEN')",
        host(Memory=0, MemorySwap=0),
    ),
    "swap": Probe(
        figure(
            "/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes",
            "/sys/fs/cgroup/memory.swap.max",
            says="text[0] not in ('0', str(64 * 2**20))",
        ),
        host(MemorySwap=-1),
    ),
    "processes": Probe(
        "import os, time\ntry:\n    for _ in range(100):\n        if os.fork() == 0: time.sleep(20)\n"
        "    print('OPEN')\nexcept OSError: pass",
        host(PidsLimit=-1),
        {"memory_bytes": 256 * 2**20},
    ),
    "cpu": Probe(
        figure("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu.max", says="text[0] in ('-1', 'max')"),
        host(NanoCpus=0),
    ),
    "the room's size": Probe(
        "with open('f', 'wb') as f:\n    for _ in range(24): f.write(bytes(1 << 20))\nprint('OPEN')",
        room("/sandbox", f"size={LIMITS.disk_bytes}", "size=100m"),
    ),
    "the room's files": Probe(
        "for n in range(17000): open(f'f{n}', 'w').close()\nprint('OPEN')",
        room("/sandbox", "nr_inodes=16384", "nr_inodes=100000"),
    ),
    "the room's set-user-id bits": Probe(flag_missing("/sandbox", "ST_NOSUID"), room("/sandbox", "nosuid", "suid")),
    "the room's devices": Probe(flag_missing("/sandbox", "ST_NODEV"), room("/sandbox", "nodev", "dev")),
    "shared memory's size": Probe(
        "with open('/dev/shm/f', 'wb') as f:\n    for _ in range(24): f.write(bytes(1 << 20))\nprint('OPEN')",
        room("/dev/shm", "size=16777216", "size=100m"),
    ),
    "shared memory's files": Probe(
        "for n in range(2000): open(f'/dev/shm/f{n}', 'w').close()\nprint('OPEN')",
        room("/dev/shm", "nr_inodes=1024", "nr_inodes=100000"),
    ),
    "core files": Probe(limit_above("resource.RLIMIT_CORE", 0), without_ulimit("core")),
    "open files": Probe(limit_above("resource.RLIMIT_NOFILE", 1024), without_ulimit("nofile")),
    "locked memory": Probe(limit_above("resource.RLIMIT_MEMLOCK", 65536), without_ulimit("memlock")),
    "message queues": Probe(limit_above("12", 65536), without_ulimit("msgqueue")),
    "pending signals": Probe(limit_above("11", 1024), without_ulimit("sigpending")),
    "masked paths": Probe(
        "import os\nif open('/proc/cmdline').read() or os.listdir('/sys/class'): print('OPEN')",
        host(MaskedPaths=[]),
    ),
    "read-only paths": Probe(flag_missing("/proc/sys", "ST_RDONLY"), host(ReadonlyPaths=[])),
    "a user without rights": Probe("import os\nif os.getuid() == 0: print('OPEN')", as_root),
    "wall clock": Probe("import time; time.sleep(2.5); print('OPEN')", limits={"timeout_s": 60}),
    "output": Probe("print('x' * 70_000); print('OPEN')", limits={"output_bytes": 2**20}),
}
#: The limits a probe runs under where they are what is loosened.
_TIGHT: dict[str, dict[str, Any]] = {"wall clock": {"timeout_s": 1}, "output": {"output_bytes": 65_536}}


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    """Linux's own controls are what is switched off here; gVisor is told the same and does it in its own kernel."""
    return only_runc()


@pytest.fixture
def meeting() -> Iterator[tuple[str, str]]:
    """Where the host can be met: an abstract socket on which it listens, and its IPC namespace."""
    name = f"gistrun-{uuid.uuid4().hex}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0{name}")
        server.listen(4)
        yield name, os.readlink("/proc/self/ns/ipc")


@pytest.mark.parametrize("control", PROBES)
def test_with_it_the_probe_finds_nothing(control: str, run: Run, meeting: tuple[str, str]) -> None:
    probe = PROBES[control]
    tight = {name: value for name, value in probe.limits.items() if control not in _TIGHT} | _TIGHT.get(control, {})
    ended = run(probe.language, f"print('tried')\n{probe.source}", args=meeting, **tight)
    assert ended.stdout.startswith("tried")
    assert "OPEN" not in ended.text


@pytest.mark.parametrize("control", PROBES)
def test_without_it_the_probe_sees_the_hole(control: str, run: Run, meeting: tuple[str, str]) -> None:
    probe = PROBES[control]
    ended = run(probe.language, f"print('tried')\n{probe.source}", args=meeting, change=probe.without, **probe.limits)
    assert ended.stdout.startswith("tried"), ended
    assert ended.text.endswith("OPEN\n"), ended


# Controls that show from outside only


@pytest.fixture
def waiting(engine: Any, images: Catalogue, known: dict[str, Language]) -> Iterator[Callable[[Change], Sandbox]]:
    """Makes a sandbox that waits for its job, and removes it in the end."""
    made: list[Sandbox] = []

    def make(change: Change) -> Sandbox:
        ready = images.ready("bash")
        assert ready
        made.append(Sandbox(Changed(engine, change), ready, known["bash"], Policy(replace(LIMITS)), OWNER))
        return made[-1]

    yield make
    for sandbox in made:
        sandbox.close()
    for name in own_containers(docker.from_env().api):
        engine.remove_container(name, force=True)


def _keep(options: dict[str, Any]) -> None:
    """The defaults."""


def _is_there_after(engine: Any, name: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if name not in own_containers(engine):
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize(("change", "seen"), [(_keep, False), (host(LogConfig={"Type": "json-file"}), True)])
def test_only_without_its_log_driver_there_is_a_log(
    change: Change, seen: bool, waiting: Callable[[Change], Sandbox], engine: Any
) -> None:
    waiting(change)
    (name,) = own_containers(engine)
    assert bool(engine.inspect_container(name)["LogPath"]) is seen


@pytest.mark.parametrize(("change", "seen"), [(_keep, False), (host(AutoRemove=False), True)])
def test_only_without_automatic_removal_one_that_ended_stays(
    change: Change, seen: bool, waiting: Callable[[Change], Sandbox], engine: Any
) -> None:
    sandbox = waiting(change)
    (name,) = own_containers(engine)
    sandbox.hang_up()
    assert _is_there_after(engine, name, 3 if seen else 15) is seen


@pytest.mark.parametrize(("change", "seen"), [(_keep, False), (lambda o: o.update(StdinOnce=False), True)])
def test_only_without_a_standard_input_that_closes_a_sandbox_outlives_its_worker(
    change: Change, seen: bool, waiting: Callable[[Change], Sandbox], engine: Any
) -> None:
    sandbox = waiting(change)
    (name,) = own_containers(engine)
    sandbox.hang_up()
    assert _is_there_after(engine, name, 3 if seen else 15) is seen


READ_PROCESS_1 = "print('tried')\ntry: open('/sbin/supervisor', 'rb').read(1); print('OPEN')\nexcept OSError: pass"


def test_only_where_its_file_can_be_read_process_1_can_be_inspected(run: Run, engine: Any, images: Catalogue) -> None:
    assert run("python", READ_PROCESS_1).stdout == "tried\n"
    ready = images.ready("python")
    assert ready
    tag = f"gistrun-test-{uuid.uuid4().hex[:8]}"
    dockerfile = f"FROM {ready.digest}\nUSER root\nRUN chmod 0755 /sbin/supervisor\n"
    log = list(
        engine.build(fileobj=io.BytesIO(dockerfile.encode()), tag=tag, rm=True, network_mode="none", decode=True)
    )
    try:
        assert run("python", READ_PROCESS_1, image=tag).stdout == "tried\nOPEN\n", log
    finally:
        engine.remove_image(tag, force=True)


def test_every_control_of_the_policy_has_its_probe() -> None:
    policy = (Path(__file__).parents[2] / "gistrun/sandbox/policy.py").read_text()
    mine = Path(__file__).read_text()
    named = ("NetworkMode", "IpcMode", "ReadonlyRootfs", "CapDrop", "Memory", "MemorySwap", "PidsLimit")
    named += ("NanoCpus", "LogConfig", "MaskedPaths", "ReadonlyPaths", "AutoRemove", "StdinOnce")
    for name in named:
        assert f'"{name}":' in policy
        assert f"{name}=" in mine
