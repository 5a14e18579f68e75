"""Places in a gist's files that a program's output names."""

from __future__ import annotations

import time

import pytest

from gistrun.render.places import Place, places

NAMES = ["main.py", "main.c", "main.js", "Main.java", "main.sh", "main.pl", "main.go", "main.rs", "my file.py", "a.php"]


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ('  File "/sandbox/gist/main.py", line 3, in <module>', [("main.py", 3)]),
        ('  File "/sandbox/gist/my file.py", line 3', [("my file.py", 3)]),
        ("main.c:3:5: error: x", [("main.c", 3)]),
        ("/sandbox/gist/main.js:3\n    at f (/sandbox/gist/main.js:12:7)", [("main.js", 3), ("main.js", 12)]),
        ("    at file:///sandbox/gist/main.js:12:7", [("main.js", 12)]),
        ("\tat Main.main(Main.java:3)", [("Main.java", 3)]),
        ("main.sh: line 3: x: command not found", [("main.sh", 3)]),
        ("main.sh: 3: x: not found", [("main.sh", 3)]),
        ("died at main.pl line 3.", [("main.pl", 3)]),
        ("PHP Fatal error: x in /sandbox/gist/a.php on line 3", [("a.php", 3)]),
        ("./main.go:3:5: undefined: x", [("main.go", 3)]),
        ("  --> main.rs:3:5", [("main.rs", 3)]),
        ("/usr/lib/python3/main.py:3", []),
        ("other.py:3", []),
        ("main.py:0", []),
        ("main.py", []),
    ],
)
def test_a_place_is_found(output: str, found: list[tuple[str, int]]) -> None:
    assert places(output, NAMES) == [Place(*each) for each in found]


def test_a_traceback_that_ends_with_its_cause_is_told_from_there() -> None:
    output = 'Traceback (most recent call last):\n  File "main.py", line 9\n  File "main.py", line 2\nError'
    assert [place.line for place in places(output, NAMES)] == [2, 9]


def test_each_is_told_once_and_only_some() -> None:
    assert places("main.c:1: x\n" * 5, NAMES) == [Place("main.c", 1)]
    assert len(places("".join(f"main.c:{n}: x\n" for n in range(1, 50)), NAMES)) == 5


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["a", '"', 'a"', "a:", "1", "a line ", "(", ": "])
def test_no_output_takes_long(piece: str) -> None:
    began = time.process_time()
    places(piece * 1_000_000, NAMES)
    assert time.process_time() - began < 5
