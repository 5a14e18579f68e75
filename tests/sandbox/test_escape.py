"""Attacks on the walls: the kernel's switches, devices, file systems, other users' rights."""

from __future__ import annotations

import pytest

from gistrun.model import State
from tests.sandbox.conftest import Run

pytestmark = pytest.mark.usefixtures("beside")

_SWITCHES = [
    "/proc/sysrq-trigger",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/kernel/hostname",
    "/proc/sys/vm/drop_caches",
    "/proc/sys/fs/binfmt_misc/register",
    "/sys/kernel/uevent_helper",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    "/sys/fs/cgroup/pids/pids.max",
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/cgroup.procs",
    "/sys/fs/cgroup/memory/cgroup.procs",
    "/sys/fs/cgroup/release_agent",
    "/proc/1/oom_score_adj",
    "/proc/1/comm",
    "/proc/1/timerslack_ns",
    "/etc/passwd",
    "/sbin/supervisor",
]


def test_no_switch_of_the_kernel_can_be_turned(run: Run) -> None:
    source = f"""
import os
for path in {_SWITCHES!r}:
    for value in (b"1", b"|/sandbox/gist/evil"):
        try:
            file = os.open(path, os.O_WRONLY)
            os.write(file, value)
            print("TURNED", path)
        except OSError: pass
print("tried")
"""
    assert run("python", source).stdout == "tried\n"


_CALLS = {
    "chroot": "syscall(161, '/sandbox')",
    "pivot_root": "syscall(155, '.', '.')",
    "setns": "syscall(308, 0, 0)",
    "open_by_handle_at": "syscall(304, -100, 0, 0)",
    "name_to_handle_at": "syscall(303, -100, 0, 0, 0, 0)",
    "init_module": "syscall(175, 0, 0, 0)",
    "finit_module": "syscall(313, 0, 0, 0)",
    "swapon": "syscall(167, 0, 0)",
    "reboot": "syscall(169, 0, 0, 0, 0)",
    "settimeofday": "syscall(164, 0, 0)",
    "sethostname": "syscall(170, 'x', 1)",
    "quotactl": "syscall(179, 0, 0, 0, 0)",
    "syslog": "syscall(103, 3, 0, 0)",
    "iopl": "syscall(172, 3)",
    "fsopen": "syscall(430, 'tmpfs', 0)",
    "fanotify_init": "syscall(300, 0, 0)",
    "add_key": "syscall(248, 'user', 'x', 'x', 1, -2)",
    "request_key": "syscall(249, 'user', 'x', 0, -2)",
    "pidfd_getfd": "syscall(438, 0, 0, 0)",
    "process_madvise": "syscall(440, 0, 0, 0, 0, 0)",
    "move_pages": "syscall(279, 1, 0, 0, 0, 0, 0)",
    "ioprio_set": "syscall(251, 1, 1, 0)",
    "being traced": "syscall(101, 0, 0, 0, 0)",
    "a new process namespace by clone": "syscall(56, 0x20000011, 0, 0, 0, 0)",
}


def test_calls_that_programs_do_not_need_are_refused(run: Run) -> None:
    lines = "\n".join(f"print({name!r}, {call})" for name, call in _CALLS.items())
    source = f"""
import ctypes
C = ctypes.CDLL(None, use_errno=True)
def syscall(number, *arguments):
    arguments = [a.encode() if isinstance(a, str) else ctypes.c_long(a) for a in arguments]
    return C.syscall(ctypes.c_long(number), *arguments) == -1 and ctypes.get_errno()
{lines}
"""
    assert run("python", source).stdout.splitlines() == [f"{name} 1" for name in _CALLS]


def test_no_device_can_be_made_and_none_but_the_harmless_are_there(run: Run) -> None:
    source = """
import os, stat
for kind in (stat.S_IFBLK, stat.S_IFCHR):
    try: os.mknod("/tmp/device", kind | 0o666, os.makedev(8, 0)); print("MADE")
    except PermissionError: pass
found = set()
for top, folders, files in os.walk("/dev"):
    for name in files:
        mode = os.lstat(os.path.join(top, name)).st_mode
        if stat.S_ISBLK(mode) or stat.S_ISCHR(mode): found.add(name)
print(*sorted(found - {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "console"}))
"""
    assert run("python", source).stdout == "\n"


def test_no_file_lends_its_owners_rights(run: Run) -> None:
    ended = run(
        "bash", "find / -xdev -perm /6000 -type f 2>/dev/null; getcap -r / 2>/dev/null; cp /bin/bash b; chmod 6755 b"
    )
    assert ended.stdout == ""
    assert run("bash", "cp /bin/bash b && chmod 6755 b && ./b -p -c 'id -u; id -ru' | uniq | wc -l").stdout == "1\n"


def test_no_way_leads_out_through_another_process(run: Run) -> None:
    source = """
import os
for name in filter(str.isdigit, os.listdir("/proc")):
    for link in ("root", "cwd"):
        try:
            there = os.stat(f"/proc/{name}/{link}/"), os.stat("/" if link == "root" else "/sandbox/gist")
            if there[0].st_ino != there[1].st_ino: print("OUT", name, link)
        except OSError: pass
print(os.stat("/..").st_ino == os.stat("/").st_ino)
"""
    assert run("python", source).stdout == "True\n"


def test_capabilities_cannot_be_taken_up(run: Run) -> None:
    source = """
import ctypes, os
C = ctypes.CDLL(None, use_errno=True)
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
wanted = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
print(C.capset(header, wanted), C.prctl(47, 2, 21, 0, 0), C.setuid(0), C.setgroups(1, (ctypes.c_int * 1)(0)))
"""
    assert run("python", source).stdout == "-1 -1 -1 -1\n"


def test_a_second_supervisor_confuses_nobody(run: Run) -> None:
    source = """
import subprocess, sys
frame = lambda kind, data: kind + len(data).to_bytes(4, "big") + data
job = frame(b"L", b"1000 1000 1000") + frame(b"R", b"true\\0") + frame(b"G", b"")
for stdin in (b"", job, b"x" * 100):
    ended = subprocess.run(["/sbin/supervisor"], input=stdin, capture_output=True)
    sys.stdout.buffer.write(ended.stdout); sys.stdout.flush()
sys.exit(6)
"""
    ended = run("python", source)
    assert (ended.state, ended.outcome.exit_code) == (State.FAILED, 6)
    assert "could not be made: File exists" in ended.stdout


def test_a_second_supervisor_with_a_room_of_its_own_kills_only_its_own_sandbox(run: Run) -> None:
    source = """
cd /; rm -rf /sandbox/gist /sandbox/build /sandbox/home /sandbox/tmp
job() {
    printf 'L\\0\\0\\0\\0161000 1000 1000'; printf 'R\\0\\0\\0\\005true\\0'; printf 'G\\0\\0\\0\\0'
    sleep 2
}
job | /sbin/supervisor
exit 5
"""
    ended = run("bash", source)
    assert ended.state is State.FAILED  # it ends itself, by the second one's hand or with its own status
    assert ended.outcome.exit_code == 5 or ended.outcome.signal == "SIGKILL"
