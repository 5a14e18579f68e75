"""What a program cannot reach: the network, the host, other sandboxes, more rights, process 1."""

from __future__ import annotations

import json

import pytest

from gistrun.model import State
from gistrun.sandbox.policy import USER_IDS
from tests.sandbox.conftest import Run
from tests.sandbox.runtimes import Runtime


def test_it_is_nobody_and_can_become_nobody_else(run: Run, runtime: Runtime) -> None:
    ended = run("bash", "id -u; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr -s '\\t' ' '")
    user, *status = ended.stdout.splitlines()
    assert int(user) in USER_IDS
    none = "0000000000000000"
    assert status[:4] == [f"Cap{kind}: {none}" for kind in ("Inh", "Prm", "Eff", "Bnd")]
    # gVisor's /proc has neither of the two; its kernel knows no set-user-id bit to gain anything by.
    assert status[4:-1] == ([f"CapAmb: {none}", "NoNewPrivs: 1"] if runtime.shares_the_kernel else [])
    assert status[-1] == "Seccomp: 2"


def test_there_is_no_network_not_even_the_hosts_loopback(run: Run) -> None:
    ended = run("bash", "cat /proc/net/dev | tail -n +3 | cut -d: -f1; (echo > /dev/tcp/127.0.0.1/22) 2>&1; true")
    assert ended.stdout.split()[0] == "lo"
    assert "refused" in ended.text or "unreachable" in ended.text


def test_only_its_own_room_can_be_written(run: Run, runtime: Runtime) -> None:
    source = """
import os
found = set()
for top, folders, files in os.walk("/"):
    if top.startswith(("/proc", "/sys")): folders[:] = []; continue
    if os.access(top, os.W_OK): found.add(top)
print(*sorted(found))
"""
    places = run("python", source).stdout.split()
    folders = [f"/sandbox/{n}" for n in ("build", "gist", "home", "tmp")]
    # gVisor has no message queues to be seen, and does not take /tmp for the link it is in the image.
    linux, own = (["/dev/mqueue"], []) if runtime.shares_the_kernel else ([], ["/tmp"])
    assert places == [*linux, "/dev/shm", "/sandbox", *folders, *own]


def test_its_environment_holds_nothing_but_what_the_policy_names(run: Run) -> None:
    ended = run("python", "import os, json; print(json.dumps(dict(os.environ)))")
    assert sorted(json.loads(ended.stdout)) == [
        "CARGO_TERM_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "COLORTERM",
        "COLUMNS",
        "DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION",
        "FORCE_COLOR",
        "HOME",
        "LANG",
        "LINES",
        "LOGNAME",
        "PATH",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONUNBUFFERED",
        "PYTHON_COLORS",
        "PY_COLORS",
        "SHELL",
        "TERM",
        "TMPDIR",
        "USER",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/proc/cmdline",
        "/proc/config.gz",
        "/proc/partitions",
        "/proc/modules",
        "/sys/block",
        "/sys/class",
        "/sys/firmware",
    ],
)
def test_the_host_does_not_show(path: str, run: Run, runtime: Runtime) -> None:
    ended = run("bash", f"if [ -d {path} ]; then ls -A {path}; else cat {path} 2>/dev/null; fi; true")
    of_its_own = (
        "" if runtime.shares_the_kernel or path != "/proc/cmdline" else "BOOT_IMAGE=/vmlinuz-4.4.0-gvisor quiet\n"
    )
    assert ended.stdout == of_its_own


SYSCALLS = {
    "unshare": "os.unshare(os.CLONE_NEWUSER)",
    "ptrace": "C.ptrace(16, 1, 0, 0) == -1 and fail()",
    "mount": "C.mount(b'none', b'/sandbox/tmp', b'tmpfs', 0, 0) == -1 and fail()",
    "bpf": "C.syscall(321, 0, 0, 0) == -1 and fail()",
    "perf_event_open": "C.syscall(298, 0, 0, 0, 0, 0) == -1 and fail()",
    "io_uring_setup": "C.syscall(425, 8, ctypes.create_string_buffer(120)) == -1 and fail()",
    "userfaultfd": "C.syscall(323, 1) == -1 and fail()",
    "keyctl": "C.syscall(250, 0, -3, 1) == -1 and fail()",
    "kexec_load": "C.syscall(246, 0, 0, 0, 0) == -1 and fail()",
    "process_vm_readv": "C.syscall(310, os.getpid(), 0, 0, 0, 0, 0) == -1 and fail()",
    "a vsock socket": "socket.socket(40, socket.SOCK_STREAM)",
    "a netlink socket": "socket.socket(16, socket.SOCK_RAW)",
    "a crypto socket": "socket.socket(38, socket.SOCK_SEQPACKET)",
    "a limit of process 1": "resource.prlimit(1, resource.RLIMIT_CPU, (1, 1))",
}


@pytest.mark.parametrize("name", SYSCALLS)
def test_the_kernel_refuses(name: str, run: Run) -> None:
    source = f"""
import ctypes, os, resource, socket
C = ctypes.CDLL(None, use_errno=True)
os.CLONE_NEWUSER = 0x10000000
if not hasattr(os, "unshare"): os.unshare = lambda flags: C.unshare(flags) == -1 and fail()
def fail(): raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
try:
    {SYSCALLS[name]}
    print("allowed")
except OSError as error:
    print(error.strerror)
"""
    assert run("python", source).stdout == "Operation not permitted\n"


def test_process_1_cannot_be_inspected(run: Run, runtime: Runtime) -> None:
    # gVisor leaves open which files process 1 has and what its environment is: nothing, but not what they hold.
    told = () if not runtime.shares_the_kernel else ("environ", "maps", "fd")
    source = (
        f"told = {told}"
        + """
for name in ("mem", "cwd", "root", "exe", "stack", "syscall", *told):
    for act in (lambda p: open(p, "rb").read(1), __import__("os").readlink, __import__("os").listdir):
        try: print("LEAK", name, act(f"/proc/1/{name}"))
        except OSError: pass
for fd in range(3):
    for mode in ("rb", "wb"):
        try: print("LEAK", fd, open(f"/proc/1/fd/{fd}", mode, 0))
        except OSError: pass
try: print("LEAK", open("/sbin/supervisor", "rb").read(4))
except OSError as error: print(error.strerror)
"""
    )
    assert run("python", source).stdout == "Permission denied\n"


def test_process_1_cannot_be_killed_or_stopped(run: Run) -> None:
    ended = run(
        "bash", "for n in $(seq 1 64); do kill -$n 1 2>/dev/null; done; kill -9 1; kill -STOP 1; echo alive; exit 9"
    )
    assert (ended.state, ended.stdout, ended.outcome.exit_code) == (State.FAILED, "alive\n", 9)


def test_a_report_cannot_be_forged_by_printing_one(run: Run) -> None:
    source = r"""
import os, sys
report = b"phase=r last=1 stop=none exit=0 signal=0 exec=0 wall_us=1 cpu_us=1 memory=1 memory_kills=0 refused=0 "
report += b"disk=0 files=0 truncated=0"
frame = b"x" + len(report).to_bytes(4, "big") + report
for fd in range(256):
    for data in (frame, b"\x01\0\0\0" + len(frame).to_bytes(4, "big") + frame):
        try: os.write(fd, data)
        except OSError: pass
sys.exit(5)
"""
    ended = run("python", source)
    assert (ended.state, ended.outcome.exit_code) == (State.FAILED, 5)
    assert "phase=r" in ended.text


def test_the_program_holds_three_descriptors_and_no_more(run: Run) -> None:
    # Without a pipe: bash itself would hold its ends for a moment.
    ended = run("bash", "find /proc/$$/fd -mindepth 1 -printf '%f\\n'; true")
    assert sorted(ended.stdout.split()) == ["0", "1", "2", "255"]  # with the last one bash itself reads the script


def test_processes_of_the_compiler_are_dead_when_the_program_starts(run: Run) -> None:
    ended = run("bash", "echo /proc/[0-9]* | wc -w")
    assert int(ended.stdout.split()[-1]) <= 5


def test_nothing_is_left_of_another_run(run: Run) -> None:
    run("bash", "echo secret > /sandbox/tmp/left; echo secret > /dev/shm/left; echo secret > /sandbox/home/left")
    ended = run("bash", "find /sandbox /dev/shm -type f | sort")
    assert ended.stdout == "/sandbox/gist/main.sh\n"
