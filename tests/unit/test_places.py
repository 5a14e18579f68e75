"""Places in a gist's files that a program's output names."""

from __future__ import annotations

import time

import pytest

from gistrun.render.places import Files, Place, places

NAMES = ["main.py", "main.c", "main.js", "Main.java", "main.sh", "main.pl", "main.go", "main.rs", "my file.py", "a.php"]
NAMES += [
    "main.cs",
    "main.d",
    "main.ml",
    "main.hs",
    "main.fish",
    "Makefile",
    "main.tcl",
    "main.erl",
    "main.rexx",
    "main.awk",
]


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
        ("#0 /sandbox/gist/a.php(3): f()", [("a.php", 3)]),
        ("/sandbox/build/source/main.cs(1,47): error CS0029: x", [("main.cs", 1)]),
        ("/sandbox/gist/main.cs:line 3", [("main.cs", 3)]),
        ("core.exception.ArrayIndexError@main.d(7): x", [("main.d", 7)]),
        ('File "main.ml", lines 3-4, characters 1-2:', [("main.ml", 3)]),
        ("main.hs:(3,5)-(4,6): x", [("main.hs", 3)]),
        ("main.fish (line 3): ", [("main.fish", 3)]),
        ("make: *** [Makefile:3: all] Error 1", [("Makefile", 3)]),
        ('    (file "main.tcl" line 3)', [("main.tcl", 3)]),
        ('[{file,"main.erl"},{line,3}]', [("main.erl", 3)]),
        ("error while running main.rexx, line 3: x", [("main.rexx", 3)]),
        ("gawk: main.awk:3: error: x", [("main.awk", 3)]),
        ("main.py: 3 passed", []),
        ("main.py:1234567", []),
        ("main.pyc:3", []),
        ("xmain.py:3", []),
        ("../main.py:3", []),
        ("/home/sandbox/gist/main.py:3", []),
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


def test_a_name_counts_as_the_page_shows_it_and_the_longest_wins() -> None:
    files = Files({"b.c": "file-b-c", "a b.c": "file-a-b-c", "\u202ec.c": "file-c-c"})
    named = list(files.named("a b.c:1, \ufffdc.c:2 and \u202ec.c:3"))
    assert [(each.place.line, files.address(each.place)) for each in named] == [
        (1, "#file-a-b-c-L1"),
        (2, "#file-c-c-L2"),
    ]
    assert (named[0].start, named[0].end) == (0, 7)


def test_a_line_that_a_file_does_not_have_has_no_address() -> None:
    files = Files({"a.c": "file-a-c", "b.c": "file-b-c"}, {"a.c": 3})
    asked = [Place("a.c", 3), Place("a.c", 4), Place("b.c", 1)]
    assert [files.address(place) for place in asked] == ["#file-a-c-L3", None, None]


def test_a_place_reaches_from_its_folder_to_its_column() -> None:
    text = "    at f (file:///sandbox/gist/main.js:12:7)"
    [named] = Files({"main.js": ""}).named(text)
    assert text[named.start : named.end] == "file:///sandbox/gist/main.js:12:7"


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "piece", ["a", '"', 'a"', "a:", "1", "a line ", "(", ": ", ":1", "a:1\n", ", line ", '"},{line,', " "]
)
@pytest.mark.parametrize("line", [1000, 1_000_000])
def test_no_output_takes_long(piece: str, line: int) -> None:
    files = Files({"a" * length: "" for length in range(1, 255)})
    text = (piece * 1_000_000)[:1_000_000]
    began = time.process_time()
    for start in range(0, len(text), line):
        for each in text[start : start + line].split("\n"):
            list(files.named(each))
    assert time.process_time() - began < 5
