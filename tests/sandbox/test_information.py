"""Attacks on what is not theirs to know: the host, process 1, other runs, whoever built the image."""

from __future__ import annotations

import pytest

from gistrun.model import Phase, State
from tests.sandbox.conftest import Run
from tests.sandbox.runtimes import Runtime

pytestmark = pytest.mark.usefixtures("beside")


@pytest.mark.parametrize(
    "path", ["/proc/1/environ", "/etc/shadow", "/proc/1/maps", "/sbin/supervisor", "/root/.bashrc"]
)
def test_a_compiler_reads_no_more_than_a_program(path: str, run: Run, runtime: Runtime) -> None:
    ended = run("c", f'#include "{path}"\nint main(void) {{ return 0; }}')
    if not runtime.shares_the_kernel and path.startswith("/proc/1/"):
        return  # open there, and without anything that is not in every program's own
    assert (ended.state, ended.outcome.phase) == (State.FAILED, Phase.COMPILE)
    assert "Permission denied" in ended.text or "No such file" in ended.text
    assert "root:" not in ended.text


def test_the_host_has_no_name(run: Run) -> None:
    ended = run(
        "bash",
        "uname -n; cat /proc/sys/kernel/domainname || echo '(none)'; cat /etc/hostname",
    )
    assert ended.stdout.splitlines() == ["gist", "(none)", "gist"]


def test_the_resolvers_the_search_domain_and_the_options_of_the_host_do_not_show(run: Run) -> None:
    lines = run("bash", "cat /etc/resolv.conf").stdout.splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["nameserver 127.0.0.1", "options attempts:1"]


def test_no_socket_and_no_mount_of_the_hosts_is_there(run: Run) -> None:
    ended = run(
        "bash", "find / -xdev -type s 2>/dev/null; ls /var/run/docker.sock /run/docker.sock 2>/dev/null; echo end"
    )
    assert ended.stdout == "end\n"
    source = """
allowed = {"overlay", "proc", "tmpfs", "devpts", "sysfs", "cgroup", "cgroup2", "mqueue"}
for line in open("/proc/self/mountinfo"):
    kind = line.split(" - ")[1].split()[0]
    where = line.split()[4]
    if (where, kind) == ("/", "9p"): continue  # gVisor's way to the same image
    if kind not in allowed and where not in ("/etc/resolv.conf", "/etc/hostname", "/etc/hosts"): print(where, kind)
"""
    assert run("python", source).stdout == ""


def test_no_process_of_others_shows(run: Run) -> None:
    source = """
import os
mine = {os.getpid(), os.getppid(), 1}
print([int(n) for n in os.listdir("/proc") if n.isdigit() and int(n) not in mine])
for name in ("unix", "tcp", "tcp6", "udp", "raw"):
    try: lines = open(f"/proc/net/{name}").read().splitlines()[1:]
    except OSError: lines = []
    print(name, lines)
"""
    assert run("python", source).stdout.splitlines() == ["[]", "unix []", "tcp []", "tcp6 []", "udp []", "raw []"]


@pytest.mark.parametrize(
    "path", ["/proc/kcore", "/proc/kallsyms", "/proc/keys", "/proc/timer_list", "/dev/kmsg", "/dev/mem"]
)
def test_the_kernel_shows_nothing_of_itself(path: str, run: Run) -> None:
    assert run("bash", f"head -c 100 {path} 2>/dev/null | tr -d '\\0'; true").stdout == ""


def test_freed_memory_and_new_files_hold_nothing_of_others(run: Run) -> None:
    source = """
import mmap, os
area = mmap.mmap(-1, 20 << 20)
print(any(area[:]))
file = os.open("f", os.O_RDWR | os.O_CREAT); os.ftruncate(file, 8 << 20)
print(any(os.pread(file, 8 << 20, 0)))
"""
    assert run("python", source).stdout == "False\nFalse\n"


def test_the_image_holds_nothing_of_whoever_built_it(run: Run) -> None:
    ended = run(
        "bash",
        "ls -A /root /home /mnt /srv /run/secrets 2>/dev/null | grep -v ':$' | grep -v '^[.]bashrc\\|^[.]profile\\|^$'",
    )
    assert ended.stdout == ""
