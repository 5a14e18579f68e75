"""Both streams of a program in the order in which it wrote them, and what a program can do to that.

The kernel asks process 1 before a program writes to standard error (`images/_base/supervisor/listener.c`). gVisor has
no such thing: there the streams are told apart, and nothing is lost.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from textwrap import dedent
from typing import Any

import pytest

from gistrun.engine import Engine
from gistrun.images.catalogue import Catalogue
from gistrun.languages import Language
from gistrun.model import GistFile, Outcome, Output, Program, State, Stream
from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.policy import Policy
from tests.sandbox.conftest import LIMITS, OWNER, Ended, Run
from tests.sandbox.runtimes import Runtime

LINES = 20_000
_EACH = LINES // 2

#: The same program in six languages: a line to standard output, a line to standard error, and again.
ALTERNATING = {
    "python": f"import sys\nfor i in range({_EACH}):\n    print('o', i)\n    print('e', i, file=sys.stderr)\n",
    "c": "#include <stdio.h>\n"
    f'int main() {{ for (int i = 0; i < {_EACH}; i++) {{ printf("o %d\\n", i); fprintf(stderr, "e %d\\n", i); }} }}',
    "javascript": f"for (let i = 0; i < {_EACH}; i++) {{ console.log(`o ${{i}}`); console.error(`e ${{i}}`) }}",
    "perl": f'for my $i (0..{_EACH - 1}) {{ print "o $i\\n"; print STDERR "e $i\\n"; }}',
    "bash": f"for ((i = 0; i < {_EACH}; i++)); do echo o $i; echo e $i >&2; done",
    "sh": f"i=0; while [ $i -lt {_EACH} ]; do echo o $i; echo e $i >&2; i=$((i + 1)); done",
}
_WANTED = [f"{stream} {i}" for i in range(_EACH) for stream in "oe"]
_NEEDS = {"memory_bytes": 256 * 2**20, "disk_bytes": 64 * 2**20, "output_bytes": 2**20, "timeout_s": 30}


def written(ended: Ended, stream: Stream) -> str:
    return "".join(output.data for output in ended.outputs if output.stream is stream)


def seconds(ended: Ended) -> float:
    return (ended.outcome.duration_ms or 0) / 1000


@pytest.fixture
def on_linux(runtime: Runtime) -> None:
    if not runtime.shares_the_kernel:
        pytest.skip("this kernel has no listeners")


@pytest.mark.parametrize("name", ALTERNATING)
def test_alternating_lines_are_all_in_place(name: str, run: Run, runtime: Runtime) -> None:
    ended = run(name, dedent(ALTERNATING[name]), **_NEEDS)
    assert ended.state is State.PASSED, ended.outcome
    for stream, letter in ((Stream.STDOUT, "o"), (Stream.STDERR, "e")):
        assert written(ended, stream).splitlines() == [f"{letter} {i}" for i in range(_EACH)]
    if runtime.shares_the_kernel:
        in_place = sum(line == wanted for line, wanted in zip(ended.text.splitlines(), _WANTED, strict=True))
        assert in_place == LINES


@pytest.mark.usefixtures("on_linux")
def test_an_interpreter_that_was_not_started_ahead_keeps_the_order_too(run: Run) -> None:
    ended = run("python", ALTERNATING["python"], ahead=False, **_NEEDS)
    assert ended.text.splitlines() == _WANTED


@pytest.mark.usefixtures("on_linux")
@pytest.mark.parametrize(
    "source",
    [
        "for i in {1..200}; do echo $i; ls /nothing >/dev/null 2>&1; echo $((-i)) | cat >&2; done",
        "for i in {1..200}; do echo $i; { echo -n -; echo $i; } 1>&2; done",
        'for i in {1..100}; do (echo $i; bash -c "echo -$i >&2"); done',
        "for i in {1..200}; do exec 3>&1; echo $i; exec 1>&2; echo -$i; exec 1>&3; done",
        "for i in {1..200}; do exec 3>&2; echo $i; echo -$i >&3; exec 2>&3; done",
    ],
    ids=["a pipe", "a group", "children", "the whole shell", "another descriptor"],
)
def test_what_a_shell_redirects_is_in_place(source: str, run: Run) -> None:
    ended = run("bash", source)
    numbers = [int(line) for line in ended.text.split()]
    assert numbers == [sign * i for i in range(1, len(numbers) // 2 + 1) for sign in (1, -1)]


@pytest.mark.usefixtures("on_linux")
def test_large_pieces_are_in_place(run: Run) -> None:
    """More than a pipe holds, so that process 1 reads in the middle of a write."""
    source = "import os\nfor c in b'abcde': os.write(1, bytes([c]) * 150_000); os.write(2, bytes([c - 32]) * 150_000)"
    ended = run("python", source, output_bytes=2**21)
    assert ended.text == "".join(letter * 150_000 for letter in "aAbBcCdDeE")


@pytest.mark.usefixtures("on_linux")
def test_what_the_compiler_says_is_in_place(run: Run) -> None:
    ended = run("c", '#warning "first"\nint main(void) { return 0; }')
    assert ended.state is State.PASSED
    assert '"first"' in written(ended, Stream.STDERR)


@pytest.mark.usefixtures("on_linux")
def test_where_the_kernel_refuses_a_listener_a_program_runs_without(run: Run) -> None:
    """As under an older kernel, or where the engine's own profile has a listener already."""

    def refuse(options: dict[str, object]) -> None:
        host = options["HostConfig"]
        assert isinstance(host, dict)
        host["SecurityOpt"] = [option.replace('"seccomp", ', "") for option in host["SecurityOpt"]]

    ended = run("python", ALTERNATING["python"], change=refuse, **_NEEDS)
    assert ended.state is State.PASSED
    assert written(ended, Stream.STDOUT).split() == [word for i in range(_EACH) for word in ("o", str(i))]
    assert written(ended, Stream.STDERR).split() == [word for i in range(_EACH) for word in ("e", str(i))]


# What a program may try


_THREADS = """
import os, threading, sys
def work(k):
    for i in range(500):
        os.write(2, b"e"); os.write(1, b"o")
threads = [threading.Thread(target=work, args=(k,)) for k in range(40)]
for t in threads: t.start()
for t in threads: t.join()
"""
_FORKS = """
import os
for k in range(40):
    if not os.fork():
        for i in range(500):
            os.write(2, b"e"); os.write(1, b"o")
        os._exit(0)
for k in range(40): os.wait()
"""
_DUPS = """
import os, threading
def work(k):
    fd = os.dup(1 + k % 2)
    for i in range(500): os.write(fd, b"oe"[k % 2:][:1])
def also(k):
    for i in range(500):
        os.dup2(2, 100 + k); os.write(100 + k, b"e"); os.writev(1, [b"o"])
threads = [threading.Thread(target=f, args=(k,)) for k in range(20) for f in (work, also)]
for t in threads: t.start()
for t in threads: t.join()
os.write(1, b"o" * 5000); os.write(2, b"e" * 5000)
"""
_REOPENED = """
import os
for k in range(1000):
    os.close(2)
    assert os.open("/dev/null", os.O_WRONLY) == 2
    os.write(2, b"lost to /dev/null, as the program wants it")
    os.close(2)
    assert os.dup(1) == 2
    os.write(2, b"o" * 19)
    os.write(1, b"o")
"""


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize(
    ("source", "each"),
    [(_THREADS, 20_000), (_FORKS, 20_000), (_DUPS, 20_000), (_REOPENED, None)],
    ids=["threads", "forks", "dups", "closes"],
)
def test_no_byte_is_lost(source: str, each: int | None, run: Run) -> None:
    ended = run("python", source, timeout_s=20, output_bytes=2**20)
    assert ended.state is State.PASSED, ended
    if each is None:
        assert ended.text == "o" * 20_000
    else:
        assert (written(ended, Stream.STDOUT), written(ended, Stream.STDERR)) == ("o" * each, "e" * each)
    assert not ended.outcome.truncated


_FILLED = """
import os, threading, time
def work():
    while True: os.write(2, b"")
def stop():
    while True: os.dup2(1, 2)
for k in range(25):
    threading.Thread(target=work, daemon=True).start()
    threading.Thread(target=stop, daemon=True).start()
time.sleep(60)
"""
_FILLED_BY_FORKS = """
import os
for k in range(5): os.fork()
while True: os.write(2, b"")
"""
_KILLED_WHILE_HELD = """
import os, signal
while True:
    child = os.fork()
    if not child:
        while True: os.write(2, b"")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""
_FORKS_FOR_EVER = """
import os
while True:
    try:
        if not os.fork():
            os.write(2, b""); os._exit(0)
    except OSError:
        pass
    try:
        while os.waitpid(-1, os.WNOHANG)[0]: pass
    except OSError:
        pass
"""


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize(
    "source",
    [_FILLED, _FILLED_BY_FORKS, _KILLED_WHILE_HELD, _FORKS_FOR_EVER],
    ids=["threads", "forks", "killed while held", "forks for ever"],
)
def test_a_program_that_fills_the_listener_is_stopped_in_time(source: str, run: Run) -> None:
    ended = run("python", source, timeout_s=2, memory_bytes=256 * 2**20)
    assert ended.state is State.TIMED_OUT, ended
    assert 1.9 < seconds(ended) < 3


@pytest.mark.usefixtures("beside")
def test_a_program_that_changes_streams_with_every_byte_is_stopped_at_the_byte(run: Run, runtime: Runtime) -> None:
    source = 'import os\nwhile True: os.write(1, b"o"); os.write(2, b"e")'
    ended = run("python", source, timeout_s=20, output_bytes=2**16)
    assert (ended.state, len(ended.text)) == (State.OUTPUT_LIMIT, 2**16)
    if runtime.shares_the_kernel:
        assert ended.text == "oe" * 2**15


@pytest.mark.usefixtures("on_linux")
def test_changes_of_the_stream_are_told_so_often_and_no_more(run: Run) -> None:
    """Each is an event that is stored and sent."""
    source = """
        #include <unistd.h>
        int main(void) { for (int i = 0; i < 150000; i++) { write(1, "o", 1); write(2, "e", 1); } }
        """
    ended = run("c", dedent(source), **_NEEDS)
    assert len(ended.text) == 300_000, ended.outcome
    assert ended.text[:100_000] == "oe" * 50_000
    assert len(ended.outputs) < 110_000


_FILTERS = """
import ctypes, errno, os, struct
C = ctypes.CDLL(None, use_errno=True)
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
def install(nr, action, flags=0):
    code = b"".join(struct.pack("HBBI", *line) for line in
                    [(0x20, 0, 0, 0), (0x15, 0, 1, nr), (0x06, 0, 0, action), (0x06, 0, 0, 0x7fff0000)])
    buffer = ctypes.create_string_buffer(code)
    found = C.syscall(317, 1, flags, ctypes.byref(Filter(4, ctypes.cast(buffer, ctypes.c_void_p).value)))
    return found if found >= 0 else errno.errorcode[ctypes.get_errno()]
"""


@pytest.mark.usefixtures("on_linux")
def test_the_programs_own_filters_work(run: Run) -> None:
    source = _FILTERS + dedent("""
        print(install(110, 0x50000 | errno.EACCES))  # getppid
        print(C.syscall(110), errno.errorcode[ctypes.get_errno()])
        print(install(111, 0x50000 | errno.EACCES, 1))  # getpgrp, for all threads
        print("with a filter"); os.write(2, b"and so here\\n")
        if not os.fork():
            install(1, 0x50000 | errno.ENOSPC)  # write
            try: os.write(2, b"x")
            except OSError as e: os._exit(e.errno == errno.ENOSPC)
        print(os.waitstatus_to_exitcode(os.wait()[1]))
        if not os.fork():
            install(1, 0x80000000)  # write: kills
            os.write(2, b"x")
        print(os.waitstatus_to_exitcode(os.wait()[1]))
        """)
    ended = run("python", source)
    assert ended.text.split("\n") == [
        "0", "-1 EACCES", "0", "with a filter", "and so here", "1", "-31", "",
    ]  # fmt: skip


@pytest.mark.usefixtures("on_linux", "beside")
def test_the_listener_is_not_the_programs(run: Run) -> None:
    source = _FILTERS + dedent("""
        import fcntl
        for fd in range(1024):
            try: assert "seccomp" not in os.readlink(f"/proc/self/fd/{fd}")
            except FileNotFoundError: pass
        answered = 0
        for fd in range(1024):
            for request in (0xc0502100, 0xc0182101, 0x40082102):  # RECV, SEND, ID_VALID
                try: fcntl.ioctl(fd, request, bytearray(80)); answered += 1
                except OSError as e: assert e.errno in (errno.EBADF, errno.ENOTTY, errno.EINVAL), e
        print(answered)
        for path in ("/proc/1/fd", "/proc/1/fdinfo", "/proc/1/task/1/fd"):
            try: print(os.listdir(path))
            except PermissionError: print("closed")
        # One of its own could answer in the place of ours.
        print(install(1, 0x7fc00000, 8))
        print(C.syscall(438, 3, 5, 0), errno.errorcode[ctypes.get_errno()])  # pidfd_getfd
        print(open("/proc/self/status").read().partition("NoNewPrivs:")[2].split()[0])
        """)
    lines = run("python", source).stdout.splitlines()
    assert lines == ["0", "closed", "closed", "closed", "EBUSY", "-1 EPERM", "1"], lines


@pytest.mark.usefixtures("on_linux", "beside")
def test_signals_while_a_program_is_held_lose_nothing(run: Run) -> None:
    source = """
        #include <errno.h>
        #include <signal.h>
        #include <stdio.h>
        #include <sys/time.h>
        #include <unistd.h>
        static void nothing(int s) { (void)s; }
        int main(void) {
            struct sigaction a = {.sa_handler = nothing};
            struct itimerval every = {{0, 50}, {0, 50}};
            sigaction(SIGALRM, &a, 0);
            setitimer(ITIMER_REAL, &every, 0);
            for (int i = 0; i < 20000; i++) {
                while (write(1, "o", 1) < 0 && errno == EINTR);
                while (write(2, "e", 1) < 0 && errno == EINTR);
            }
            return 0;
        }
        """
    ended = run("c", dedent(source), **_NEEDS)
    assert (ended.state, ended.text) == (State.PASSED, "oe" * 20_000), ended.outcome


@pytest.mark.usefixtures("on_linux")
def test_a_shell_whose_children_end_meanwhile_redirects_well(run: Run) -> None:
    """Dash does not always: it has signals break calls off. See docs/decisions/sandbox.md."""
    source = "for i in {1..300}; do : & echo $i >&2; echo $i; ((i % 20)) || wait; done; wait"
    ended = run("bash", source, timeout_s=20)
    assert ended.state is State.PASSED
    assert ended.text.split() == [str(i) for i in range(1, 301) for _ in range(2)]


@pytest.mark.usefixtures("on_linux")
def test_dash_finds_its_standard_output_again_whatever_ends_meanwhile(run: Run) -> None:
    source = "i=0; while [ $i -lt 300 ]; do : & echo e >&2; echo o; i=$((i + 1)); [ $((i % 20)) = 0 ] && wait; done"
    ended = run("sh", source, timeout_s=20)
    assert written(ended, Stream.STDOUT) == "o\n" * 300


def test_while_the_worker_lags_the_program_waits_and_nothing_is_lost(
    engine: Any, images: Catalogue, known: dict[str, Language], runtime: Runtime
) -> None:
    ready = images.ready("python")
    assert ready
    file = GistFile("main.py", b'import os\nfor i in range(2000): os.write(1, b"o" * 2000); os.write(2, b"e" * 2000)')
    limits = replace(LIMITS, output_bytes=2**23, timeout_s=30)
    sandbox = Sandbox(Engine(engine), ready, known["python"], Policy(limits, runtime.name), OWNER)
    outputs: list[Output] = []
    with closing(sandbox):
        for event in sandbox.run(Program("python", file.name, (file,))):
            if len(outputs) == 100:
                time.sleep(1)
            if isinstance(event, Output):
                outputs.append(event)
    assert isinstance(event, Outcome)
    assert event.state is State.PASSED
    ended = Ended(event, tuple(outputs))
    assert len(written(ended, Stream.STDOUT)) == len(written(ended, Stream.STDERR)) == 4_000_000
    if runtime.shares_the_kernel:
        assert ended.text == ("o" * 2000 + "e" * 2000) * 2000


# Input that was asked for

_READING = {
    "python": "try: input()\nexcept EOFError: pass",
    "c": "#include <stdio.h>\nint main(void) { return getchar() != EOF; }",
    "javascript": "require('fs').readFileSync(0)",
    "perl": "my $line = <STDIN>;",
    "bash": "read line; true",
    "sh": "read line; true",
}


@pytest.mark.usefixtures("on_linux")
@pytest.mark.parametrize("name", _READING)
def test_a_program_that_reads_no_input_gets_a_hint(name: str, run: Run) -> None:
    without = run(name, _READING[name], **_NEEDS)
    assert [hint.name for hint in without.outcome.hints] == ["needs-input"]
    assert without.state is State.PASSED
    assert run(name, _READING[name].replace("!= EOF", "== EOF"), stdin=b"text\n", **_NEEDS).outcome.hints == ()


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("python", "print(1)"),
        ("python", "import subprocess; print(subprocess.run('cat', input=b'x', capture_output=True).stdout)"),
        ("python", "import os; os.close(0); os.open('main.py', os.O_RDONLY); os.read(0, 10)"),
        ("bash", "echo x | cat; cat </dev/null; while read line; do :; done <main.sh"),
        ("c", "int main(void) { return 0; }"),
        ("javascript", "console.log(1)"),
        ("perl", "print 1"),
    ],
)
def test_a_program_that_does_not_read_its_input_gets_none(name: str, source: str, run: Run) -> None:
    assert run(name, source, **_NEEDS).outcome.hints == ()


@pytest.mark.parametrize("descriptor", [1, 2])
def test_what_a_program_writes_without_waiting_arrives_although_it_ends(run: Run, descriptor: int) -> None:
    lines = [
        "import os",
        f"os.set_blocking({descriptor}, False)",
        f"os._exit(os.write({descriptor}, b'x' * 900_000) != 900_000)",
    ]
    ended = run("python", "\n".join(lines), **_NEEDS)
    assert ended.state is State.PASSED, ended.outcome
    assert len(written(ended, Stream.STDOUT) + written(ended, Stream.STDERR)) == 900_000
