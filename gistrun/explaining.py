"""Explains how programs end: hints say in a sentence what was amiss, and what to do. They never change the state."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace

from gistrun.languages import Language, content
from gistrun.model import (
    GistFile,
    Hint,
    Limits,
    Network,
    Outcome,
    Output,
    Phase,
    Program,
    Sandboxes,
    SandboxEvent,
    State,
)
from gistrun.render.terminal import plain
from gistrun.signs import ANY_LANGUAGE, DREW

#: Characters at the end of the output in which signs are looked for.
_LOOKED_AT = 16 * 1024
#: Characters of a line in which what is missing is looked for.
_LINE = 500
_FORM = "Give it some under “Arguments and input”."
#: The sentence of each hint but `needs-input`, which the sandbox itself tells; {} is what is missing.
SENTENCES = {
    "missing-package": "It needs {}, which is not installed here.",
    "no-network": "It tried to reach the network. Programs have none here: put what it needs into the gist.",
    "python-2": "It is written for an older version of its language. Bring it up to date, or choose another version.",
    "windows-line-ends": (
        "Its lines end as on Windows (CR LF), which its interpreter takes for a part of the line. "
        "Save it with Unix line ends (LF)."
    ),
    "needs-display": "It tried to open a window. There is no display here: have it print what it would show.",
    "asked-for-arguments": f"It reads its arguments and got none. {_FORM}",
    "printed-nothing": "It ended well and printed nothing. Perhaps it only defines what nothing calls.",
}


class ExplainingSandboxes:
    """Sandboxes whose outcomes have hints.

    Args:
        version_of: the version of its language that a program runs on.
        limits: those of one run, which say whether programs have a network.
    """

    def __init__(self, sandboxes: Sandboxes, version_of: Callable[[Program], Language], limits: Limits) -> None:
        self._sandboxes = sandboxes
        self._version_of = version_of
        self._has_network = limits.network is not Network.NONE

    def run(self, program: Program) -> Generator[SandboxEvent]:
        """As `Sandboxes.run`; the outcome has hints."""
        printed = ""
        with closing(self._sandboxes.run(program)) as events:
            for event in events:
                if isinstance(event, Output) and event.phase is not Phase.INSTALL:
                    printed = (printed + event.data)[-_LOOKED_AT:]
                elif isinstance(event, Outcome):
                    event = replace(event, hints=event.hints + tuple(self._hints(program, event, printed)))
                yield event

    def _hints(self, program: Program, outcome: Outcome, printed: str) -> Iterator[Hint]:
        silent = outcome.state is State.PASSED and not outcome.output_bytes and outcome.checks is None
        if silent and not outcome.hints:  # what asked for input and got none is silent because of that
            yield _of_silence(_entry(program))
        if outcome.state is not State.FAILED:
            return
        printed = plain(printed)
        entry = _entry(program)
        # One is enough: what else there may be often follows from it. The language knows best.
        for symptom in (*self._version_of(program).hints, *ANY_LANGUAGE):
            missing = symptom.found(printed, entry) if self._can_be(symptom.name, program, outcome) else None
            if missing is not None:
                sentence = (symptom.sentence or SENTENCES[symptom.name]).format(missing or "a package")
                yield Hint(symptom.name, sentence + (_asking(program, missing) if missing else ""))
                return

    def _can_be(self, name: str, program: Program, outcome: Outcome) -> bool:
        if name == "no-network":
            return not self._has_network
        if name == "asked-for-arguments":  # a compiler speaks of the arguments of functions, a prompt of input
            return outcome.phase is Phase.RUN and not program.args and not outcome.hints
        return True


def _entry(program: Program) -> GistFile:
    return next(file for file in program.files if file.name == program.file)


def _of_silence(entry: GistFile) -> Hint:
    drew = DREW.found("", entry) is not None
    return Hint(DREW.name, DREW.sentence if drew and DREW.sentence else SENTENCES[DREW.name])


def _asking(program: Program, name: str) -> str:
    """Where a program asks for what is missing, as a sentence; nothing if that is not to be seen."""
    pattern = re.compile(
        rf"\b(?:import|from|require|use|using|include|library|load)\b.{{0,100}}?(?<!\w){re.escape(name)}(?!\w)"
    )
    for file in sorted(program.files, key=lambda file: file.name != program.file):
        for number, line in enumerate(content.text(file).splitlines(), 1):
            if pattern.search(line[:_LINE]):
                return f" Line {number} of {file.name} asks for it."
    return ""
