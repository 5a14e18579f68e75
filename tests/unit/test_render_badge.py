from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.model import State
from gistrun.render import badge
from gistrun.render.badge import NOT_FOUND, NOT_RUNNABLE, STANDINGS, STYLES, Look, Standing
from gistrun.render.badge.label import cleaned

SVG = "{http://www.w3.org/2000/svg}"


def texts(document: str) -> list[str]:
    shown = [element for element in ElementTree.fromstring(document).iter(f"{SVG}text") if not hidden(element)]
    return [element.text or "" for element in shown]


def hidden(element: Element) -> bool:
    """Whether it is a shadow."""
    return "fill-opacity" in element.attrib or element.get("aria-hidden") == "true"


@pytest.mark.parametrize(
    ("state", "message", "color"),
    [
        (State.QUEUED, "queued", "yellow"),
        (State.RUNNING, "running", "yellow"),
        (State.PASSED, "passing", "brightgreen"),
        (State.FAILED, "failing", "red"),
        (State.TIMED_OUT, "timed out", "red"),
        (State.OUT_OF_MEMORY, "out of memory", "red"),
        (State.OUTPUT_LIMIT, "too much output", "orange"),
        (State.ERROR, "error", "lightgrey"),
    ],
)
def test_words_and_colours_of_every_state(state: State, message: str, color: str) -> None:
    assert STANDINGS[state] == Standing(message, color, is_error=state is State.ERROR)


def test_every_state_has_a_badge() -> None:
    assert set(STANDINGS) == set(State)
    assert (NOT_RUNNABLE.message, NOT_FOUND.message) == ("not runnable", "not found")


@pytest.mark.parametrize("style", [*STYLES, "", "unknown", "<svg>"])
@given(label=st.text(max_size=300))
def test_well_formed_whatever_the_label(style: str, label: str) -> None:
    root = ElementTree.fromstring(badge.svg(STANDINGS[State.PASSED], Look(label, style)))
    assert root.tag == f"{SVG}svg"
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "g", "rect", "text", "linearGradient", "stop", "clipPath", "filter", "feGaussianBlur", "path")
    }


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("tests", "tests"),
        ("", ""),
        ("a\n\tb   c", "a b c"),
        ('"><script>alert(1)</script>', '"><script>alert(1)</script>'),
        ("]]>&lt;", "]]>&lt;"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\0\x1b[31mb", "a[31mb"),
        ("e\u0301", "e\u0301"),
        ("e" + "\u0301" * 900, "e" + "\u0301" * 4),
        (" \u0301a \u0301", "a"),
        ("नमस्ते", "नमस्ते"),
        ("ภาษาไทย", "ภาษาไทย"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👨\u200d👩\u200d👧\u200d👦 family", "👨\u200d👩\u200d👧\u200d👦 family"),
        ("❤\ufe0f\u200d🔥 1\ufe0f\u20e3 👍🏽 🇨🇭", "❤\ufe0f\u200d🔥 1\ufe0f\u20e3 👍🏽 🇨🇭"),
        ("🏴" + "".join(chr(0xE0000 + ord(char)) for char in "gbeng\x7f"),) * 2,
        ("a\u200db\u200c\U000e0041\u3164c\u2066", "abc"),
        ("\u200d\ufe0f\u200b", ""),
        ("👍\u200d", "👍"),
        ("שלום 1.0", "שלום 1.0"),
        ("e\u0301" * 64, "e\u0301" * 64),
        ("👨\u200d👩\u200d👧" * 65, "👨\u200d👩\u200d👧" * 63 + "…"),
        ("x" * 65, "x" * 63 + "…"),
        ("日本", "日本"),
    ],
)
def test_a_label_is_cleaned_and_cut(label: str, shown: str) -> None:
    assert cleaned(label) == shown
    assert texts(badge.svg(STANDINGS[State.PASSED], Look(label, "flat-square"))) == ([shown] if shown else []) + [
        "passing"
    ]


def test_every_style_looks_different_and_an_unknown_one_is_flat() -> None:
    drawn = {style: badge.svg(STANDINGS[State.FAILED], Look("gist", style)) for style in STYLES}
    assert len(set(drawn.values())) == len(STYLES)
    assert badge.svg(STANDINGS[State.FAILED], Look("gist", "no such style")) == drawn["flat"]
    assert texts(drawn["for-the-badge"]) == ["GIST", "FAILING"]


def test_the_box_grows_with_the_text() -> None:
    def width(label: str) -> float:
        return float(ElementTree.fromstring(badge.svg(NOT_FOUND, Look(label))).attrib["width"])

    assert width("i") < width("W") < width("WW") < width("WWW")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("e", "e\u0301"),
        ("\u00e9", "e\u0301"),
        ("a", "a\u0332\u0301"),
        ("👍", "👍🏽"),
        ("👨", "👨\u200d👩\u200d👧\u200d👦"),
        ("🇨🇭", "🏴"),
        ("日", "가"),
        ("가", "가"),
        ("ש", "שׁ"),
    ],
)
@pytest.mark.parametrize("style", STYLES)
def test_marks_and_joined_pictures_take_no_room(one: str, other: str, style: str) -> None:
    def width(label: str) -> float:
        return float(ElementTree.fromstring(badge.svg(NOT_FOUND, Look(label, style))).attrib["width"])

    assert width(one) == width(other)
    assert width("日") > width("é")
    assert width("👍") > width("日")


def test_a_label_from_right_to_left_is_read_so() -> None:
    def drawn(label: str) -> list[dict[str, str]]:
        root = ElementTree.fromstring(badge.svg(NOT_FOUND, Look(label, "flat-square")))
        return [element.attrib for element in root.iter(f"{SVG}text")]

    hebrew, arabic, latin = drawn("שלום 1.0"), drawn("مرحبا"), drawn("1.0 abc שלום")
    assert [text.get("direction") for text in hebrew + arabic + latin] == ["rtl", None] * 2 + [None] * 2
    assert [text.get("lengthAdjust") for text in hebrew + arabic] == [None, None, "spacingAndGlyphs", None]
    title = ElementTree.fromstring(badge.svg(NOT_FOUND, Look("שלום"))).findtext(f"{SVG}title")
    assert title == "\u2068שלום\u2069: not found"


def test_endpoint_schema() -> None:
    assert badge.endpoint(STANDINGS[State.PASSED], Look("a  b")) == {
        "schemaVersion": 1,
        "label": "a b",
        "message": "passing",
        "color": "brightgreen",
        "isError": False,
        "style": "flat",
    }
    assert badge.endpoint(STANDINGS[State.ERROR], Look("x"))["isError"] is True


@pytest.mark.parametrize(
    ("asked", "drawn", "told"),
    [
        ("f00", "#f00", "f00"),
        ("#F0a", "#f0a", "#f0a"),
        ("f008", "#f00", "f00"),
        ("#F00C", "#f00", "#f00"),
        ("123456", "#123456", "123456"),
        ("ff000080", "#ff0000", "ff0000"),
        ("#12345678", "#123456", "#123456"),
        ("rebeccapurple", "rebeccapurple", "rebeccapurple"),
        (" Tomato ", "tomato", "tomato"),
        ("green", "#67ac09", "green"),  # shields.io's
        ("brightgreen", "#4b0", "brightgreen"),
        ("SUCCESS", "#4b0", "success"),
        ("informational", "#007ec6", "informational"),
    ],
)
@pytest.mark.parametrize("style", [style for style in STYLES if style != "social"])  # which has no colours of its own
def test_a_colour_is_used(asked: str, drawn: str, told: str, style: str) -> None:
    document = badge.svg(STANDINGS[State.PASSED], Look("gist", style, asked, asked))
    filled = [element.get("fill") for element in ElementTree.fromstring(document).iter(f"{SVG}rect")]
    assert filled.count(drawn) == 2
    endpoint = badge.endpoint(STANDINGS[State.PASSED], Look("gist", style, asked, asked))
    assert (endpoint["color"], endpoint["labelColor"]) == (told, told)


@pytest.mark.parametrize("asked", ["", "12", "12345", "1234567", "##fff", "nocolour", 'red"/><x', "url(#s)", "none"])
def test_what_is_no_colour_has_no_effect(asked: str) -> None:
    plain = STANDINGS[State.PASSED], Look("gist")
    odd = STANDINGS[State.PASSED], Look("gist", "flat", asked, asked)
    assert badge.svg(*odd) == badge.svg(*plain)
    assert badge.endpoint(*odd) == badge.endpoint(*plain)


def test_an_error_of_ours_keeps_its_colour() -> None:
    assert badge.endpoint(STANDINGS[State.ERROR], Look(color="green"))["color"] == "lightgrey"


def test_text_on_a_bright_colour_is_dark() -> None:
    def dark(asked: str) -> int:
        return badge.svg(STANDINGS[State.PASSED], Look("gist", "flat-square", asked)).count('fill="#333"')

    assert [dark(asked) for asked in ("white", "#ff0", "black", "blue")] == [1, 1, 0, 0]
