"""The terminal in Python: its table of cases, hostile input, HTML, palette. tests/terminal compares it with others."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.address import file_anchors
from gistrun.render.places import Files
from gistrun.render.terminal import Cleaner, OutputView, plain
from gistrun.render.terminal.html import shown
from gistrun.render.terminal.palette import CONTRAST, DARK, LIGHT, colour, contrast, nearest, on_dark, on_light
from gistrun.render.terminal.screen import LIMIT, Screen
from tests.terminal.cases import CASES, Case
from tests.terminal.model import screen
from tests.terminal.tables import FILES

# What the characters of control sequences look like, and some text.
HOSTILE = st.text(alphabet="\x1b[]P\\0;1mA\r\n\t\x07\x9b\x9c\x9d\x90\x18 é😀")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_terminal_cases(case: Case) -> None:
    assert screen(case.input) == case.answer


@given(HOSTILE, st.data())
def test_how_the_text_is_cut_into_chunks_changes_nothing(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    chunks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    cleaner = Cleaner()
    assert "".join(map(cleaner.feed, chunks)) == plain(text)
    size = {"columns": 10, "rows": 4}
    assert screen({**size, "writes": chunks}) == screen({**size, "writes": [text]})


@given(st.text())
def test_no_control_character_comes_through(text: str) -> None:
    kept = plain(text)
    assert not [char for char in kept if (char < " " and char not in "\t\n\r") or "\x7f" <= char <= "\x9f"]
    view = OutputView()
    view.write("run", False, text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", view.html)


@given(st.text(alphabet=st.characters(min_codepoint=32, exclude_characters=[chr(c) for c in range(0x7F, 0xA0)])))
def test_plain_text_is_left_as_it_is(text: str) -> None:
    assert plain(text) == text


class _Reader(HTMLParser):
    """Every element and attribute, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def _read(*writes: tuple[str, bool, str], anchors: dict[str, str] | None = None) -> _Reader:
    view = OutputView(anchors)
    for phase, error, text in writes:
        view.write(phase, error, text)
    reader = _Reader()
    reader.feed(str(view.html))
    reader.close()
    return reader


@given(st.text(alphabet="\x1b[]8;;https://a\x07\\\"'<>&=m 1\n", max_size=200))
def test_output_makes_no_elements_but_our_own(text: str) -> None:
    for tag, attributes in _read(("run", False, text)).tags:
        assert tag in ("div", "span", "a")
        assert attributes.keys() <= {"class", "href", "rel", "title"}


@given(st.text(alphabet="\x1b[]8;;\\\"'<>&=m:1 \n(a.c,", max_size=200), st.sets(st.text("\"'<>&:1 (a.c中", min_size=1)))
def test_a_place_in_a_file_is_a_link_to_that_line_and_nothing_else(text: str, names: set[str]) -> None:
    anchors = dict(zip(names, file_anchors(names), strict=True))
    read = _read(("run", False, text), anchors=anchors)
    assert read.text == _read(("run", False, text)).text
    for tag, attributes in read.tags:
        if tag == "a":
            assert attributes.keys() == {"href"}
            assert re.fullmatch(r"#file-[a-z0-9_-]*-L[1-9][0-9]{0,5}", attributes["href"] or "")


def test_the_styles_of_a_place_are_within_its_link() -> None:
    view = OutputView({"a.c": "file-a-c"})
    view.write("run", True, "in \x1b[1m/sandbox/gist/a.c\x1b[m:3:5: no\n")
    assert view.html == (
        '<div class="phase phase-run c32"><div class="rows"><div><span class="stderr">in </span>'
        '<a href="#file-a-c-L3"><span class="stderr B">/sandbox/gist/a.c</span><span class="stderr">:3:5</span></a>'
        '<span class="stderr">: no</span>\n</div></div></div>'
    )


def test_a_link_of_the_programs_own_stays() -> None:
    read = _read(("run", False, "\x1b]8;;https://a.b/\x1b\\a.c:3\x1b]8;;\x1b\\ a.c:4\n"), anchors={"a.c": "file-a-c"})
    assert [attributes["href"] for tag, attributes in read.tags if tag == "a"] == ["https://a.b/", "#file-a-c-L4"]


UNSAFE = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://a.b/c",
    "ftp://a.b/c",
    "//a.b/c",
    "/gist/x",
    "https:a.b",
    "https://",
    "https:///a",
    "https://github.com@a.b/",
    "https://user:word@a.b/",
    'https://a.b/"onmouseover="alert(1)',
    "https://a.b/'onmouseover='alert(1)",
    "https://a.b/><script>alert(1)</script>",
    "https://a.b/ c",
    "https://a.b/\\c",
    "https://а.b/",
    "https://a.b/\u202ecod.exe",
    "https://a.b/`",
    "https://a.b/{}",
    "https://a.b/" + "c" * 3000,
    "https://a.b:80:90/",
    "https://a.b:port/",
    "https://[javascript:alert(1)]/",
    "https://%61.b/",
]


@pytest.mark.parametrize("address", UNSAFE)
@pytest.mark.parametrize("end", ["\x07", "\x1b\\", "\x9c"])
def test_an_unsafe_link_is_text(address: str, end: str) -> None:
    read = _read(("run", False, f"\x1b]8;;{address}{end}click\x1b]8;;{end}"))
    assert [tag for tag, _ in read.tags if tag == "a"] == []
    assert "click" in read.text


@pytest.mark.parametrize("address", ["https://a.b/c?d=e&f=%20#g", "HTTP://a-b.c:8080", "https://[::1]/"])
def test_a_safe_link_shows_its_address(address: str) -> None:
    read = _read(("run", False, f"\x1b]8;id=1;{address}\x1b\\\x1b[31mclick\x1b]8;;\x1b\\ me\n"))
    rel = "nofollow noopener noreferrer ugc"
    assert ("a", {"href": address, "rel": rel, "title": address, "class": "f1"}) in read.tags
    assert read.text == "click me\n"


def test_phases_are_sections_and_streams_keep_their_own_colours() -> None:
    view = OutputView()
    view.write("compile", True, "warning\x1b[31m\n")
    view.write("run", False, "a\x1b[32m")
    view.write("run", True, "oops\n")
    view.write("run", False, "b\n")
    assert view.html == (
        '<div class="phase phase-compile c32" role="group" aria-label="Compiler"><div class="rows"><div>'
        '<span class="stderr">warning</span>\n</div></div></div>'
        '<div class="phase phase-run c32"><div class="rows"><div>a<span class="stderr">oops</span>\n'
        '<span class="f2">b</span>\n</div></div></div>'
    )


def test_a_long_line_stays_one_line() -> None:
    text = "x" * 3500
    assert _read(("run", False, text + "\n")).text == text + "\n"


def test_a_line_that_is_longer_than_the_columns_is_replaced_whole() -> None:
    bar = "progress " + "#" * 140
    assert _read(("run", False, f"{bar} 1%\r{bar} 2%\r{bar} 3%\n")).text == f"{bar} 3%\n"


MEGABYTE = 2**20
FLOODS = {
    "cursor moves": "\x1b[999999999;999999999Hx",
    "moves to the right": "\x1b[1000000000Cx\n",
    "inserted lines": "\x1b[1000000000L",
    "deleted lines": "\x1b[1000000000M",
    "scrolling": "\x1b[1000000000S\x1b[1000000000T",
    "inserted characters": "\x1b[99C\x1b[1000000000@\x1b[@",
    "deleted characters": "x\x1b[41m\x1b[P\x1b[42m\x1b[P",
    "erased displays": "\x1b[41m\x1b[2J",
    "erased characters": "\x1b[1000000000X",
    "repetitions": "x\x1b[1000000000b",
    "repeated wide characters": "中\x1b[1000000000b",
    "combining marks": "\u0301",
    "pictures joined": "👩\u200d",
    "colours": "\x1b[38;2;1;2;3mx\x1b[mx",
    "tab stops": "\x1b[3g\x1bH\x1b[C\x1b[999999999I\x1b[999999999Z",
    "resets": "x\x1bc",
    "alternate screens": "\x1b[?1049h\x1b[?1049l",
    "escapes": "\x1b",
    "links": "\x1b]8;;https://a.b/\x07x",
    "regions": "\x1b[1;2r\n\n",
    "lines": "x\n",
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_costs_bounded_memory(name: str) -> None:
    flood = FLOODS[name] * (MEGABYTE // 8 // len(FLOODS[name].encode()))
    flooded = Screen()
    flooded.write(False, flood)
    cells = sum(len(row.texts) for row in flooded.lines)
    assert cells <= LIMIT + 24 * 1000
    assert max((len(text) for row in flooded.lines for text in row.texts), default=0) <= 16
    assert len(shown(flooded, Files({}))) <= 4 * LIMIT


@pytest.mark.parametrize(
    "flood", ["\x1b[" + "1;" * MEGABYTE + "m", "\x1b[" + "9" * MEGABYTE + "m", "\x1b]8;;" + "a" * MEGABYTE]
)
def test_a_sequence_without_an_end_is_not_kept(flood: str) -> None:
    flooded = Screen()
    flooded.write(False, flood + "\x07\nx")
    assert "x" in [row.texts[0] for row in flooded.lines if row.texts]


def test_beyond_the_limit_nothing_is_taken() -> None:
    small = Screen(limit=200)
    small.write(False, "0123456789\n" * 100)
    assert small.full
    assert 0 < len(small.settled) <= 12


@pytest.mark.parametrize("place", range(256))
def test_every_colour_is_readable_on_both_backgrounds(place: int) -> None:
    assert contrast(on_light(place), LIGHT) >= CONTRAST
    assert contrast(on_dark(place), DARK) >= CONTRAST


@pytest.mark.parametrize("place", range(16, 256))
def test_a_colour_of_the_palette_is_next_to_itself(place: int) -> None:
    assert colour(nearest(colour(place))) == colour(place)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_browser_has_the_same_tables(path: Any) -> None:
    assert path.read_text(encoding="utf-8") == FILES[path](), "python -m tests.terminal.tables makes it anew"
