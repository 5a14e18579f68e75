"""Two sandboxes at the same time: neither sees, signals or reaches the other by anything that one kernel shares."""

from __future__ import annotations

import threading

import pytest

from gistrun.model import State
from tests.sandbox.conftest import Ended, Run

pytestmark = pytest.mark.usefixtures("beside")

# Offers everything there is to be found, then waits and says what it noticed.
HOST = """
import ctypes, fcntl, os, socket, struct, time
C = ctypes.CDLL(None, use_errno=True)
abstract = socket.socket(socket.AF_UNIX); abstract.bind("\\0meet"); abstract.listen()
port = socket.socket(); port.bind(("0.0.0.0", 5000)); port.listen()
C.shmget(42, 4096, 0o1666); C.msgget(42, 0o1666); C.semget(42, 1, 0o1666)
open("/dev/shm/meet", "w").close(); open("/tmp/meet", "w").close()
C.mq_open(b"/meet", os.O_CREAT | os.O_RDWR, 0o666, None)
locked = open("/etc/passwd"); fcntl.flock(locked, fcntl.LOCK_EX)
watch = C.inotify_init1(os.O_NONBLOCK)
for path in (b"/etc/passwd", b"/usr/bin/python3", b"/dev/shm", b"/tmp", b"/"): C.inotify_add_watch(watch, path, 0xFFF)
abstract.setblocking(False); port.setblocking(False)
print("offering", flush=True)
noticed = []
locked2 = os.getpid()
end = time.time() + 4
while time.time() < end:
    for server in (abstract, port):
        try: server.accept(); noticed.append("connection")
        except BlockingIOError: pass
    try: noticed.append(os.read(watch, 4096))
    except BlockingIOError: pass
    time.sleep(0.05)
print("noticed", noticed)
"""
GUEST = """
import ctypes, fcntl, os, signal, socket
C = ctypes.CDLL(None, use_errno=True)
found = []
for family, address in ((socket.AF_UNIX, "\\0meet"), (socket.AF_INET, ("127.0.0.1", 5000))):
    try: socket.socket(family).connect(address); found.append(address)
    except OSError: pass
for call in ("shmget", "msgget", "semget"):
    if getattr(C, call)(42, 0, 0) >= 0: found.append(call)
if C.mq_open(b"/meet", os.O_RDWR) >= 0: found.append("mq")
for path in ("/dev/shm/meet", "/tmp/meet", "/dev/mqueue/meet"):
    if os.path.exists(path): found.append(path)
file = open("/etc/passwd"); file.read()
try: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError: found.append("lock")
for pid in range(2, 500):
    if pid in (os.getpid(), os.getppid()): continue
    try: os.kill(pid, signal.SIGTERM); found.append(pid)
    except ProcessLookupError: pass
    except PermissionError: found.append(pid)
print("found", found)
"""


def test_they_share_nothing(run: Run) -> None:
    host: list[Ended] = []
    thread = threading.Thread(target=lambda: host.append(run("python", HOST)))
    thread.start()
    guests = [run("python", GUEST) for _ in range(3)]
    thread.join(60)
    assert [guest.stdout for guest in guests] == ["found []\n"] * 3
    assert host[0].stdout == "offering\nnoticed []\n"


def test_one_that_is_exhausted_takes_nothing_from_the_other(run: Run) -> None:
    greedy = "import os\nwhile True:\n    try: os.fork()\n    except OSError: bytearray(20 << 20)"
    ended: list[Ended] = []
    thread = threading.Thread(target=lambda: ended.append(run("python", greedy, timeout_s=4)))
    thread.start()
    modest = run(
        "python", "import os\nfor _ in range(40):\n    if os.fork() == 0: os._exit(0)\nprint(len(bytearray(30 << 20)))"
    )
    thread.join(60)
    assert (modest.state, modest.stdout, modest.outcome.limit) == (State.PASSED, f"{30 << 20}\n", None)
    assert ended[0].outcome.limit
