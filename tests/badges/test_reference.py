"""Our badges beside badge-maker's: the same sizes, places, colours, texts and links."""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gistrun.render.badge import STYLES, colors
from gistrun.render.badge.label import cleaned
from gistrun.render.badge.widths import TABLE, Font, characters, measure
from tests.badges.model import NOT_COMPARED, ON_PURPOSE, Case, Oracle, tree
from tests.badges.widths import table

PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
#: Letters and signs that have a width in all four fonts, also as capitals.
_ROWS = [(int(row.split("\t")[0], 16), row.split("\t")[1:]) for row in table().splitlines() if row[0] != "#"]
HAS_WIDTH = {
    chr(point)
    for (first, widths), (after, _) in itertools.pairwise(_ROWS)
    for point in range(first, min(after, 0x2E80))
    if all(widths)
}
KNOWN = "".join(
    char
    for char in sorted(HAS_WIDTH)
    if cleaned(f"a{char}a") == f"a{char}a" and set(char.upper()) <= HAS_WIDTH and len(characters(f"a{char}a")) == 3
)
LABELS = [
    "",
    "gistrun",
    "i",
    "my tests, 3 of them",
    "W" * 64,
    '"><script>alert(1)</script>',
    "]]>&lt;&#x41;&amp;'\"",
    "${7*7} {{7*7}} <%= 7*7 %>",
    "Größe – “ß”, naïve café №1…",
    "Ελληνικά",
    "Привет, мир",
    "€ £ ¥ © ® ™ ± × ÷ → ←",
    "ß ø æ œ ð",
]
ADDRESSES = [
    (),
    ("https://example.org/a?b=1&c='d'#e",),
    ("", "http://[::1]:8000/%3Cx%3E?q=~'()"),
    ("https://a.example/", "https://b.example/?x=&amp;"),
]


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    oracle = Oracle()
    yield oracle
    oracle.close()


def combinations() -> list[Case]:
    """Every style with every label; and with every pair of the other choices."""
    plain = [Case(label, style=style) for label in LABELS for style in STYLES]
    choices = itertools.product(
        ("", "tests"),
        ("out of memory", "3/3"),
        STYLES,
        ("red", "#ffbf00"),
        (None, "whitesmoke"),
        ("", PIXEL),
        ADDRESSES,
    )
    return plain + [Case(*choice) for choice in choices]


def test_every_combination_is_drawn_as_badge_maker_draws_it(oracle: Oracle) -> None:
    cases = combinations()
    different = [case for case in cases if tree(case.ours()) != tree(oracle.draw(case))]
    print(f"{len(cases) - len(different)} of {len(cases)} badges are drawn as badge-maker draws them")
    assert len(cases) > 600
    assert len(KNOWN) > 1000
    assert different == []


@settings(max_examples=300, deadline=None)
@given(
    st.builds(
        Case,
        st.text(KNOWN, max_size=64),
        st.text(KNOWN, min_size=1, max_size=64),
        st.sampled_from(STYLES),
        st.one_of(
            st.sampled_from(sorted({*colors.SHIELDS, *colors.NAMES})),
            st.text(string.hexdigits, min_size=3, max_size=3),
            st.text(string.hexdigits, min_size=6, max_size=6).map("#{}".format),
        ),
        st.sampled_from([None, "red", "#abc", "white"]),
        st.sampled_from(["", PIXEL]),
        st.sampled_from(ADDRESSES),
    )
)
def test_any_words_are_drawn_as_badge_maker_draws_them(oracle: Oracle, case: Case) -> None:
    assume(cleaned(case.message) and all(len(cleaned(words).upper()) < 64 for words in (case.label, case.message)))
    assert tree(case.ours()) == tree(oracle.draw(case))


def test_the_widths_are_those_of_badge_maker() -> None:
    assert TABLE.read_text() == table()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("日本語", "unknown"),
        ("한국어", "unknown"),
        ("שלום 1.0", "unknown"),
        ("مرحبا", "unknown"),
        ("👍 ok", "unknown"),
        ("👨\u200d👩\u200d👧\u200d👦", "unknown"),
        ("e\u0301", "unknown"),
        ("ÿ ŉ", "unknown"),
        ("𝔤𝔦𝔰𝔱", "spaced"),
        ("a  b\u202e\tc\x07", "cleaned"),
        ("x" * 80, "cleaned"),
    ],
)
def test_what_differs_on_purpose_differs_in_sizes_only(oracle: Oracle, label: str, style: str, reason: str) -> None:
    """The elements, the colours and the cleaned text are the same."""
    assert reason in NOT_COMPARED
    case = Case(label, style=style)
    assert _without_sizes(tree(case.ours())) == _without_sizes(tree(oracle.draw(case)))


def _without_sizes(found: list[object]) -> list[object]:
    name, said, text, below = found
    assert isinstance(said, dict)
    assert isinstance(below, list)
    kept = {key: value for key, value in said.items() if key not in ("x", "width", "textLength", "d")}
    return [name, kept, text, [_without_sizes(each) for each in below]]


def test_every_difference_is_still_one(oracle: Oracle) -> None:
    """What badge-maker does by now as we do is no difference any more."""
    raw = {
        "read from right to left": "direction=" not in oracle.draw(Case("שלום")),
        "no style sheet": "<style>" in oracle.draw(Case("a", style="social")),
        "no empty text": "></text>" in oracle.draw(Case("", style="social")),
        "the whole left side is a link": 'x="19"' in oracle.draw(Case("a", logo=PIXEL, links=ADDRESSES[3])),
    }
    assert raw == dict.fromkeys(ON_PURPOSE, True)
    assert "direction=" in Case("שלום").ours()
    assert "<style" not in Case("a", style="social").ours()
    assert "javascript:" in oracle.draw(Case("a", links=("javascript:alert(1)",)))
    assert "javascript:" not in Case("a", links=("javascript:alert(1)",)).ours()


def test_marks_and_parts_of_a_picture_take_no_room() -> None:
    for one, same in (("e", "e\u0301"), ("👨", "👨\u200d👩\u200d👧"), ("日", "가")):
        assert len(characters(same)) == 1
        assert measure(one, Font.VERDANA_11) == measure(same, Font.VERDANA_11)
