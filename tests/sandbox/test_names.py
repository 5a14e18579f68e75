"""Attacks by name: every name that one flat folder can hold is just a name, every other one is refused."""

from __future__ import annotations

import pytest

from gistrun.errors import SandboxUnavailable
from tests.sandbox.conftest import Run

pytestmark = pytest.mark.usefixtures("beside")

NAMES = [
    "a\nb.py",
    "a\r\nb.py",
    "\t.py",
    "\x1b[2J.py",
    "{file}.py",
    "a{stem}.py",
    "@a.py",
    "-.py",
    "--.py",
    "+x.py",
    "=.py",
    "~.py",
    "*.py",
    "?.py",
    "$HOME.py",
    "$(touch pwned).py",
    "`touch pwned`.py",
    ";touch pwned;.py",
    "|cat.py",
    "a'b\"c.py",
    "\\.py",
    "\u202eyp.exe.py",
    "раsswоrd.py",
    "é.py",
    "e\u0301.py",
    "😀" * 62 + ".py",
    "...py",
    ". .py",
    "CON.py",
    "C:\\evil.py",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_program_may_be_called(name: str, run: Run) -> None:
    files = {name: "import os; print(ascii(sorted(os.listdir())), ascii(os.path.basename(__file__)))"}
    assert run("python", {**files, "other.txt": ""}).stdout == f"{sorted([name, 'other.txt'])!a} {name!a}\n"


@pytest.mark.parametrize("name", ["-o.c", "@a.c", "--help.c", "a b.c", "{stem}.c", "-", "*.c", "$(id).c"])
def test_a_source_may_be_called(name: str, run: Run) -> None:
    name = name if name.endswith(".c") else f"{name}.c"
    assert run("c", {name: "int main(void) { return 21; }"}).outcome.exit_code == 21


def test_twins_are_two_files(run: Run) -> None:
    files: dict[str, str | bytes] = {"main.sh": "cat é.txt é.txt", "é.txt": "one ", "e\u0301.txt": "two"}
    files["main.sh"] = "cat \u00e9.txt e\u0301.txt"
    files["\u00e9.txt"] = files.pop("é.txt")
    assert run("bash", files, file="main.sh").stdout == "one two"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", ".", "..", "", "n" * 256, "😀" * 64], ids=ascii)
def test_an_impossible_file_name_is_refused_with_a_sentence(name: str, run: Run) -> None:
    with pytest.raises(SandboxUnavailable, match=r"^The sandbox could not run this: .+\.$"):
        run("bash", {"main.sh": "ls /etc/x /sandbox", name: "x"}, file="main.sh")


def test_two_files_of_one_name_are_refused(run: Run) -> None:
    with pytest.raises(SandboxUnavailable, match="File exists"):
        run("bash", {"main.sh": "true", "a\0b": "x", "a\0c": "y"}, file="main.sh")
