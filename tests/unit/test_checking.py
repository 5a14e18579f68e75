"""Gists that check themselves: tests are counted, output is compared, cases run one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun import languages
from gistrun.checking import CheckingSandboxes, difference
from gistrun.languages.commands import commands
from gistrun.languages.expected import CASES, cases, expected_output
from gistrun.languages.testing import Runner, runner_of
from gistrun.model import (
    Case,
    Checks,
    Gist,
    GistFile,
    Limit,
    Limits,
    Outcome,
    Output,
    Phase,
    PhaseStarted,
    Program,
    Request,
    SandboxEvent,
    SandboxTaken,
    State,
)
from tests.fakes import ScriptedSandboxes, err, failed, out, passed, taken

RUNNER = Runner(
    "runner",
    ("test_*.py", "*_test.py"),
    r"^def test_",
    ("python3", "-m", "runner", "{file}"),
    unless="^main",
    passed=r"^(\d+) passed",
    failed=r"^(\d+) failed",
)
PYTHON = replace(languages.load()["python"], tests=(RUNNER,), compile=())
LIMITS = Limits(timeout_s=30, output_bytes=1000)


def a_gist(**files: str) -> Gist:
    named = {name.replace("__", "."): body for name, body in files.items()}
    return Gist("g", "1" * 40, tuple(GistFile(name, body.encode()) for name, body in named.items()))


def a_program(gist: Gist, request: Request | None = None) -> Program:
    return languages.choose(gist, request or Request(), {"python": PYTHON})


def ran(program: Program, script: Any, limits: Limits = LIMITS) -> tuple[list[SandboxEvent], Outcome]:
    """The events before the outcome, and the outcome."""
    sandboxes = CheckingSandboxes(ScriptedSandboxes({program.file: script}), lambda program: PYTHON, limits)
    *events, outcome = sandboxes.run(program)
    assert isinstance(outcome, Outcome)
    return events, outcome


def printed(events: list[SandboxEvent]) -> str:
    return "".join(event.data for event in events if isinstance(event, Output))


# Tests


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("test_a.py", "def test_a(): pass", "runner"),
        ("a_test.py", "x = 1\ndef test_a(): pass", "runner"),
        ("test_a.py", "print(1)", None),
        ("a.py", "def test_a(): pass", None),
        ("test_a.py", "def test_a(): pass\nmain()", None),
        ("test_a.py", "#" * 70_000 + "\ndef test_a(): pass", None),
    ],
)
def test_a_file_with_tests_is_told_by_its_name_and_its_content(name: str, content: str, found: str | None) -> None:
    assert runner_of(GistFile(name, content.encode()), (RUNNER,)) == found


def test_tests_are_run_by_their_runner() -> None:
    program = a_program(a_gist(test_a__py="def test_a(): pass"), Request(args=("-k", "a")))
    assert (program.tests, commands(PYTHON, program, {"build": "/b"}, {})[1]) == (
        "runner",
        ("python3", "-m", "runner", "test_a.py", "-k", "a"),
    )


@pytest.mark.parametrize(
    ("output", "ended", "state", "checks", "message"),
    [
        ("3 passed in 1 s\n", passed(), State.PASSED, Checks(3, 0), None),
        ("1 failed\n2 passed\n", failed(1), State.FAILED, Checks(2, 1), "1 of 3 tests failed."),
        ("1 failed\n", failed(1), State.FAILED, Checks(0, 1), "1 of 1 test failed."),
        ("1 failed\n2 passed\n", passed(), State.FAILED, Checks(2, 1), "1 of 3 tests failed."),
        ("ImportError\n", failed(2), State.FAILED, Checks(0, 0), None),
    ],
)
def test_their_results_are_counted(
    output: str, ended: Outcome, state: State, checks: Checks, message: str | None
) -> None:
    program = a_program(a_gist(test_a__py="def test_a(): pass"))
    _, outcome = ran(program, [taken(), out(output), ended])
    assert (outcome.state, outcome.checks, outcome.message) == (state, checks, message)


def test_a_runner_may_tell_the_total_or_a_line_for_each() -> None:
    total = replace(RUNNER, passed=None, total=r"^(\d+) runs", failed=r"(\d+) failures")
    assert total.count("4 runs, 9 assertions, 1 failures\n") == Checks(3, 1)
    each = replace(RUNNER, passed="^ok", failed="^not ok")
    assert each.count("ok 1\nok 2\nnot ok 3\n") == Checks(2, 1)


def test_a_test_that_does_not_compile_has_no_checks() -> None:
    program = a_program(a_gist(test_a__py="def test_a(): pass"))
    ended = replace(failed(1), phase=Phase.COMPILE)
    assert ran(program, [taken(), ended])[1].checks is None


# Output that is expected


def test_output_as_expected_passes() -> None:
    program = a_program(a_gist(main__py="print(1)", expected__txt="1\r\n"))
    assert program.expected == "expected.txt"
    _, outcome = ran(program, [taken(), out("1\n"), err("a warning\n"), passed()])
    assert (outcome.state, outcome.checks, outcome.message) == (State.PASSED, Checks(1, 0), None)


def test_other_output_fails_and_the_first_line_that_differs_is_told() -> None:
    program = a_program(a_gist(main__py="print(1)", expected_output__txt="1\n2\n"))
    _, outcome = ran(program, [taken(), out("1\n3\n"), passed()])
    assert (outcome.state, outcome.checks) == (State.FAILED, Checks(0, 1))
    assert outcome.message == "Line 2 of the output is “3”, but “2” in expected_output.txt."


def test_a_program_that_fails_has_failed_its_check_too() -> None:
    program = a_program(a_gist(main__py="print(1)", expected__txt="1\n"))
    _, outcome = ran(program, [taken(), out("1\n"), failed(3)])
    assert (outcome.state, outcome.exit_code, outcome.checks) == (State.FAILED, 3, Checks(0, 1))


def test_with_arguments_or_input_nothing_is_expected() -> None:
    gist = a_gist(main__py="print(1)", expected__txt="1\n", **{"1__in": "", "1__out": ""})
    for request in (Request(args=("x",)), Request(stdin=b"x")):
        program = a_program(gist, request)
        assert (program.expected, program.cases) == (None, ())


@pytest.mark.parametrize(
    ("expected", "output", "told"),
    [
        # What is at the end of the file: line ends only. What is at the end of a line counts.
        ("a\nb", "a\r\nb\n\n", None),
        ("a\n\n\n", "a", None),
        ("a\r\n", "a\n", None),
        ("a", "a ", "Line 1 of the output is “a ”, but “a” in x."),
        ("a", "a\t\n", "Line 1 of the output is “a\t”, but “a” in x."),
        ("a", "a\n ", "The output goes on after the end of x, with “ ”."),
        ("a", "\na", "Line 1 of the output is “”, but “a” in x."),
        ("\n", "", None),
        ("\n", "\n\n", None),
        ("\n", " ", "The output goes on after the end of x, with “ ”."),
        # An empty file.
        ("", "", None),
        ("", "\x1b[0m", None),
        ("", "\n", "x is empty, so nothing may be printed, but the output begins with “”."),
        ("", "\r\n", "x is empty, so nothing may be printed, but the output begins with “”."),
        ("", " ", "x is empty, so nothing may be printed, but the output begins with “ ”."),
        ("", "a\n", "x is empty, so nothing may be printed, but the output begins with “a”."),
        ("a\nb", "\x1b[31ma\x1b[0m\n\x1b]0;title\x07b\n\x1b[?25h", None),
        ("\x1b[31ma\x1b[0m\n", "a\n", None),
        ("a\nb\n", "a\n", "The output ends before line 2 of x: “b”."),
        ("a\n", "a\nb\n", "The output goes on after the end of x, with “b”."),
        ("a\n", "", "The output ends before line 1 of x: “a”."),
        ("a", "c" * 100, f"Line 1 of the output is “{'c' * 79}…”, but “a” in x."),
        ("a ", "a", "Line 1 of the output is “a”, but “a ” in x."),
    ],
)
def test_the_difference_is_a_sentence(expected: str, output: str, told: str | None) -> None:
    assert difference(expected, output, "x") == told


@given(st.text("ab\n", max_size=20), st.text("ab\n", max_size=20))
def test_there_is_a_difference_unless_the_lines_are_the_same(expected: str, output: str) -> None:
    same = expected.rstrip("\n") == output.rstrip("\n") if expected else not output
    assert (difference(expected, output, "x") is None) == same


# Cases


def doubling(program: Program) -> Iterator[SandboxEvent]:
    """A program that prints twice the number that it reads."""
    yield taken()
    yield PhaseStarted(Phase.RUN)
    yield out(f"{2 * int(program.stdin)}\n")
    yield passed(output_bytes=2)


def many(**cases: tuple[str, str]) -> Program:
    files = {"main__py": "…"}
    for stem, (asked, wanted) in cases.items():
        files |= {f"{stem}__in": asked, f"{stem}__out": wanted}
    return a_program(a_gist(**files))


def test_pairs_of_files_are_found_in_the_order_of_their_numbers() -> None:
    gist = a_gist(t10__in="", t10__out="", t2__in="", t2__out="", alone__in="", x__out="")
    assert cases(gist.files) == (Case("t2.in", "t2.out"), Case("t10.in", "t10.out"))
    crowd = a_gist(**{f"{number}__{end}": "" for number in range(CASES + 5) for end in ("in", "out")})
    assert len(cases(crowd.files)) == CASES + 5


def test_every_case_runs_with_its_input() -> None:
    events, outcome = ran(many(a=("1", "2"), b=("2", "4")), doubling)
    assert (outcome.state, outcome.checks, outcome.message) == (State.PASSED, Checks(2, 0), None)
    assert printed(events) == "a.in:\n2\nb.in:\n4\n"
    assert sum(isinstance(event, SandboxTaken) for event in events) == 1
    assert (outcome.duration_ms, outcome.cpu_ms, outcome.output_bytes) == (82, 34, 4)


def test_the_first_case_that_fails_is_told_and_the_others_run_all_the_same() -> None:
    events, outcome = ran(many(a=("1", "3"), b=("2", "4"), c=("3", "7")), doubling)
    assert (outcome.state, outcome.checks) == (State.FAILED, Checks(1, 2))
    assert outcome.message == "a.in: Line 1 of the output is “2”, but “3” in a.out."
    assert "c.in:" in printed(events)


def test_a_program_that_does_not_compile_is_compiled_once() -> None:
    ended = replace(failed(1), phase=Phase.COMPILE, message="The compiler failed.")
    sandboxes = ScriptedSandboxes({"main.py": [taken(), ended]})
    checking = CheckingSandboxes(sandboxes, lambda program: PYTHON, LIMITS)
    *_, outcome = checking.run(many(a=("1", "2"), b=("2", "4")))
    assert isinstance(outcome, Outcome)
    assert (outcome.state, outcome.phase, outcome.checks) == (State.FAILED, Phase.COMPILE, Checks(0, 2))
    assert len(sandboxes.programs) == 1


@pytest.mark.parametrize(
    ("limits", "state", "limit", "message"),
    [
        (
            replace(LIMITS, timeout_s=0.08),
            State.TIMED_OUT,
            Limit("time", 0.08, "s"),
            "After 2 of 3 cases the 0.08 s of time for one run were used up.",
        ),
        (
            replace(LIMITS, output_bytes=4),
            State.OUTPUT_LIMIT,
            Limit("output", 4, "bytes"),
            "After 2 of 3 cases the 4 bytes of output for one run were used up.",
        ),
    ],
)
def test_all_cases_together_have_what_one_run_has(limits: Limits, state: State, limit: Limit, message: str) -> None:
    _, outcome = ran(many(a=("1", "2"), b=("2", "4"), c=("3", "6")), doubling, limits)
    assert (outcome.state, outcome.limit, outcome.message) == (state, limit, message)
    assert outcome.checks == Checks(2, 1)


def test_a_program_that_checks_nothing_runs_as_it_is() -> None:
    script = [taken(), out("x"), failed(1)]
    program = a_program(a_gist(main__py="print(1)"))
    assert ([*ran(program, script)[0], ran(program, script)[1]], expected_output(a_gist(main__py=""))) == (script, None)


@pytest.mark.parametrize(
    ("expected", "printed", "sentence"),
    [
        ("", "\0", "x is empty, so nothing may be printed, but the output begins with “␀”."),
        ("", "\a\b", "x is empty, so nothing may be printed, but the output begins with “␇␈”."),
        ("", "\x1b[2J\x1b[H", None),
        ("\ufeff", "", None),
        ("\ufeff", "\n", "x is empty, so nothing may be printed, but the output begins with “”."),
        ("\ufeffhi", "hi\n", None),
        ("a\0b", "a\0b", None),
        ("ab", "a\0b", "Line 1 of the output is “a␀b”, but “ab” in x."),
        ("x", "x\f", "Line 1 of the output is “x␌”, but “x” in x."),
    ],
)
def test_control_characters_count_and_are_shown(expected: str, printed: str, sentence: str | None) -> None:
    assert difference(expected, printed, "x") == sentence


def test_tests_that_print_no_end_of_a_line_are_counted() -> None:
    runner = languages.load()["go"].tests[0]
    printed = "=== RUN   TestA\nx--- PASS: TestA (0.00s)\ny --- FAIL: TestB (0.00s)\n    --- PASS: TestC/part (0.00s)\n"
    assert runner.count(printed) == Checks(1, 1)


@pytest.mark.parametrize(
    ("language", "version", "name", "printed", "counted"),
    [
        ("typescript", "deno", "deno test", "FAILED | 1 passed | 2 failed (622ms)\n", Checks(1, 2)),
        ("typescript", "deno", "deno test", "ok | 3 passed (2 steps) | 0 failed | 1 ignored (5ms)\n", Checks(3, 0)),
        ("javascript", "deno", "deno test", "FAILED | 0 passed | 1 failed (1 step) (5ms)\n", Checks(0, 1)),
        ("javascript", "bun", "bun test", " 1 pass\n 1 fail\n 2 expect() calls\n", Checks(1, 1)),
        ("typescript", "node", "node:test", "ℹ tests 2\nℹ suites 0\nℹ pass 1\nℹ fail 1\n", Checks(1, 1)),
        ("python", "3.14", "pytest of a module", "1 failed, 1 passed in 0.02s\n", Checks(1, 1)),
    ],
)
def test_the_results_that_a_runner_prints(
    language: str, version: str, name: str, printed: str, counted: Checks
) -> None:
    known = languages.load()[language].at(version)
    assert known
    assert next(runner for runner in known.tests if runner.name == name).count(printed) == counted
