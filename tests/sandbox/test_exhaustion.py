"""Attacks on what is limited: memory, processes, the writable space, descriptors, time, output, the compiler."""

from __future__ import annotations

import pytest

from gistrun.model import Limit, Phase, State
from tests.sandbox.conftest import Ended, Run
from tests.sandbox.runtimes import Runtime

pytestmark = pytest.mark.usefixtures("beside")

MEMORY = Limit("memory", 64 * 2**20, "bytes")


def told_memory(ended: Ended) -> bool:
    return ended.outcome.limit == MEMORY and ended.state in (State.OUT_OF_MEMORY, State.PASSED, State.FAILED)


def test_sendfile_in_a_loop_fills_no_more_than_the_room(run: Run) -> None:
    source = """
import os
one = os.open("one", os.O_RDWR | os.O_CREAT); os.write(one, b"x" * 2**20)
two = os.open("two", os.O_RDWR | os.O_CREAT)
try:
    while True: os.sendfile(two, one, 0, 2**20)
except OSError as error: print(error.strerror, os.fstat(two).st_size < 16 * 2**20)
"""
    ended = run("python", source)
    assert ended.stdout == "No space left on device True\n"
    assert ended.outcome.limit == Limit("disk", 16 * 2**20, "bytes")


def test_splice_in_a_loop_fills_no_more_than_the_room(run: Run) -> None:
    source = """
import os
read, write = os.pipe()
to = os.open("to", os.O_WRONLY | os.O_CREAT)
total = 0
try:
    while True:
        os.write(write, b"x" * 65536)
        left = 65536
        while left: left -= (moved := os.splice(read, to, left)); total += moved
except OSError as error: print(error.strerror, total <= 16 * 2**20)
"""
    assert run("python", source).stdout == "No space left on device True\n"


def test_pipes_filled_to_their_largest_count_as_memory(run: Run) -> None:
    source = """
import fcntl, os
pipes = []
try:
    while True:
        read, write = os.pipe(); pipes.append((read, write)); os.set_blocking(write, False)
        try: fcntl.fcntl(write, 1031, 1 << 20)
        except PermissionError: pass
        try:
            while True: os.write(write, b"x" * 65536)
        except BlockingIOError: pass
except OSError as error: print(error.errno, len(pipes) < 512)
"""
    ended = run("python", source)
    assert told_memory(ended) or ended.stdout == "24 True\n", ended


@pytest.mark.parametrize(
    "kind",
    ["os.eventfd(0)", "select.epoll()", "os.memfd_create('m')", "socket.socket()", "os.timerfd()", "os.pipe()"],
)
def test_descriptors_of_any_kind_are_limited(kind: str, run: Run) -> None:
    source = f"""
import ctypes, os, select, socket
C = ctypes.CDLL(None, use_errno=True)
def timerfd():
    fd = C.timerfd_create(1, 0)
    if fd < 0: raise OSError(ctypes.get_errno(), "")
    return fd
os.timerfd = timerfd
kept = []
try:
    while True: kept.append({kind})
except OSError as error: print(error.errno, len(kept) < 1024)
"""
    assert run("python", source).stdout == "24 True\n"


def test_descriptors_in_flight_are_limited_too(run: Run, runtime: Runtime) -> None:
    source = """
import array, os, socket
total = 0
pairs = []
try:
    for _ in range(200):
        a, b = socket.socketpair(); a.setblocking(False); pairs.append((a, b))
        try:
            while True:
                a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * 200))]); total += 200
        except BlockingIOError: pass
except OSError as error: print(error.strerror, total <= 4096)
"""
    # gVisor does not count those: they hold memory of its own kernel, which is the sandbox's.
    assert run("python", source).stdout == (
        "Too many references: cannot splice True\n" if runtime.shares_the_kernel else ""
    )


def test_inotify_instances_are_limited(run: Run) -> None:
    source = """
import ctypes
C = ctypes.CDLL(None, use_errno=True)
count = 0
while C.inotify_init() >= 0: count += 1
print(count < 1024, ctypes.get_errno())
"""
    assert run("python", source).stdout == "True 24\n"


def test_memory_cannot_be_locked_beyond_64_kb(run: Run) -> None:
    source = """
import ctypes, mmap
C = ctypes.CDLL(None, use_errno=True)
area = mmap.mmap(-1, 2**20)
print(C.mlock(ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(area))), 2**20), C.mlockall(3))
"""
    assert run("python", source).stdout == "-1 -1\n"


def test_system_v_shared_memory_counts_and_goes_with_the_sandbox(run: Run) -> None:
    source = """
import ctypes
C = ctypes.CDLL(None, use_errno=True); C.shmat.restype = ctypes.c_void_p
for n in range(100):
    name = C.shmget(1000 + n, 4 << 20, 0o1600)
    if name < 0: print("refused", ctypes.get_errno()); break
    ctypes.memset(C.shmat(name, None, 0), 1, 4 << 20)
"""
    ended = run("python", source)
    assert told_memory(ended) or "refused" in ended.stdout
    again = "import ctypes; print(ctypes.CDLL(None).shmget(1000, 0, 0))"
    assert run("python", again).stdout == "-1\n"


def test_system_v_messages_and_semaphores_are_bounded(run: Run) -> None:
    source = """
import ctypes
C = ctypes.CDLL(None, use_errno=True)
message = ctypes.create_string_buffer(8192)
ctypes.memmove(message, (1).to_bytes(8, "little"), 8)
queues = 0
while queues < 40000 and (queue := C.msgget(0, 0o1600)) >= 0:
    queues += 1
    while C.msgsnd(queue, message, 8000, 0o4000) == 0: pass
sets = 0
while sets < 40000 and C.semget(0, 250, 0o1600) >= 0: sets += 1
print("ended", queues <= 32000, sets <= 32000)
"""
    ended = run("python", source)
    assert told_memory(ended) or ended.stdout == "ended True True\n", ended


def test_posix_message_queues_are_bounded(run: Run, runtime: Runtime) -> None:
    source = """
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
int main(void) {
    struct mq_attr attributes = {.mq_maxmsg = 10, .mq_msgsize = 8192};
    char name[32]; int count = 0;
    do sprintf(name, "/q%d", count++);
    while (count < 1000 && mq_open(name, O_CREAT | O_RDWR, 0600, &attributes) >= 0);
    puts(count < 3 ? "bounded" : "many");
}
"""
    # gVisor's queues hold memory of its own kernel, which is the sandbox's.
    assert run("c", source).stdout == ("bounded\n" if runtime.shares_the_kernel else "many\n")


def test_extended_attributes_do_not_escape_the_limits(run: Run) -> None:
    source = """
import os
size = 0
try:
    for n in range(4000):
        open(f"f{n}", "w").close()
        for m in range(4): os.setxattr(f"f{n}", f"user.a{m}", b"x" * 60000); size += 60000
except OSError as error: print(error.strerror)
print(size < 80 * 2**20)
"""
    ended = run("python", source)
    assert told_memory(ended) or ended.stdout.endswith("True\n"), ended


def test_hard_links_count_as_files(run: Run, runtime: Runtime) -> None:
    source = """
import itertools, os
open("f", "w").close()
try:
    for n in itertools.count(): os.link("f", f"l{n}")
except OSError as error: print(error.strerror, n < 16384)
"""
    ended = run("python", source, timeout_s=8 if runtime.limits_inodes else 2)
    if not runtime.limits_inodes:
        assert ended.state in (State.TIMED_OUT, State.OUT_OF_MEMORY)
        return
    assert ended.stdout == "No space left on device True\n"
    assert ended.outcome.limit == Limit("files", 16_384, "count")


def test_folders_however_deep_are_bounded_and_gone_with_the_sandbox(run: Run, runtime: Runtime) -> None:
    source = """
import os
depth = 0
try:
    while True: os.mkdir("d"); os.chdir("d"); depth += 1
except OSError as error: print(error.strerror, depth < 16384)
"""
    ended = run("python", source)
    if not runtime.limits_inodes:
        assert ended.state in (State.TIMED_OUT, State.OUT_OF_MEMORY, State.FAILED)
        return
    assert ended.stdout == "No space left on device True\n"


def test_a_file_full_of_holes_holds_nothing(run: Run, runtime: Runtime) -> None:
    ended = run("bash", "truncate -s 1T holes && find holes -printf '%b\\n'; cat holes | head -c 100000000 | wc -c")
    blocks = 0 if runtime.shares_the_kernel else 2**31  # gVisor counts the holes there, and holds nothing either
    assert ended.stdout == f"{blocks}\n100000000\n"


def test_renaming_for_ever_ends_with_the_clock(run: Run) -> None:
    source = "import os\nopen('a','w').close()\nwhile True: os.rename('a', 'b'); os.rename('b', 'a')"
    assert run("python", source, timeout_s=1).state is State.TIMED_OUT


def test_a_thousand_threads_are_refused(run: Run, runtime: Runtime) -> None:
    source = """
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *wait_for_ever(void *_) { pause(); return _; }
int main(void) {
    pthread_t thread; int count = 0;
    while (count < 1024 && !pthread_create(&thread, 0, wait_for_ever, 0)) count++;
    printf("%d\\n", count <= 64); fflush(stdout); _exit(0);
}
"""
    ended = run("c", source)
    assert ended.stdout == "1\n"
    if runtime.shows_control_groups:
        assert ended.outcome.limit == Limit("processes", 64, "count")


def test_a_bomb_of_vfork_ends_with_the_clock(run: Run, runtime: Runtime) -> None:
    source = "#include <unistd.h>\nint main(void) { for (;;) if (!vfork()) { if (vfork() < 0) pause(); } }"
    ended = run("c", source, timeout_s=1)
    if not runtime.shares_the_kernel and told_memory(ended):
        return  # what gVisor keeps of processes is memory of the sandbox
    assert ended.state in (State.TIMED_OUT, State.FAILED), ended


def test_a_fork_bomb_in_c_ends_as_what_it_is(run: Run) -> None:
    """Under gVisor it took more of the host's threads than the sandbox could have, which ended without a report."""
    source = "#include <unistd.h>\nint main(void) { for (;;) fork(); }\n"
    ended = run("c", source, pids=64, memory_bytes=64 * 2**20, timeout_s=4)
    limit = ended.outcome.limit
    assert limit
    assert (ended.state, limit.name) in [
        (State.TIMED_OUT, "time"),
        (State.TIMED_OUT, "processes"),
        (State.OUT_OF_MEMORY, "memory"),  # gVisor's own memory counts as well
    ], ended.outcome


def test_orphans_made_faster_than_they_can_be_buried_end_with_the_clock(run: Run) -> None:
    source = """
#include <signal.h>
#include <unistd.h>
int main(void) {
    signal(SIGCHLD, SIG_IGN);
    for (int i = 0; i < 20; i++) if (!fork()) break;
    for (;;) if (!vfork()) { if (!vfork()) _exit(0); _exit(0); }
}
"""
    ended = run("c", source, timeout_s=1, cpus=2)
    assert ended.state is State.TIMED_OUT or told_memory(ended), ended


def test_a_storm_of_signals_does_not_keep_process_1_from_the_clock(run: Run) -> None:
    source = """
#include <signal.h>
#include <unistd.h>
int main(void) {
    for (int i = 0; i < 40; i++) if (!fork()) break;
    for (;;) { kill(1, SIGCHLD); sigqueue(1, SIGRTMIN + 3, (union sigval){0}); }
}
"""
    assert run("c", source, timeout_s=1, cpus=2).state is State.TIMED_OUT


def test_a_process_makes_room_only_for_itself(run: Run, runtime: Runtime) -> None:
    # Else process 1 would wait behind sixty busy processes and let the wall clock pass.
    source = """
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
int main(void) {
    struct sched_param p = {0}; cpu_set_t one; CPU_ZERO(&one); CPU_SET(0, &one);
    printf("%d", sched_setscheduler(1, SCHED_IDLE, &p) < 0 && errno == EPERM);
    printf("%d", sched_setaffinity(1, sizeof one, &one) < 0 && errno == EPERM);
    printf("%d", setpriority(PRIO_PROCESS, 1, 19) < 0 && errno == EPERM);
    printf("%d", setpriority(PRIO_USER, 0, 19) < 0 && errno == EPERM);
    p.sched_priority = 1;
    printf("%d", sched_setscheduler(0, SCHED_FIFO, &p) < 0 && errno == EPERM);
    printf("%d\\n", sched_setaffinity(0, sizeof one, &one) == 0 && setpriority(PRIO_PROCESS, 0, 5) == 0);
}
"""
    # gVisor says yes to a real-time policy, and does nothing.
    assert run("c", source).stdout == ("111111\n" if runtime.shares_the_kernel else "111101\n")


def test_limits_cannot_be_raised(run: Run) -> None:
    source = """
import resource
for name in ("NOFILE", "CORE", "MEMLOCK", "MSGQUEUE", "SIGPENDING", "RTPRIO", "NICE"):
    which = getattr(resource, f"RLIMIT_{name}", None) or {"MEMLOCK": 8, "MSGQUEUE": 12, "SIGPENDING": 11}[name]
    hard = resource.getrlimit(which)[1]
    try: resource.setrlimit(which, (hard + 1, hard + 1)); print("raised", name)
    except (ValueError, PermissionError): print("held")
"""
    assert run("python", source).stdout == "held\n" * 7


def test_out_of_memory_is_reported_even_when_process_1_dies_of_it(run: Run) -> None:
    # A program smaller than process 1, as ready to be killed, that fills a file in memory.
    tiny = r"""
static long call(long n, long a, long b, long c) {
    long r; __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory"); return r;
}
static char page[4096];
void _start(void) {
    long memory = call(319, (long)"x", 0, 0), adjust = call(2, (long)"/proc/self/oom_score_adj", 1, 0);
    call(1, adjust, (long)"500", 3);
    for (;;) if (call(1, memory, (long)page, sizeof page) < 0) call(231, 3, 0, 0);
}
"""
    shell = "gcc -O1 -nostdlib -static -fno-stack-protector -o /tmp/tiny -x c tiny.txt\n"
    shell += "echo filling; sleep 0.5; exec /tmp/tiny"
    main = '#include <unistd.h>\nint main(void) { execl("/bin/bash", "bash", "build.sh", (char *)0); }'
    ended = run("c", {"main.c": main, "build.sh": shell, "tiny.txt": tiny}, file="main.c")
    assert (ended.state, ended.stdout) == (State.OUT_OF_MEMORY, "filling\n"), ended
    assert ended.outcome.limit == MEMORY
    assert ended.outcome.message == "The program was killed at 64 MB of memory."


def test_locks_on_single_bytes_do_not_escape_the_limits(run: Run) -> None:
    source = """
import fcntl
file = open("f", "w")
try:
    for n in range(200_000): fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * n)
except OSError as error: print(error.strerror)
print("ended")
"""
    ended = run("python", source, timeout_s=3)
    assert told_memory(ended) or ended.state is State.TIMED_OUT or ended.stdout.endswith("ended\n"), ended


def test_two_hundred_thousand_writes_of_one_byte_arrive_whole(run: Run) -> None:
    source = '#include <unistd.h>\nint main(void) { for (int i = 0; i < 200000; i++) write(1, "x", 1); }'
    ended = run("c", source, timeout_s=60)
    assert (ended.state, ended.stdout) == (State.PASSED, "x" * 200_000)
    assert len(ended.outputs) < 5_000


def test_a_flood_of_nothing_is_cut(run: Run) -> None:
    ended = run("bash", "cat /dev/zero & cat /dev/zero >&2; wait")
    assert ended.state is State.OUTPUT_LIMIT
    assert ended.text == "\0" * 2**18


def test_standard_input_that_nobody_reads_keeps_nobody(run: Run) -> None:
    assert run("bash", "echo done", stdin=b"x" * 2**20).stdout == "done\n"


def test_standard_input_cannot_be_grown_into_more_memory(run: Run) -> None:
    source = "import os\ntry:\n    while True: os.write(0, b'x' * 65536)\nexcept OSError as error: print(error.errno)"
    ended = run("python", source, stdin=b"x")
    assert told_memory(ended) or ended.stdout.strip().isdigit(), ended


COMPILER_BOMBS = {
    "an endless file": ("c", '#include "/dev/zero"\nint main(void) { return 0; }'),
    "itself": ("c", "#include __FILE__\n#include __FILE__\nint main(void) { return 0; }"),
    "doubling macros": (
        "c",
        "#define A0 x,x,x,x,x,x,x,x\n"
        + "".join(
            f"#define A{n} A{n - 1},A{n - 1},A{n - 1},A{n - 1},A{n - 1},A{n - 1},A{n - 1},A{n - 1}\n"
            for n in range(1, 12)
        )
        + "int x; int f[] = { A11 }; int main(void) { return 0; }",
    ),
    "an endless binary": ("c", '__asm__(".incbin \\"/dev/zero\\""); int main(void) { return 0; }'),
    "gigabytes of data": ("c", '__asm__(".data; .fill 1000000000, 8, 1"); int main(void) { return 0; }'),
    "endless templates": (
        "cpp",
        "template<class T> struct P { typedef typename P<P<T>>::type type; };\nP<int>::type x; int main() {}",
    ),
}


@pytest.mark.parametrize("name", COMPILER_BOMBS)
def test_a_compiler_fed_with(name: str, run: Run) -> None:
    language, source = COMPILER_BOMBS[name]
    ended = run(language, source, compile_timeout_s=3)
    assert ended.outcome.phase is Phase.COMPILE, ended
    assert ended.state in (State.FAILED, State.TIMED_OUT, State.OUT_OF_MEMORY, State.OUTPUT_LIMIT)
