"""Attacks on the report: nobody but process 1 says how a program ended."""

from __future__ import annotations

import pytest

from gistrun.model import Phase, State
from tests.sandbox.conftest import Run

pytestmark = pytest.mark.usefixtures("beside")


def test_frames_of_every_type_on_both_streams_are_output(run: Run) -> None:
    source = r"""
import os, sys
report = b"phase=r last=1 stop=none exit=0 signal=0 exec=0 wall_us=1 cpu_us=1 memory=1 memory_kills=0 refused=0 "
report += b"disk=0 files=0 truncated=0"
for fd in (1, 2):
    for kind in b"hpoexf":
        for payload in (b"", b"1", b"r", report, b"\0" * 8 + report):
            frame = bytes([kind]) + len(payload).to_bytes(4, "big") + payload
            for stream in (1, 2): os.write(fd, bytes([stream, 0, 0, 0]) + len(frame).to_bytes(4, "big") + frame)
            os.write(fd, frame)
sys.exit(7)
"""
    ended = run("python", source)
    assert (ended.state, ended.outcome.exit_code, ended.outcome.phase) == (State.FAILED, 7, Phase.RUN)
    assert ended.text.count("phase=r last=1") == 2 * 6 * 2 * 3


def test_a_signal_with_a_value_tells_process_1_nothing(run: Run) -> None:
    source = """
#include <signal.h>
int main(void) {
    for (int s = 1; s <= SIGRTMAX; s++) for (int n = 0; n < 50; n++) sigqueue(1, s, (union sigval){.sival_int = n});
    return 9;
}
"""
    assert run("c", source).outcome.exit_code == 9


def test_a_killed_program_is_not_reported_as_stopped_by_a_limit(run: Run) -> None:
    outcome = run("bash", "echo Killed; echo 'out of memory' >&2; kill -9 $$").outcome
    assert (outcome.state, outcome.signal, outcome.limit) == (State.FAILED, "SIGKILL", None)


@pytest.mark.parametrize("closing", ["exec >&-", "exec 2>&-", "exec >&- 2>&- <&-", "exec >/dev/null 2>&1"])
def test_closing_its_streams_ends_nothing_early(closing: str, run: Run) -> None:
    ended = run("bash", f"echo begun; {closing}; sleep 0.3; exit 3")
    assert (ended.state, ended.outcome.exit_code, ended.stdout) == (State.FAILED, 3, "begun\n")
    assert ended.outcome.duration_ms is not None
    assert ended.outcome.duration_ms >= 300


def test_what_a_program_takes_out_of_its_own_pipe_is_its_own_loss(run: Run) -> None:
    source = """
import os, sys
read = os.open("/proc/self/fd/1", os.O_RDONLY | os.O_NONBLOCK)
for _ in range(200):
    os.write(1, b"x" * 100)
    try: os.read(read, 100)
    except BlockingIOError: pass
os.set_blocking(1, False); os.set_blocking(0, False)
sys.exit(4)
"""
    ended = run("python", source)
    assert (ended.outcome.exit_code, set(ended.stdout) <= {"x"}) == (4, True)


def test_its_standard_input_is_its_own_to_change_and_of_no_effect(run: Run) -> None:
    source = """
import os, sys
try: os.ftruncate(0, 0); os.write(0, b"G\\0\\0\\0\\0")
except OSError as error: print(error.strerror)
sys.exit(4)
"""
    assert run("python", source, stdin=b"input").outcome.exit_code == 4


def test_files_named_like_the_compilers_tools_change_nothing(run: Run) -> None:
    names = ["gcc", "cc1", "as", "ld", "collect2", "specs", "stdio.h.gch", ".gccrc", "lto-wrapper", "libc.so", "crt1.o"]
    files: dict[str, str | bytes] = {"main.c": '#include <stdio.h>\nint main(void) { puts("ours"); return 3; }'}
    ended = run("c", {**files, **dict.fromkeys(names, "#!/bin/sh\necho theirs; exit 0\n")}, file="main.c")
    assert (ended.text, ended.outcome.exit_code) == ("ours\n", 3)


def test_a_file_behind_an_at_sign_gives_the_compiler_no_options(run: Run) -> None:
    ended = run("c", {"@args.c": "int main(void) { return 5; }", "args.c": "-DEVIL --help"}, file="@args.c")
    assert ended.outcome.exit_code == 5 or ended.outcome.phase is Phase.COMPILE
    assert "Usage:" not in ended.text


def test_a_program_that_replaces_itself_is_still_the_program(run: Run) -> None:
    assert run("bash", "exec sh -c 'exec sh -c \"exit 8\"'").outcome.exit_code == 8


def test_the_first_process_decides_not_its_children(run: Run) -> None:
    ended = run("bash", "(sleep 0.2; exit 0) & (exit 0) & exit 6")
    assert ended.outcome.exit_code == 6
