"""Pictures of a terminal: well-formed whatever a program writes, bounded, and as the terminal shows it."""

from __future__ import annotations

import re
import time
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.render.svg.bar import Heading
from gistrun.render.svg.line import CELL
from gistrun.render.svg.looks import ERROR, look
from gistrun.render.svg.picture import LARGEST, MOST_LINES, WIDEST, Shape, still
from gistrun.render.svg.replay import replay
from gistrun.render.svg.session import TAIL, Written, said, tail
from gistrun.render.terminal.palette import CONTRAST, DARK, LIGHT, contrast
from gistrun.render.terminal.style import BOLD, INVERSE, Style
from tests.screenshots import picture as example

SVG = "{http://www.w3.org/2000/svg}"
PASSED = Heading("passing", "brightgreen", "main.py", ("exit status 0", "41 ms", "Python 3.14.0"))
#: All that a picture is made of: nothing that runs, loads or embeds anything.
ELEMENTS = {"svg", "title", "style", "rect", "path", "circle", "text", "g"}
ATTRIBUTES = {"class", "cx", "cy", "d", "height", "lengthAdjust", "r", "rx", "text-anchor", "textLength", "transform"}
ATTRIBUTES |= {"viewBox", "width", "x", "y", "{http://www.w3.org/XML/1998/namespace}space"}
#: Everything that Python's text may hold: lone surrogates, NUL, control characters, ends of lines.
ANYTHING = st.text(alphabet=st.characters(exclude_categories=()))
HOSTILE = st.text(alphabet="\x1b[]P\\0;148mHJK?hA\r\n\t\b\x07\x9b\x9d\0 <>&\"'é漢😀\u0301\u202e\ud800\ufffe")
#: A megabyte each.
FLOODS = {
    "one line": "x" * 2**20,
    "marks": "e" + "\u0301" * 100_000,
    "a mark on each": "e\u0301" * 2**19,
    "wide": "漢" * 2**20,
    "pictures": "👩‍🚀" * (2**20 // 3),
    "metacharacters": "<&>\"'" * (2**20 // 5),
    "a colour for each": "".join(f"\x1b[38;5;{n % 256};48;5;{n * 7 % 256}mx" for n in range(2**20 // 22)),
    "styles": "".join(f"\x1b[{n % 10};3{n % 8}m<\u0301" for n in range(2**20 // 9)),
    "lines": "\n" * 2**20,
    "screens": "\x1b[2J\x1b[Hx" * (2**20 // 8),
    "inserted": "\x1b[Hy\x1b[@" * (2**20 // 7),
    "an unfinished sequence": "\x1b]8;;" + "x" * 2**20,
    "NUL": "\0" * 2**20,
    "surrogates": "\ud800" * 2**20,
}


def parsed(document: str) -> Element:
    """The document, which is well-formed and made of nothing but what is ours."""
    root = ElementTree.fromstring(document.encode())
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in ELEMENTS
        assert set(element.attrib) <= ATTRIBUTES
        assert re.fullmatch(r"[a-z]*[0-9]*( [a-z]+[0-9]*)*", element.get("class", ""))
    return root


def picture(*texts: str, error: bool = False, shape: Shape | None = None) -> Element:
    return parsed(still(PASSED, [Written(0, "run", error, text) for text in texts], shape or Shape()))


def terminal(root: Element) -> Element:
    found = root.find(f"{SVG}svg")
    assert found is not None
    return found


def lines(root: Element) -> list[str]:
    """The lines of the terminal, as far as they hold text."""
    shown: dict[int, str] = {}
    for group in terminal(root).iter(f"{SVG}g"):
        for text in group.findall(f"{SVG}text"):
            place = int(re.findall(r"-?\d+", group.attrib["transform"])[1])
            before = shown.get(place, "")
            shown[place] = before.ljust(int(text.get("x", "0")) // CELL) + (text.text or "")
    return [shown[place] for place in sorted(shown)]


def drawn(root: Element, text: str) -> dict[str, str]:
    """The declarations of the class of that text, on the light page."""
    element = next(each for each in terminal(root).iter(f"{SVG}text") if each.text == text)
    style = root.findtext(f"{SVG}style") or ""
    light = style.partition("@media")[0]
    return dict(
        declaration.split(":", 1)
        for name in element.get("class", "").split()
        for rule in re.findall(rf"\.{name}\{{([^}}]*)\}}", light)
        for declaration in rule.split(";")
    )


def test_the_last_lines_are_text() -> None:
    root = picture("".join(f"line {n}\n" for n in range(100)), shape=Shape(lines=3))
    assert lines(root) == ["line 97", "line 98", "line 99"]
    assert root.findtext(f"{SVG}title") == "main.py: passing, exit status 0, 41 ms, Python 3.14.0"


def test_the_bar_says_how_it_ended() -> None:
    said_there = [text.text for text in picture("x").findall(f"{SVG}text")]
    assert said_there == ["passing", "main.py", "exit status 0 · 41 ms · Python 3.14.0"]


def test_what_the_bar_has_no_room_for_is_left_out() -> None:
    long = Heading("too much output", "orange", "name" * 40, ("exit status 137", "30.0 s", "g++ 14 " * 9))
    root = parsed(still(long, [], Shape(columns=40)))
    assert [text.text for text in root.findall(f"{SVG}text")] == ["too much output", "exit status 137 · 30.0 s"]
    wide = [text.text or "" for text in parsed(still(long, [], Shape(columns=100))).findall(f"{SVG}text")]
    assert wide[1].startswith("name")
    assert wide[1].endswith("…")
    assert wide[2] == "exit status 137 · 30.0 s"


@pytest.mark.parametrize(
    ("columns", "text", "width"),
    [(None, "x", 60), (None, "x" * 72, 72), (None, "x" * 300, 100), (40, "x", 40), (200, "x", 200)],
)
def test_it_is_as_wide_as_it_needs_or_as_was_asked_for(columns: int | None, text: str, width: int) -> None:
    root = picture(text, shape=Shape(columns=columns))
    assert terminal(root).attrib["width"] == str(width * CELL)
    assert "".join(lines(root)) == text


def test_colours_and_styles_are_kept() -> None:
    root = picture("\x1b[1;31mred\x1b[0m \x1b[3;4;9mlined\x1b[0m \x1b[48;5;21mground\x1b[0m plain")
    assert drawn(root, "red") == {"fill": "#c21c2c", "font-weight": "700"}
    assert drawn(root, "lined")["text-decoration"] == "underline line-through"
    assert drawn(root, "lined")["font-style"] == "italic"
    assert drawn(root, "ground")["fill"] == "#fff"
    assert drawn(root, "plain") == {}
    (ground,) = terminal(root).iter(f"{SVG}rect")
    assert (int(ground.attrib["x"]), int(ground.attrib["width"])) == (10 * CELL, 6 * CELL)


def test_standard_error_has_its_colour() -> None:
    assert drawn(picture("oh", error=True), "oh") == {"fill": "#c21c2c"}


def test_hidden_text_is_not_there() -> None:
    assert lines(picture("a\x1b[8msecret\x1b[0mb")) == ["a      b"]


@pytest.mark.parametrize("background", [-1, 0, 4, 7, 15, 196, 232, 255])
@pytest.mark.parametrize("flags", [0, BOLD, INVERSE])
def test_text_without_a_colour_of_its_own_can_be_read(background: int, flags: int) -> None:
    made = look(Style(background=background, flags=flags if background < 0 else flags & ~INVERSE))
    for text, ground in zip(made.text, made.ground or (LIGHT, DARK), strict=True):
        assert contrast(text, ground) >= CONTRAST
    assert contrast(ERROR[0], LIGHT) >= CONTRAST
    assert contrast(ERROR[1], DARK) >= CONTRAST


def test_wide_characters_take_two_cells() -> None:
    texts = list(terminal(picture("漢字|😀\x1b[1m|\x1b[0mé")).iter(f"{SVG}text"))
    places = {text.text: (int(text.get("x", "0")) // CELL, text.get("textLength")) for text in texts}
    assert places == {"漢字": (0, str(4 * CELL)), "|": (7, None), "😀": (5, str(2 * CELL)), "é": (8, None)}


@given(ANYTHING | HOSTILE, ANYTHING, st.booleans())
def test_whatever_is_written_and_whatever_it_is_called_is_well_formed(text: str, name: str, error: bool) -> None:
    heading = Heading("failing", "red", name, (name, name))
    written = [Written(0, "compile", error, text), Written(1, "run", not error, text), said(text, None)]
    for shape in (Shape(), Shape(1, 40)):
        parsed(still(heading, written, shape))
        parsed(replay(heading, written, shape, lambda: None))


@given(st.lists(HOSTILE, min_size=2, max_size=8))
def test_a_replay_ends_as_the_still_picture(texts: list[str]) -> None:
    written = [Written(n, "run", False, text) for n, text in enumerate(texts)]
    moving = parsed(replay(PASSED, written, Shape(), lambda: None))
    for parent in list(moving.iter()):
        for gone in [each for each in parent if "x" in each.get("class", "").split()]:
            parent.remove(gone)
    (end, *_) = [each for each in terminal(moving).iter(f"{SVG}g") if "s" in each.get("class", "").split()] or [None]
    shown = _places(moving, int(re.findall(r"-?\d+", end.attrib["transform"])[1]) if end is not None else 0)
    assert {place: text for place, text in shown.items() if place >= 0} == _places(picture(*texts), 0)


def _places(root: Element, scrolled: int) -> dict[int, list[tuple[str | None, str | None]]]:
    """The texts in each line, by the pixel at which it is seen."""
    made: dict[int, list[tuple[str | None, str | None]]] = {}
    for group in terminal(root).iter(f"{SVG}g"):
        if texts := group.findall(f"{SVG}text"):
            place = int(re.findall(r"-?\d+", group.attrib["transform"])[1]) + scrolled
            made[place] = [(text.get("x"), text.text) for text in texts]
    return made


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_a_flood_takes_bounded_time_and_space(flood: str) -> None:
    pieces = [flood[place : place + 4096] for place in range(0, len(flood), 4096)]
    written = tail(Written(n / 9, "run", False, text) for n, text in reversed(list(enumerate(pieces))))
    assert sum(len(each.text) for each in written) <= TAIL
    largest = Shape(MOST_LINES, WIDEST)
    begun = time.process_time()
    for made in (still(PASSED, written, largest), replay(PASSED, written, largest, lambda: None)):
        parsed(made)
        assert len(made.encode()) <= LARGEST
    assert time.process_time() - begun < 5


def test_of_much_output_the_end_is_shown_from_the_start_of_a_line() -> None:
    pieces = [Written(0, "run", False, f"line {n} {'x' * 500}\n" * 8) for n in range(100)]
    kept = tail(reversed(pieces))
    assert kept[-1] == pieces[-1]
    assert "".join(each.text for each in kept).startswith("line ")
    assert TAIL - 5000 < sum(len(each.text) for each in kept) <= TAIL


def test_a_replay_has_the_time_of_the_run() -> None:
    written = [Written(0.5 * n, "run", False, f"line {n}\n") for n in range(5)]
    style = parsed(replay(PASSED, written, Shape(), lambda: None)).findtext(f"{SVG}style") or ""
    assert "@media (prefers-reduced-motion:no-preference){.a{animation:5.00s step-end 3}" in style
    assert re.findall(r"@keyframes i\d+\{0%\{visibility:hidden\}([\d.]+%)", style) == [
        "0.00%",
        "10.00%",
        "20.00%",
        "30.00%",
        "40.00%",
    ]


def test_long_runs_and_long_pauses_are_made_shorter() -> None:
    for seconds in ([0.0, 100.0], [float(n) for n in range(300)]):
        written = [Written(t, "run", False, "x\n") for t in seconds]
        style = parsed(replay(PASSED, written, Shape(), lambda: None)).findtext(f"{SVG}style") or ""
        (whole,) = re.findall(r"animation:([\d.]+)s", style)
        assert float(whole) <= 23


def test_what_came_all_at_once_does_not_move() -> None:
    written = [Written(0.001 * n, "run", False, "x\n") for n in range(5)]
    assert replay(PASSED, written, Shape(), lambda: None) == still(PASSED, written, Shape())


def test_nothing_comes_from_elsewhere() -> None:
    text = "\x1b]8;;https://example.org/\x07link\x1b]8;;\x07 url(https://example.org) <script>alert(1)</script>"
    made = still(Heading("failing", "red", "<script>", ("url(x)",)), [Written(0, "run", False, text)], Shape())
    style = parsed(made).findtext(f"{SVG}style") or ""
    assert not re.search(r"url\(|@import|@font-face|https?:|\\", style)
    assert "<script" not in made
    assert made.count("http") == 2  # the namespace, and what the program printed


def test_the_picture_in_the_documentation_is_as_it_is_drawn() -> None:
    assert example.FILE.read_text(encoding="utf-8") == example.drawn()  # python -m tests.screenshots.picture
