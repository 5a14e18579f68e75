"""`script/keep`: a process that dies comes back; one that cannot start, or is stopped, does not."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import wait_until

KEEP = Path(__file__).parents[2] / "script" / "keep"


class Kept:
    """A process under `script/keep`. It notes its process id in a file at each start."""

    def __init__(self, folder: Path, then: str) -> None:
        self._pids = folder / "pids"
        self._pids.touch()
        self.errors = folder / "errors"
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                ["env", "--default-signal", KEEP, "sh", "-c", f"echo $$ >>{self._pids}; {then}"],
                stderr=errors,
                start_new_session=True,
            )

    def pids(self) -> list[int]:
        return [int(line) for line in self._pids.read_text().splitlines()]

    def started(self, times: int) -> int:
        wait_until(lambda: len(self.pids()) == times)
        return self.pids()[-1]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[list[Kept]]:
    made: list[Kept] = []
    yield made
    for each in made:
        each.process.kill()
        each.process.wait()


def is_alive(pid: int) -> bool:
    """Whether it runs; one that has ended and that nobody has waited for does not."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_a_process_that_is_killed_comes_back_three_times(tmp_path: Path, kept: list[Kept]) -> None:
    kept.append(here := Kept(tmp_path, "exec sleep 60"))
    for times in range(1, 5):
        os.kill(here.started(times), signal.SIGKILL)
    assert here.process.wait(timeout=10) == 128 + signal.SIGKILL
    assert len(here.pids()) == 4
    assert here.errors.read_text().count("has ended with status 137 and is started again.") == 3
    assert here.errors.read_text().endswith("a fourth time in a minute. It is not started again.\n")


def test_a_process_that_cannot_start_is_not_tried_again(tmp_path: Path, kept: list[Kept]) -> None:
    kept.append(here := Kept(tmp_path, "echo 'PORT is wrong.' >&2; exit 1"))
    assert here.process.wait(timeout=10) == 1
    assert (len(here.pids()), here.errors.read_text()) == (1, "PORT is wrong.\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_is_told_once_and_waited_for(tmp_path: Path, kept: list[Kept], number: signal.Signals) -> None:
    told = tmp_path / "told"
    then = f"trap 'echo stop >>{told}; sleep 1; exit 7' TERM; touch {tmp_path}/ready; while :; do sleep 0.1; done"
    kept.append(here := Kept(tmp_path, then))
    pid = here.started(1)
    wait_until((tmp_path / "ready").exists)
    os.killpg(here.process.pid, number)  # as honcho does
    assert here.process.wait(timeout=10) == 7
    assert told.read_text() == "stop\n"
    assert not is_alive(pid)
    assert len(here.pids()) == 1


def test_nothing_is_left_when_it_is_killed_itself(tmp_path: Path, kept: list[Kept]) -> None:
    kept.append(here := Kept(tmp_path, "exec sleep 60"))
    pid = here.started(1)
    here.process.kill()
    here.process.wait()
    wait_until(lambda: not is_alive(pid))


def test_a_stop_between_two_starts_is_heard(tmp_path: Path, kept: list[Kept]) -> None:
    kept.append(here := Kept(tmp_path, "exec sleep 60"))
    os.kill(here.started(1), signal.SIGKILL)
    wait_until(lambda: "started again" in here.errors.read_text())
    began = time.monotonic()
    here.process.terminate()
    here.process.wait(timeout=10)
    assert time.monotonic() - began < 1.5
    assert len(here.pids()) == 1
