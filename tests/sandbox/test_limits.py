"""Every limit stops what it must, is named with its value, and leaves the output so far."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from gistrun.errors import SandboxUnavailable
from gistrun.model import Limit, Phase, State
from tests.sandbox.conftest import Run
from tests.sandbox.runtimes import Runtime


def test_wall_clock(run: Run) -> None:
    ended = run("bash", "echo before; sleep 60; echo after", timeout_s=1)
    assert (ended.state, ended.outcome.limit) == (State.TIMED_OUT, Limit("time", 1, "s"))
    assert ended.outcome.message == "The program was stopped after 1 s."
    assert ended.stdout == "before\n"
    assert ended.outcome.exit_code is None


def test_wall_clock_against_a_program_that_ignores_signals_and_hides_its_children(run: Run) -> None:
    source = """
import os, signal, time
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork(): os._exit(0)
        time.sleep(77.001)
print("hidden", flush=True)
time.sleep(77.001)
"""
    ended = run("python", source, timeout_s=1)
    assert (ended.state, ended.stdout) == (State.TIMED_OUT, "hidden\n")


def test_wall_clock_of_the_compiler_is_its_own(run: Run) -> None:
    slow = "template<int N> struct F { static const long v = F<N-1>::v + F<N-2>::v; };\n"
    slow += (
        "template<> struct F<0> { static const long v = 0; }; template<> struct F<1> { static const long v = 1; };\n"
    )
    endless = (
        '#include "/dev/stdin"\n#include <vector>\n'
        + "constexpr long f(long n) { return n < 2 ? n : f(n-1) + f(n-2); }\n"
    )
    endless += "constexpr long a = f(60);\nint main() { return a; }\n"
    ended = run("cpp", slow + endless, compile_timeout_s=0.2)
    assert ended.outcome.phase is Phase.COMPILE
    assert (ended.state, ended.outcome.limit) == (State.TIMED_OUT, Limit("time", 0.2, "s"))
    assert ended.outcome.message == "The compiler was stopped after 0.2 s."


def test_memory_of_the_program(run: Run) -> None:
    ended = run("python", "print('before', flush=True)\nx = bytearray(200 << 20)")
    assert (ended.state, ended.stdout) == (State.OUT_OF_MEMORY, "before\n")
    assert ended.outcome.limit == Limit("memory", 64 * 2**20, "bytes")
    assert ended.outcome.message == "The program was killed at 64 MB of memory."
    assert ended.outcome.memory_peak_bytes == 64 * 2**20


def test_a_childs_out_of_memory_is_reported_although_its_parent_passes(run: Run, runtime: Runtime) -> None:
    source = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'bytearray(200 << 20)'])\nprint('parent')"
    ended = run("python", source)
    if runtime.kills_one_process_for_memory:
        assert (ended.state, ended.stdout) == (State.PASSED, "parent\n")
    else:
        assert (ended.state, ended.stdout) == (State.OUT_OF_MEMORY, "")
    assert ended.outcome.limit == Limit("memory", 64 * 2**20, "bytes")


def test_a_sandbox_that_somebody_ends_is_not_taken_for_out_of_memory(run: Run, engine: Any, made: set[str]) -> None:
    def kill() -> None:
        while not made:
            time.sleep(0.05)
        (name,) = made
        while not engine.inspect_container(name)["State"]["Running"]:
            time.sleep(0.05)
        engine.kill(name)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    with pytest.raises(SandboxUnavailable):
        run("bash", "sleep 60", timeout_s=60)
    killer.join()


def test_processes(run: Run) -> None:
    ended = run("bash", "for i in $(seq 40); do sleep 5 & done; echo never", pids=16)
    assert ended.state is State.FAILED
    assert ended.outcome.limit == Limit("processes", 16, "count")


def test_writable_space(run: Run) -> None:
    source = (
        "f = open('big', 'wb')\ntry:\n    while True: f.write(b'x' * 65536)\nexcept OSError as e: print(e.strerror)"
    )
    ended = run("python", source)
    assert ended.stdout == "No space left on device\n"
    assert ended.outcome.limit == Limit("disk", 16 * 2**20, "bytes")


def test_shared_memory(run: Run) -> None:
    ended = run("bash", "head -c 20M /dev/zero > /dev/shm/big; exit 0")
    assert ended.outcome.limit == Limit("disk", 16 * 2**20, "bytes")
    assert ended.outcome.message == "The program filled its 16 MB of shared memory."


def test_number_of_files(run: Run, runtime: Runtime) -> None:
    source = "import itertools\ntry:\n    for n in itertools.count(): open(f'f{n}', 'w').close()\n"
    source += "except OSError as e: print(e.strerror)"
    ended = run("python", source, timeout_s=8 if runtime.limits_inodes else 2)
    if not runtime.limits_inodes:
        assert ended.state in (State.TIMED_OUT, State.OUT_OF_MEMORY)
        return
    assert ended.stdout == "No space left on device\n"
    assert ended.outcome.limit == Limit("files", 16_384, "count")


def test_output_is_cut_at_the_byte_and_the_program_stopped(run: Run) -> None:
    ended = run("bash", "yes", output_bytes=10_000)
    assert ended.state is State.OUTPUT_LIMIT
    assert ended.outcome.limit == Limit("output", 10_000, "bytes")
    assert ended.stdout == "y\n" * 5_000
    assert (ended.outcome.output_bytes, ended.outcome.truncated) == (10_000, True)


def test_output_that_just_fits_is_whole(run: Run) -> None:
    ended = run("bash", "head -c 10000 /dev/zero | tr '\\0' x", output_bytes=10_000)
    assert (ended.state, ended.outcome.truncated, len(ended.stdout)) == (State.PASSED, False, 10_000)


def test_open_files(run: Run) -> None:
    ended = run(
        "python", "fs = []\ntry:\n    while True: fs.append(open('/dev/null'))\nexcept OSError as e: print(e.errno)"
    )
    assert ended.stdout == "24\n"


def test_no_core_file_is_written(run: Run) -> None:
    ended = run("bash", "ulimit -c unlimited; (kill -SEGV $BASHPID); ls -A; ulimit -c")
    assert "core" not in ended.stdout.split()


def test_cpu_is_held_at_the_quota(run: Run, runtime: Runtime) -> None:
    source = "import os, time\nfor _ in range(3): os.fork()\nend = time.time() + 1\nwhile time.time() < end: pass"
    ended = run("python", source, cpus=0.5)
    assert ended.outcome.duration_ms is not None
    if not runtime.shows_control_groups:
        assert ended.outcome.cpu_ms is None
        return
    assert ended.outcome.cpu_ms is not None
    # Eight processes would have used two CPUs; the quota is given out in periods of 100 ms.
    assert ended.outcome.cpu_ms <= 0.5 * ended.outcome.duration_ms + 150


def test_the_figures_are_true(run: Run, runtime: Runtime) -> None:
    source = """
import time
data = bytearray(30 << 20)
began = time.process_time()
while time.process_time() - began < 0.3: pass
time.sleep(0.5)
"""
    outcome = run("python", source).outcome
    assert outcome.duration_ms is not None
    assert outcome.memory_peak_bytes is not None
    assert 800 <= outcome.duration_ms < 4000
    if runtime.shows_control_groups:
        assert outcome.cpu_ms is not None
        assert 300 <= outcome.cpu_ms < 800
    else:
        assert outcome.cpu_ms is None
    assert 30 * 2**20 <= outcome.memory_peak_bytes < 55 * 2**20


def test_the_compilers_usage_does_not_count_for_the_program(run: Run) -> None:
    outcome = run("c", "int main(void) { return 0; }").outcome
    assert outcome.compile_ms is not None
    assert outcome.compile_ms > 0
    assert outcome.memory_peak_bytes is not None
    assert outcome.memory_peak_bytes < 8 * 2**20


def test_a_stopped_program_does_not_keep_anybody_waiting(run: Run) -> None:
    began = time.monotonic()
    run("bash", "(setsid sleep 1000 &) ; exit 4")
    assert time.monotonic() - began < 5


# A compiler that needs more than a program gets

_FILLS = "import sys; x = bytearray(int(sys.argv[1]) << 20); print(sys.argv[1], flush=True)"


def compiling(megabytes: int) -> dict[str, Any]:
    """A language whose compiler takes so much memory, of the 160 MB that it asks for."""
    compiler = ("python3", "-c", _FILLS, str(megabytes))
    return {"compile": compiler, "ahead": (), "compile_needs": (("compile_memory_bytes", 160 << 20),)}


def test_a_compiler_may_use_more_memory_than_the_program(run: Run, runtime: Runtime) -> None:
    limits = {"memory_bytes": 64 << 20, "compile_memory_bytes": 160 << 20, "compile_pids": 64}
    ended = run("python", _FILLS, args=("20",), changed=compiling(110), **limits)
    assert (ended.state, ended.stdout) == (State.PASSED, "110\n20\n")
    ended = run("python", _FILLS, args=("110",), changed=compiling(110), **limits)
    if not runtime.lowers_limits:
        assert (ended.state, ended.stdout) == (State.PASSED, "110\n110\n")
        return
    assert (ended.state, ended.stdout) == (State.OUT_OF_MEMORY, "110\n")
    assert ended.outcome.limit == Limit("memory", 64 << 20, "bytes")
    assert ended.outcome.phase is Phase.RUN


def test_a_compiler_that_needs_more_than_it_may_is_out_of_memory(run: Run) -> None:
    limits = {"memory_bytes": 64 << 20, "compile_memory_bytes": 160 << 20, "compile_pids": 64}
    ended = run("python", _FILLS, args=("1",), changed=compiling(300), **limits)
    assert (ended.state, ended.outcome.phase) == (State.OUT_OF_MEMORY, Phase.COMPILE)
    assert ended.outcome.limit == Limit("memory", 160 << 20, "bytes")
    assert ended.outcome.message == "The compiler was killed at 160 MB of memory."


def test_a_compiler_may_have_more_processes_than_the_program(run: Run, runtime: Runtime) -> None:
    count = "import subprocess; [subprocess.Popen(['sleep', '9']) for _ in range(30)]; print('done', flush=True)"
    needs = {"compile": ("python3", "-c", count), "ahead": (), "compile_needs": (("compile_pids", 60),)}
    limits = {"pids": 20, "compile_pids": 60, "compile_memory_bytes": 64 << 20}
    assert run("python", "print(1)", changed=needs, **limits).stdout == "done\n1\n"
    ended = run("python", count, changed=needs, **limits)
    if runtime.lowers_limits:
        assert (ended.stdout, ended.outcome.limit) == ("done\n", Limit("processes", 20, "count"))
