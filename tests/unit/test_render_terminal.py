"""The Python half of the table that the browser is held to as well (tests/web/test_terminal_js.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.render.terminal import Cleaner, Screen

CASES = json.loads((Path(__file__).parent.parent / "terminal_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_terminal_cases(case: dict[str, Any]) -> None:
    screen = Screen(case.get("limit", 2**20))
    for kind, text in case["writes"]:
        screen.write(kind, text)
    assert [list(piece) for piece in screen.pieces()] == case["pieces"]
    assert screen.full == case.get("full", False)


# What the characters of control sequences look like, and some text.
HOSTILE = st.text(alphabet="\x1b[]P\\0;1mA\r\n\t\x07\x9b\x9c\x9d\x90\x18 é😀")


@given(HOSTILE, st.data())
def test_how_the_text_is_cut_into_chunks_changes_nothing(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    chunks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    cleaner = Cleaner()
    assert "".join(map(cleaner.feed, chunks)) == Cleaner().feed(text)


@given(st.text())
def test_no_control_character_comes_through(text: str) -> None:
    kept = Cleaner().feed(text)
    assert not [char for char in kept if (char < " " and char not in "\t\n\r") or "\x7f" <= char <= "\x9f"]


@given(st.text(alphabet=st.characters(min_codepoint=32, exclude_characters=[chr(c) for c in range(0x7F, 0xA0)])))
def test_plain_text_is_left_as_it_is(text: str) -> None:
    assert Cleaner().feed(text) == text


def test_the_number_of_pieces_is_bounded() -> None:
    screen = Screen()
    for _ in range(50_000):
        screen.write("stdout", "o")
        screen.write("stderr", "e")
    assert screen.full
    assert len(screen.pieces()) < 2**20 / Screen.PIECE
