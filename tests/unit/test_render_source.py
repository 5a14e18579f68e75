from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.render.source import HIGHLIGHTED, SHOWN, SHOWN_LINES, source, visible


def text_of(line: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", line))


def test_highlighted_by_file_name() -> None:
    shown = source("main.py", b"import os\n", None)
    assert shown
    assert shown.lines == ('<span class="kn">import</span><span class="w"> </span><span class="nn">os</span>',)


def test_highlighted_by_githubs_word_where_the_name_says_nothing() -> None:
    shown = source("script", b"import os\n", "Python")
    assert shown
    assert 'class="kn"' in shown.lines[0]


def test_plain_where_nothing_says_what_it_is() -> None:
    shown = source("thing.unknownextension", b"import os\n", None)
    assert shown
    assert shown.lines == ("import os",)


@pytest.mark.parametrize("content", [b"a\0b", b"\xff\xfe\x00", b"\x89PNG"])
def test_a_binary_file_is_not_shown(content: bytes) -> None:
    assert source("main.py", content, None) is None


@given(st.sampled_from(["a.py", "a.html", "a.js", "a.c", "a.sh", "a.md", "a"]), st.text(max_size=200))
def test_every_line_is_there_and_nothing_of_it_is_markup(name: str, text: str) -> None:
    shown = source(name, text.encode(), None)
    if "\0" in text:
        assert shown is None
        return
    assert shown
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    expected = plain.removesuffix("\n").split("\n")
    assert [text_of(line) for line in shown.lines] == expected
    for line in shown.lines:
        assert re.fullmatch(r'(?:[^<>]|<span class="[\w ]+">|</span>)*', line)
        assert line.count("<span") == line.count("</span>")


def test_an_empty_file_has_one_empty_line() -> None:
    shown = source("main.py", b"", None)
    assert shown
    assert shown.lines == ("",)


def test_large_files_and_long_lines_are_plain() -> None:
    large = source("main.py", b"import os\n" * (HIGHLIGHTED // 10 + 1), None)
    assert large
    assert large.lines[0] == "import os"
    long = source("main.py", b"import os # " + b"x" * 3000, None)
    assert long
    assert "<span" not in long.lines[0]


def test_a_bounded_part_of_a_file_is_shown() -> None:
    many = source("a.txt", b"\n" * (SHOWN_LINES + 5), None)
    assert many
    assert (len(many.lines), many.cut) == (SHOWN_LINES, True)
    big = source("a.txt", b"x" * (SHOWN + 1), None)
    assert big
    assert (len(big.lines[0]), big.cut) == (SHOWN, True)


def test_bidirectional_characters_are_reported() -> None:
    assert source("a.py", "x = '\u202e'".encode(), None).bidi  # type: ignore[union-attr]
    assert not source("a.py", "x = 'שלום'".encode(), None).bidi  # type: ignore[union-attr]


def test_names_show_what_could_not_be_seen() -> None:
    assert visible("\u202egpj.exe\n\x1b.py") == "\ufffdgpj.exe\ufffd\ufffd.py"
    assert visible("naïve 日本.py") == "naïve 日本.py"


def test_a_file_is_read_only_as_far_as_it_can_be_shown() -> None:
    """The end of what is read falls into the middle of a character, and bytes behind it do not matter."""
    content = b"a" + "é".encode() * (3 * SHOWN) + b"\0\xff"
    shown = source("long.txt", content, None)
    assert shown is not None
    assert shown.cut
    assert shown.lines == ("a" + "é" * (SHOWN - 1),)
