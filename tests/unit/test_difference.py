"""The difference between two texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.render.difference import Line, changes, difference, groups

LINES = st.lists(st.sampled_from(["a", "b", "c d", "c e", ""]), max_size=30)


def shown(lines: list[Line]) -> list[str]:
    """One text for each line; what is marked stands in brackets."""
    sign = {"gone": "-", "new": "+", "same": " ", "place": ""}
    return [
        sign[line.kind] + "".join(f"[{piece.text}]" if piece.changed else piece.text for piece in line.pieces)
        for line in lines
    ]


@pytest.mark.parametrize(
    ("first", "second", "lines"),
    [
        ("a b", "a b", []),
        ("a", "b", ["-[a]", "+[b]"]),
        ("x = 1\ny", "x = 2\ny", ["-x = [1]", "+x = [2]", " y"]),
        ("a\nb", "a\nb\nc", [" a", " b", "+c"]),
        ("a\nb", "a", [" a", "-b"]),
        ("1\n2\n3\n4\n5\n6\n7", "1\n2\n3\n4\n5\n6\nx", ["…", " 4", " 5", " 6", "-[7]", "+[x]"]),
        ("a\nb\nc", "x", ["-a", "-b", "-c", "+x"]),
        ("\ta = 1", "\ta = 2", ["-\ta = [1]", "+\ta = [2]"]),
        ("x\rb", "x\tb", ["-x[\ufffd]b", "+x[\t]b"]),
        (
            "total = one\nprint(total)",
            "total = two\n\nif total:\n    print(total)",
            ["-total = [one]", "-print(total)", "+total = [two]", "+", "+if total:", "+[    ]print(total)"],
        ),
    ],
)
def test_lines_and_words_that_differ_are_shown(first: str, second: str, lines: list[str]) -> None:
    assert shown(difference(first.split("\n"), second.split("\n"))[0]) == lines


@given(LINES, LINES)
def test_the_second_text_can_be_made_from_the_first(first: list[str], second: list[str]) -> None:
    lines, complete = difference(first, second)
    assert complete
    assert bool(lines) == (first != second)
    gone = [line for line in lines if line.kind == "gone"]
    new = [line for line in lines if line.kind == "new"]
    assert len(first) - len(gone) == len(second) - len(new)
    if len(first) < 4:  # then everything is near
        told = ["".join(piece.text for piece in line.pieces) for line in lines if line.kind != "gone"]
        assert not lines or told == second


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("first", "second"),
    [(["a", "b"] * 1000, ["b", "a", "a"] * 666), (["a b " * 250] * 2000, ["b a a " * 166] * 2000)],
)
def test_no_texts_take_long(first: list[str], second: list[str]) -> None:
    # The standard library takes half a minute for the first, and the time limit would end the test.
    assert not difference(first, second)[1]


def test_what_is_left_out_is_told() -> None:
    lines, complete = difference([], [str(number) for number in range(3000)])
    assert (len(lines), complete) == (400, False)
    for first, second in ((401, 0), (0, 401), (401, 401), (201, 201), (401, 1)):
        lines, complete = difference(["a"] * first, ["b"] * second)
        assert (len(lines), complete) == (400, False), (first, second)
    assert difference(["a"] * 200, ["b"] * 200)[1]


def test_files_are_compared_by_name() -> None:
    older = {"same": b"x", "gone": b"1\n", "edited": b"a\nb\n", "data": b"\0"}
    newer = {"new": b"2\n", "same": b"x", "edited": b"a\nc\n", "data": b"\0\1"}
    found = [(change.name, change.kind, shown(change.lines)) for change in changes(older, newer)]
    assert found == [
        ("new", "added", ["+2"]),
        ("edited", "changed", [" a", "-[b]", "+[c]"]),
        ("data", "binary", []),
        ("gone", "removed", ["-1"]),
    ]


def test_each_line_has_its_numbers() -> None:
    lines, _ = difference(["a", "b", "c", "d"], ["a", "new", "more", "c", "d"])
    assert [(line.kind, line.old, line.new) for line in lines] == [
        ("same", 1, 1),
        ("gone", 2, None),
        ("new", None, 2),
        ("new", None, 3),
        ("same", 3, 4),
        ("same", 4, 5),
    ]


def test_lines_that_took_the_place_of_others_are_together() -> None:
    lines, _ = difference(["a", "b", "c", "d"], ["a", "new", "c", "e", "f"])
    assert [[line.kind for line in group] for group in groups(lines)] == [
        ["same"],
        ["gone", "new"],
        ["same"],
        ["gone", "new", "new"],
    ]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (b"a\r\nb\r\n", b"a\nb\n", "Its lines ended with CR LF (as on Windows), and end with LF (as on Linux"),
        (b"a\nb\r\n", b"a\nb\n", "with LF (as on Linux and macOS) now"),
        (b"a\rb\r", b"a\nb\n", "with CR (as on old Macs), and"),
        (b"a\nb\n", b"a\nb", "Its last line had a line end, and has none now."),
        (b"a\nb", b"a\nb\n", "Its last line had no line end, and has one now."),
        (b"a\xff", b"a\xfe", "no text"),
        (None, b"", "The file is empty."),
        (b"", None, "The file is empty."),
        (b"x" * 1000 + b"a", b"x" * 1000 + b"b", "There are more changes than are shown here."),
    ],
)
def test_no_change_is_an_empty_box(before: bytes | None, after: bytes | None, says: str) -> None:
    contents = [{"f": content} for content in (before, after)]
    older, newer = ({name: each for name, each in files.items() if each is not None} for files in contents)
    (change,) = changes(older, newer)
    assert says in " ".join(change.notes)


@given(st.binary(max_size=12), st.binary(max_size=12))
def test_whatever_changed_is_told(before: bytes, after: bytes) -> None:
    for change in changes({"f": before}, {"f": after}):
        assert change.lines or change.notes or change.kind == "binary"


def test_what_could_mislead_is_made_visible() -> None:
    lines, _ = difference(["a"], ["a\u202e"])
    assert "\u202e" not in "".join(shown(lines))
