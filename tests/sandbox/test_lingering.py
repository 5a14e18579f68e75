"""Attacks on the end: whatever a program leaves behind dies with it, and keeps nobody waiting."""

from __future__ import annotations

import pytest

from gistrun.model import State
from tests.sandbox.conftest import Run

pytestmark = pytest.mark.usefixtures("beside")

LINGERING = {
    "a daemon that holds the output open": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(99)
    os._exit(0)
""",
    "a descriptor on its way through a socket": """
a, b = socket.socketpair()
for fd in (1, 2, a.fileno(), b.fileno()):
    a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
""",
    "stopped children": """
for _ in range(5):
    if os.fork() == 0: os.kill(os.getpid(), signal.SIGSTOP)
""",
    "a child that keeps its parent waiting in vfork": """
if os.fork() == 0: C.vfork() or C.pause()
""",
    "children that bury children": """
C.prctl(36, 1)
for _ in range(5):
    if os.fork() == 0: C.prctl(36, 1); os.fork(); time.sleep(99)
""",
    "children that replace each other": """
for _ in range(6):
    if os.fork() == 0:
        while os.fork() == 0: pass
        os._exit(0)
""",
    "zombies": """
for _ in range(20):
    if os.fork() == 0: os._exit(0)
""",
    "children waiting in a pipe, a lock and a socket": """
file = open("f", "w"); fcntl.flock(file, fcntl.LOCK_EX); r, w = os.pipe(); s, t = socket.socketpair()
for wait in (lambda: fcntl.flock(open("f"), fcntl.LOCK_EX), lambda: os.read(r, 1), lambda: s.recv(1)):
    if os.fork() == 0: wait(); os._exit(0)
""",
}
_NEEDED = "import array, ctypes, fcntl, os, signal, socket, time\nC = ctypes.CDLL(None)\n"


@pytest.mark.parametrize("name", LINGERING)
def test_nobody_waits_for(name: str, run: Run) -> None:
    source = _NEEDED + LINGERING[name] + "os.write(1, b'ended\\n')\nos._exit(3)\n"
    # gVisor is slow to give back the memory of processes that come and go as fast as they can.
    ended = run("python", source, memory_bytes=256 * 2**20)
    assert (ended.state, ended.outcome.exit_code) == (State.FAILED, 3), ended
    assert ended.stdout == "ended\n"


@pytest.mark.parametrize(
    "source",
    [
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        "import ctypes, threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()\n"
        "ctypes.CDLL(None).syscall(60, 0)",
        "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nelse:\n    while True: pass",
        "import signal\nfor n in set(signal.Signals) - {9, 19}: signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
        "import select\nselect.epoll().poll()",
    ],
    ids=["stopped", "its first thread gone", "waiting for its child", "deaf", "asleep"],
)
def test_the_clock_ends_a_program_that_is(source: str, run: Run) -> None:
    assert run("python", source, timeout_s=1).state is State.TIMED_OUT


def test_output_of_a_child_after_the_end_is_not_shown(run: Run) -> None:
    ended = run("bash", "(sleep 0.2; echo late) & echo end")
    assert (ended.state, ended.stdout) == (State.PASSED, "end\n")
