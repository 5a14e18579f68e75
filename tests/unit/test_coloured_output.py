"""Programs are told to colour: who reads their output plain gets it plain."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from gistrun.commands.run import _show
from gistrun.images.checks import Check
from gistrun.model import Output, Phase, Program, State, Stream
from tests.fakes import ScriptedSandboxes, err, out, passed, taken

RED = [out("\x1b[31mr"), err("\x1b"), out("ed\x1b["), err("[1mbold\n"), out("0m\n")]
PROGRAM = Program("python", "main.py", ())


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_command_gives_plain_text_to_a_pipe_and_colours_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    sandboxes = ScriptedSandboxes({"main.py": [taken(), *RED, passed()]})
    pipe, terminal = io.StringIO(), _Terminal()
    monkeypatch.setattr("sys.stdout", pipe)
    monkeypatch.setattr("sys.stderr", terminal)
    _show(sandboxes, PROGRAM)
    assert pipe.getvalue() == "red\n"
    assert terminal.getvalue() == "\x1b[1mbold\n"


def test_a_check_of_an_image_is_blind_to_colours() -> None:
    check = Check("x", PROGRAM, {"stdout": "red\n", "contains": ["bold"]})
    assert check.trouble(passed(), RED) is None
    assert check.trouble(passed(), [Output(0, Stream.STDOUT, Phase.RUN, "\x1b[31mblue")])
    assert check.trouble(replace(passed(), state=State.FAILED), RED)
