"""From the report of process 1 to what a visitor reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gistrun.model import Limit, Limits, Phase, State
from gistrun.sandbox.protocol import PhaseReport
from gistrun.sandbox.verdict import verdict

LIMITS = Limits(timeout_s=30, compile_timeout_s=60, memory_bytes=256 * 2**20, pids=64, output_bytes=2**20)
WELL = PhaseReport(
    phase=Phase.RUN,
    last=True,
    stop="none",
    exit=0,
    signal=0,
    exec=0,
    wall_us=41_400,
    cpu_us=17_000,
    memory=9_437_184,
    memory_kills=0,
    refused=0,
    disk=0,
    files=0,
    truncated=False,
)


def test_a_program_that_ends_with_0_has_passed() -> None:
    outcome = verdict(WELL, None, 12, LIMITS)
    assert (outcome.state, outcome.exit_code, outcome.signal, outcome.limit, outcome.message) == (
        State.PASSED,
        0,
        None,
        None,
        None,
    )
    assert (outcome.duration_ms, outcome.compile_ms, outcome.cpu_ms) == (41, None, 17)
    assert (outcome.memory_peak_bytes, outcome.output_bytes, outcome.truncated) == (9_437_184, 12, False)
    assert outcome.hints == ()


@pytest.mark.parametrize("exit", [0, 1])
def test_a_program_that_read_no_input_gets_a_hint_and_its_state_stays(exit: int) -> None:
    without, outcome = (verdict(replace(WELL, exit=exit, asked=asked), None, 12, LIMITS) for asked in (False, True))
    assert [hint.name for hint in outcome.hints] == ["needs-input"]
    assert replace(outcome, hints=()) == without


def test_a_compile_error_failed_in_the_compile_phase() -> None:
    report = replace(WELL, phase=Phase.COMPILE, exit=1)
    outcome = verdict(report, report, 300, LIMITS)
    assert (outcome.state, outcome.phase, outcome.exit_code, outcome.compile_ms) == (State.FAILED, Phase.COMPILE, 1, 41)


@pytest.mark.parametrize(
    ("change", "state", "limit", "words"),
    [
        ({"exit": 3}, State.FAILED, None, None),
        ({"exit": -1, "signal": 11}, State.FAILED, None, "SIGSEGV"),
        ({"exit": -1, "signal": 9, "stop": "time"}, State.TIMED_OUT, Limit("time", 30, "s"), "after 30 s"),
        (
            {"exit": -1, "signal": 9, "stop": "time", "refused": 5},
            State.TIMED_OUT,
            Limit("time", 30, "s"),
            "64 processes",
        ),
        (
            {"phase": Phase.COMPILE, "exit": -1, "signal": 9, "stop": "time"},
            State.TIMED_OUT,
            Limit("time", 60, "s"),
            "compiler was stopped after 60 s",
        ),
        (
            {"exit": -1, "signal": 9, "memory_kills": 1},
            State.OUT_OF_MEMORY,
            Limit("memory", 256 * 2**20, "bytes"),
            "killed at 256 MB of memory",
        ),
        (
            {"memory_kills": 1},
            State.PASSED,
            Limit("memory", 256 * 2**20, "bytes"),
            "A process of the program was killed",
        ),
        ({"exit": 1, "memory_kills": 2}, State.FAILED, Limit("memory", 256 * 2**20, "bytes"), "2 processes"),
        (
            {"exit": -1, "signal": 9, "stop": "output", "truncated": True},
            State.OUTPUT_LIMIT,
            Limit("output", 2**20, "bytes"),
            "more than the 1 MB",
        ),
        ({"truncated": True}, State.OUTPUT_LIMIT, Limit("output", 2**20, "bytes"), "more than the 1 MB"),
        ({"refused": 1, "exit": 1}, State.FAILED, Limit("processes", 64, "count"), "64 processes and threads"),
        ({"disk": 2}, State.PASSED, Limit("disk", 16 * 2**20, "bytes"), "its 16 MB of shared memory"),
        ({"files": 2}, State.PASSED, Limit("files", 1_024, "count"), "as many as its shared memory holds"),
        ({"disk": 1, "exit": 1}, State.FAILED, Limit("disk", 64 * 2**20, "bytes"), "64 MB of writable space"),
        ({"files": 1}, State.PASSED, Limit("files", 16_384, "count"), "16,384 files"),
        ({"exit": 127, "exec": 2}, State.FAILED, None, "could not be started: No such file"),
        ({"exit": -1, "signal": 9}, State.FAILED, None, "SIGKILL"),
    ],
)
def test_every_end_has_its_state_limit_and_sentence(
    change: dict[str, object], state: State, limit: Limit | None, words: str | None
) -> None:
    outcome = verdict(replace(WELL, **change), None, 0, LIMITS)  # type: ignore[arg-type]
    assert (outcome.state, outcome.limit) == (state, limit)
    assert words in outcome.message if words and outcome.message else outcome.message == words


def test_a_program_that_was_stopped_has_no_exit_status_or_signal_of_its_own() -> None:
    outcome = verdict(replace(WELL, exit=-1, signal=9, stop="time"), None, 0, LIMITS)
    assert (outcome.exit_code, outcome.signal) == (None, None)


def test_the_peak_is_never_reported_above_the_limit() -> None:
    assert verdict(replace(WELL, memory=300 * 2**20), None, 0, LIMITS).memory_peak_bytes == 256 * 2**20
    assert verdict(replace(WELL, memory=-1), None, 0, LIMITS).memory_peak_bytes is None


def test_unknown_cpu_time_is_null() -> None:
    assert verdict(replace(WELL, cpu_us=-1), None, 0, LIMITS).cpu_ms is None


def test_a_real_time_signal_has_a_name() -> None:
    assert verdict(replace(WELL, exit=-1, signal=40), None, 0, LIMITS).signal is not None
