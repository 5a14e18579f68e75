"""Runs gists that check themselves: tests are counted, and output is compared with what the gist expects."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace

from gistrun import figures
from gistrun.languages import Language
from gistrun.languages.expected import cases
from gistrun.languages.testing import Runner
from gistrun.model import (
    Case,
    Checks,
    Installed,
    Limit,
    Limits,
    Outcome,
    Output,
    Phase,
    PhaseStarted,
    Program,
    Sandboxes,
    SandboxEvent,
    SandboxTaken,
    State,
    Stream,
)
from gistrun.render.terminal import plain

#: Characters of a line that a message quotes.
_QUOTED = 80
#: What some editors begin a file with.
_BOM = "\ufeff"
#: A picture for each control character that is no space.
_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"} | {127: 0x2421}

_Judge = Callable[[Outcome, list[Output]], Outcome]


class CheckingSandboxes:
    """Sandboxes that also say whether a gist's checks passed. A program that checks nothing runs as in any others.

    Args:
        version_of: the version of its language that a program runs on.
        limits: those of one run. All cases of a gist together may take no more time and print no more than that.
    """

    def __init__(self, sandboxes: Sandboxes, version_of: Callable[[Program], Language], limits: Limits) -> None:
        self._sandboxes = sandboxes
        self._version_of = version_of
        self._limits = limits

    def run(self, program: Program) -> Generator[SandboxEvent]:
        """As `Sandboxes.run`. The outcome has `checks`, and a program that passed has failed if one of them has."""
        runner = self._version_of(program).runner(program)
        if program.cases:
            yield from self._cases(program)
        elif runner:
            yield from self._judged(program, lambda outcome, output: _counted(runner, outcome, output))
        elif program.expected:
            yield from self._judged(program, _comparison(program, program.expected))
        else:
            yield from self._sandboxes.run(program)

    def _judged(self, program: Program, judge: _Judge) -> Generator[SandboxEvent]:
        output: list[Output] = []
        with closing(self._sandboxes.run(program)) as events:
            for event in events:
                if isinstance(event, Output):
                    output.append(event)
                yield judge(event, output) if isinstance(event, Outcome) else event

    def _cases(self, program: Program) -> Generator[SandboxEvent]:
        """Run the program once for each case, until one of them leaves nothing for the others."""
        ended: list[Outcome] = []
        for this in program.cases:
            with closing(self._judged(_with_input(program, this), _comparison(program, this.expected))) as events:
                for event in events:
                    match event:
                        case Outcome():
                            ended.append(event)
                        case SandboxTaken() | Installed() if ended:
                            pass
                        case Output(phase=phase) | PhaseStarted(phase) if ended and phase is not Phase.RUN:
                            pass  # as for the first case
                        case PhaseStarted(Phase.RUN):
                            yield event
                            yield Output(0.0, Stream.STDERR, Phase.RUN, f"{this.stdin}:\n")
                        case _:
                            yield event
            if self._used_up(ended) or ended[-1].phase is not Phase.RUN:
                break
        together = self._together(program.cases, ended)
        there = len(cases(program.files))
        if together.state is State.PASSED and there > len(program.cases):
            told = f"Only the first {len(program.cases)} of {there} pairs of input and output were run."
            together = replace(together, message=told)
        yield together

    def _used_up(self, ended: list[Outcome]) -> Limit | None:
        """The limit of one run that the cases have reached together."""
        seconds = sum((outcome.duration_ms or 0) + (outcome.compile_ms or 0) for outcome in ended) / 1000
        if seconds >= self._limits.timeout_s:
            return Limit("time", self._limits.timeout_s, "s")
        if sum(outcome.output_bytes for outcome in ended) >= self._limits.output_bytes:
            return Limit("output", self._limits.output_bytes, "bytes")
        return None

    def _together(self, run: tuple[Case, ...], ended: list[Outcome]) -> Outcome:
        """One outcome for all cases: that of the first one that did not pass, with the figures of all."""
        passed = sum(outcome.state is State.PASSED for outcome in ended)
        worst, message = ended[-1], None
        for case, outcome in zip(run, ended, strict=False):
            if outcome.state is not State.PASSED:
                worst, message = (
                    outcome,
                    f"{case.stdin}: {outcome.message or f'It ended with exit status {outcome.exit_code}.'}",
                )
                break
        limit = self._used_up(ended)
        if len(ended) < len(run) and limit and passed == len(ended):
            state = State.TIMED_OUT if limit.name == "time" else State.OUTPUT_LIMIT
            value = figures.size(int(limit.value)) if limit.unit == "bytes" else f"{limit.value:g} s"
            message = f"After {len(ended)} of {len(run)} cases the {value} of {limit.name} for one run were used up."
            worst = replace(worst, state=state, exit_code=None, limit=limit)
        return replace(
            worst,
            duration_ms=sum(outcome.duration_ms or 0 for outcome in ended),
            cpu_ms=_sum([outcome.cpu_ms for outcome in ended]),
            compile_ms=_sum([outcome.compile_ms for outcome in ended]),
            install_ms=ended[0].install_ms,
            output_bytes=sum(outcome.output_bytes for outcome in ended),
            message=message,
            checks=Checks(passed, len(run) - passed),
        )


def _counted(runner: Runner, outcome: Outcome, output: list[Output]) -> Outcome:
    """The outcome of tests: what their runner counted."""
    # Each stream for itself: where both are written, a line of one may begin in the middle of a line of the other.
    checks = runner.count("\n".join(plain(_written(output, stream)) for stream in Stream))
    if outcome.phase is not Phase.RUN and outcome.state is State.FAILED:
        return outcome  # they could not be compiled
    if outcome.state is State.PASSED and checks.failed:
        outcome = replace(outcome, state=State.FAILED)
    if outcome.state is State.PASSED and not checks.passed:
        # Tests that do not run would pass for ever.
        outcome = replace(outcome, state=State.FAILED, message="No test was run, or none was counted.")
    if outcome.state is State.FAILED and outcome.message is None and checks.failed:
        many = checks.passed + checks.failed
        outcome = replace(outcome, message=f"{checks.failed} of {many} test{'s' if many != 1 else ''} failed.")
    return replace(outcome, checks=checks)


def _comparison(program: Program, name: str) -> _Judge:
    """Compares the standard output with the file of that name."""
    expected = next((file.content for file in program.files if file.name == name), b"").decode("utf-8", "replace")

    def judge(outcome: Outcome, output: list[Output]) -> Outcome:
        wrong = difference(expected, _written(output, Stream.STDOUT), name)
        if outcome.state is not State.PASSED:
            return replace(outcome, checks=Checks(0, 1))
        if wrong is None:
            return replace(outcome, checks=Checks(1, 0))
        return replace(outcome, state=State.FAILED, message=wrong, checks=Checks(0, 1))

    return judge


def _written(output: list[Output], stream: Stream) -> str:
    """What the program wrote to that stream."""
    return "".join(piece.data for piece in output if piece.stream is stream and piece.phase is Phase.RUN)


def difference(expected: str, printed: str, name: str) -> str | None:
    """The first line in which the output differs from the file of that name, as a sentence; None if they are equal.

    How lines end, and empty lines at the end, make no difference; other space does. Where the file is empty, nothing
    may be printed, not even an empty line.
    """
    wanted, found = compared(expected, printed)
    if found and not expected.removeprefix(_BOM):
        return f"{name} is empty, so nothing may be printed, but the output begins with {_quoted(found[0])}."
    for number in range(max(len(wanted), len(found))):
        if number >= len(found):
            return f"The output ends before line {number + 1} of {name}: {_quoted(wanted[number])}."
        if number >= len(wanted):
            return f"The output goes on after the end of {name}, with {_quoted(found[number])}."
        if wanted[number] != found[number]:
            return (
                f"Line {number + 1} of the output is {_quoted(found[number])}, but {_quoted(wanted[number])} in {name}."
            )
    return None


def compared(expected: str, printed: str) -> tuple[list[str], list[str]]:
    """The lines of both that are compared, without what a terminal obeys: a program may colour what is expected plain.

    Other control characters are as good as any, and are shown by the pictures that Unicode has for them.
    """
    wanted, found = (
        _split(plain(text.removeprefix(_BOM), controls=True).translate(_PICTURES)) for text in (expected, printed)
    )
    return wanted, found or ([""] if not expected.removeprefix(_BOM) and plain(printed) else [])


def lines(text: str) -> list[str]:
    """The lines of a text, as plain text."""
    return _split(plain(text))


def _split(text: str) -> list[str]:
    return text.replace("\r\n", "\n").rstrip("\n").split("\n") if text.strip("\r\n") else []


def _with_input(program: Program, case: Case) -> Program:
    content = next((file.content for file in program.files if file.name == case.stdin), b"")
    return replace(program, stdin=content, cases=())


def _quoted(line: str) -> str:
    return f"“{line if len(line) <= _QUOTED else line[: _QUOTED - 1] + '…'}”"


def _sum(figures: list[int | None]) -> int | None:
    known = [figure for figure in figures if figure is not None]
    return sum(known) if known else None
