"""Hints: signs in the output of programs that failed. images/*/checks has real programs for most of them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import pytest

from gistrun import languages
from gistrun.explaining import SENTENCES, ExplainingSandboxes
from gistrun.model import GistFile, Hint, Limits, Network, Outcome, Output, Phase, Program, SandboxEvent, State, Stream

KNOWN = languages.load()
FAILED = Outcome(State.FAILED, exit_code=1, phase=Phase.RUN, output_bytes=9)


@dataclass
class Printing:
    """Sandboxes whose programs print this and end so."""

    printed: str
    outcome: Outcome

    def run(self, _program: Program) -> Generator[SandboxEvent]:
        yield Output(0.1, Stream.STDERR, Phase.RUN, self.printed)
        yield self.outcome


def hints(
    language: str,
    printed: str,
    source: str = "",
    outcome: Outcome = FAILED,
    limits: Limits | None = None,
    **more: object,
) -> list[tuple[str, str]]:
    program = Program(language, "main", (GistFile("main", source.encode()),), **more)  # type: ignore[arg-type]
    sandboxes = ExplainingSandboxes(Printing(printed, outcome), lambda _: KNOWN[language], limits or Limits())
    *_, ended = sandboxes.run(program)
    assert isinstance(ended, Outcome)
    assert ended.state is outcome.state
    return [(hint.name, hint.text) for hint in ended.hints]


@pytest.mark.parametrize(
    ("language", "printed", "name"),
    [
        ("python", "ModuleNotFoundError: No module named 'numpy.linalg'\n", "missing-package"),
        ("python", "ImportError: No module named urllib2\n", "missing-package"),
        ("python", "ModuleNotFoundError: No module named 'urllib2'\n", "python-2"),
        ("python", "    print 'x'\nSyntaxError: Missing parentheses in call to 'print'. Did you mean", "python-2"),
        ("javascript", "Error: Cannot find module 'lodash'\nRequire stack:", "missing-package"),
        ("bash", "main.sh: line 2: curl: command not found\n", "missing-package"),
        ("sh", "main.sh: 2: curl: not found\n", "missing-package"),
        ("bash", "curl: (6) Could not resolve host: example.com", "no-network"),
        ("javascript", "  cause: Error: getaddrinfo EAI_AGAIN example.com", "no-network"),
        ("java", "java.net.UnknownHostException: example.com", "no-network"),
        ("go", "dial tcp: lookup example.com on 127.0.0.1:53: read udp", "no-network"),
        ("python", "_tkinter.TclError: no display name and no $DISPLAY environment variable", "needs-display"),
        ("c", "Error: Can't open display: ", "needs-display"),
        ("c", "usage: main NUMBER\n", "asked-for-arguments"),
    ],
)
def test_a_sign_gives_a_hint(language: str, printed: str, name: str) -> None:
    assert [found for found, _ in hints(language, printed)] == [name]


@pytest.mark.parametrize(
    ("language", "printed"),
    [
        ("go", "dial tcp 127.0.0.1:80: connect: connection refused"),
        ("python", "ZeroDivisionError: division by zero"),
        ("javascript", "Error: Cannot find module './own.js'"),
        ("c", "the usage: is not at the beginning"),
    ],
)
def test_other_failures_have_none(language: str, printed: str) -> None:
    assert hints(language, printed) == []


def test_what_is_missing_is_named() -> None:
    text = "It needs numpy.linalg, which is not installed here."
    assert hints("python", "ModuleNotFoundError: No module named 'numpy.linalg'") == [("missing-package", text)]
    # Whatever a program prints, the sentence stays one.
    assert "{0}" not in hints("ruby", "cannot load such file -- {0}{}{name} (LoadError)")[0][1].replace(
        "{0}{}{name}", ""
    )


def test_the_line_that_asks_for_what_is_missing_is_named() -> None:
    source = "# no numpy\nimport os\nfrom numpy import linalg\n"
    ((_, text),) = hints("python", "ModuleNotFoundError: No module named 'numpy'", source)
    assert text == "It needs numpy, which is not installed here. Line 3 of main asks for it."


def test_only_a_program_that_failed_has_a_sign() -> None:
    passed = Outcome(State.PASSED, exit_code=0, output_bytes=9)
    assert hints("python", "usage: x\n", outcome=passed) == []
    stopped = Outcome(State.TIMED_OUT, output_bytes=9)
    assert hints("python", "usage: x\n", outcome=stopped) == []


def test_a_program_that_ended_well_and_printed_nothing() -> None:
    silent = Outcome(State.PASSED, exit_code=0)
    assert hints("python", "", outcome=silent) == [("printed-nothing", SENTENCES["printed-nothing"])]


def test_arguments_that_were_given_are_not_asked_for() -> None:
    assert hints("python", "usage: x\n", args=("a",)) == []


def test_where_programs_have_a_network_it_is_not_blamed() -> None:
    limits = Limits(network=Network.EGRESS)
    assert hints("python", "Name or service not known", limits=limits) == []


def test_windows_line_ends_are_found_in_the_file() -> None:
    crlf = "#!/bin/sh\r\ncd /tmp\r\n"
    assert [name for name, _ in hints("sh", "cd: can't cd to /tmp", crlf)] == ["windows-line-ends"]
    assert hints("python", "Error", crlf) == []


def test_every_sign_of_a_language_has_a_sentence() -> None:
    for language in KNOWN.values():
        assert {symptom.name for symptom in language.hints} <= SENTENCES.keys(), language.name


def test_one_that_asked_for_input_is_not_told_that_it_printed_nothing() -> None:
    asked = Outcome(State.PASSED, exit_code=0, hints=(Hint("needs-input", "It asked for input."),))
    assert hints("python", "", outcome=asked) == [("needs-input", "It asked for input.")]


def test_each_hint_says_what_to_do() -> None:
    for name, sentence in SENTENCES.items():
        if name != "missing-package":  # the line that asks for it is told instead
            assert ":" in sentence or ". " in sentence, name
