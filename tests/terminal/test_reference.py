"""Our terminal beside xterm: same bytes in, same cells and attributes out; and ours in Python beside the browser's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminal.cases import CASES, Case, recordings
from tests.terminal.model import Terminal, screen


@pytest.fixture(scope="module")
def xterm() -> Iterator[Terminal]:
    terminal = Terminal("reference.mjs")
    yield terminal
    terminal.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Terminal]:
    terminal = Terminal("ours.mjs")
    yield terminal
    terminal.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_xterm_shows_the_same(case: Case, xterm: Terminal) -> None:
    same = xterm.screen(case.input) == case.answer
    assert same or case.differs, xterm.screen(case.input)
    assert not (same and case.differs), "it does not differ any more"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_browser_shows_the_same(case: Case, browser: Terminal) -> None:
    assert browser.screen(case.input) == case.answer


@pytest.mark.parametrize(("name", "recording"), recordings(), ids=lambda one: one if isinstance(one, str) else "")
def test_real_programs(name: str, recording: dict[str, Any], xterm: Terminal, browser: Terminal) -> None:
    [text] = recording["writes"]
    for share in (0.2, 0.4, 0.6, 0.8, 1):  # also while they run
        so_far = {**recording, "writes": [text[: int(len(text) * share)]]}
        shown = screen(so_far)
        assert xterm.screen(so_far) == shown
        assert browser.screen(so_far) == shown
    assert screen({**recording, "writes": list(text)}) == shown


NUMBERS = st.sampled_from(["", "0", "1", "2", "3", "5", "8", "20", "999"])
TEXTS = st.sampled_from(["a", "hello ", "x" * 27, " ", "中", "文字", "e\u0301", "😀", "ｱ", "─│"])
CONTROLS = st.sampled_from(["\n", "\r\n", "\r", "\b", "\t", "\v", "\x0e", "\x0f", "\x84", "\x85", "\0", "\x7f"])
STYLES = st.lists(
    st.sampled_from(
        [
            *map(str, [0, 1, 2, 3, 4, 5, 7, 8, 9, 21, 22, 24, 27, 31, 39, 42, 49, 53, 55, 97, 104]),
            *("4:3", "38;5;200", "48;2;1;2;3", "38:2::9:8:7", "38:5:3", "58;5;1"),
        ]
    ),
    max_size=3,
).map(lambda numbers: f"\x1b[{';'.join(numbers)}m")
MOVES = st.builds("\x1b[{}{}".format, NUMBERS, st.sampled_from("ABCDEFGHIJKLMPSTXZ`abdefg"))
PAIRS = st.builds("\x1b[{};{}{}".format, NUMBERS, NUMBERS, st.sampled_from("Hfr"))
MODES = st.builds(
    "\x1b[{}{}".format, st.sampled_from(["4", "?6", "?7", "?25", "?47", "?1049", "?1048"]), st.sampled_from("hl")
)
OTHERS = st.sampled_from(
    [
        *(f"\x1b{final}" for final in "78DEHMc="),
        *("\x1b(0", "\x1b(B", "\x1b)0", "\x1b[!p", "\x1b[s", "\x1b[u"),
        *("\x1b]0;title\x07", "\x1b]8;;\x07", "\x1bP1$r\x1b\\", "\x1b[?5m", "\x1b[1 q", "\x9b2C"),
    ]
)
INSERTED = st.builds("\x1b[{}@".format, NUMBERS)


def _case(pieces: list[str], columns: int, rows: int) -> dict[str, Any]:
    return {"columns": columns, "rows": rows, "writes": pieces}


CORPUS = st.builds(
    _case,
    st.lists(st.one_of(TEXTS, CONTROLS, STYLES, MOVES, PAIRS, MODES, OTHERS), max_size=40),
    st.sampled_from([10, 20, 40]),
    st.sampled_from([2, 3, 8]),
)
#: Without wide characters, since those are cut otherwise.
NARROW = st.builds(
    _case,
    st.lists(
        st.one_of(st.sampled_from(["a", "hello ", "x" * 27]), CONTROLS, STYLES, MOVES, INSERTED, MODES), max_size=40
    ),
    st.sampled_from([10, 20, 40]),
    st.sampled_from([2, 3, 8]),
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(CORPUS, NARROW))
def test_a_generated_corpus(xterm: Terminal, browser: Terminal, case: dict[str, Any]) -> None:
    shown = screen(case)
    assert browser.screen(case) == shown
    reference = xterm.screen(case)
    if reference is not None and not _cut(case):  # it fails on some input by itself
        assert reference == shown


def _cut(case: dict[str, Any]) -> bool:
    """Whether the case does what differs on purpose: wide characters without wrapping, or inserted before."""
    text = "".join(case["writes"])
    wide = any(character in text for character in "中文字😀")
    return wide and ("\x1b[?7l" in text or "\x1b[4h" in text)


@settings(max_examples=300, deadline=None)
@given(
    st.text(
        alphabet="\x1b[]();?0123456789mHJK@PLM8hlr\x07\\\n\r\b\t\x9b\x9c\x9dabé中😀\u0301\u200d\ufe0f🇩🏽👩", max_size=60
    )
)
def test_both_of_ours_agree_on_anything(browser: Terminal, text: str) -> None:
    for size in ({"columns": 10, "rows": 3}, {"columns": 8, "rows": 3, "widest": 30}):
        case = {**size, "writes": [text]}
        assert browser.screen(case) == screen(case)
