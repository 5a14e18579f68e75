from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.model import State
from gistrun.render import badge
from gistrun.render.badge import NOT_FOUND, NOT_RUNNABLE, STANDINGS, STYLES, Standing

SVG = "{http://www.w3.org/2000/svg}"


def texts(document: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(document).iter(f"{SVG}text")]


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
    assert STANDINGS[state] == Standing(message, color)


def test_every_state_has_a_badge() -> None:
    assert set(STANDINGS) == set(State)
    assert (NOT_RUNNABLE.message, NOT_FOUND.message) == ("not runnable", "not found")


@pytest.mark.parametrize("style", [*STYLES, "", "unknown", "<svg>"])
@given(label=st.text(max_size=300))
def test_well_formed_whatever_the_label(style: str, label: str) -> None:
    root = ElementTree.fromstring(badge.svg(STANDINGS[State.PASSED], label, style))
    assert root.tag == f"{SVG}svg"
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "g", "rect", "text", "linearGradient", "stop", "clipPath")
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
        ("e" + "\u0301" * 900, "e"),
        ("x" * 65, "x" * 63 + "…"),
        ("日本", "日本"),
    ],
)
def test_a_label_is_cleaned_and_cut(label: str, shown: str) -> None:
    assert badge.cleaned(label) == shown
    assert texts(badge.svg(STANDINGS[State.PASSED], label, "flat-square")) == ([shown] if shown else []) + ["passing"]


def test_every_style_looks_different_and_an_unknown_one_is_flat() -> None:
    drawn = {style: badge.svg(STANDINGS[State.FAILED], "gist", style) for style in STYLES}
    assert len(set(drawn.values())) == len(STYLES)
    assert badge.svg(STANDINGS[State.FAILED], "gist", "no such style") == drawn["flat"]
    assert texts(drawn["for-the-badge"]) == ["GIST", "FAILING"]


def test_the_box_grows_with_the_text() -> None:
    def width(label: str) -> int:
        return int(ElementTree.fromstring(badge.svg(NOT_FOUND, label)).attrib["width"])

    assert width("i") < width("W") < width("WW") < width("WWW")


def test_endpoint_schema() -> None:
    assert badge.endpoint(STANDINGS[State.PASSED], "a  b") == {
        "schemaVersion": 1,
        "label": "a b",
        "message": "passing",
        "color": "brightgreen",
        "isError": False,
    }
    assert badge.endpoint(STANDINGS[State.ERROR], "x")["isError"] is True
