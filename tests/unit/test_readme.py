"""Which gists' badges stand in a README, in every way that people write one."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.freshness.readmes import MOST, badged

GIST = "aa5a315d61ae9438b18d"
OTHER = "bb5a315d61ae9438b18d2bc89ebaa2a5"
SVG = f"https://gistrun.example.org/gist/{GIST}/badge.svg"
JSON = f"http://127.0.0.1:8000/gist/{GIST}/badge.json"


@pytest.mark.parametrize(
    "text",
    [
        f"[![gist]({SVG})](https://gistrun.example.org/gist/{GIST})",
        f"![gist]({SVG}?label=a+b&style=flat-square)",
        f'<a href="x"><img alt="" src="{SVG}?label=x&amp;file=main.py"></a>',
        f"<img src={SVG}>",
        f"[badge]: <{SVG}> 'title'",
        f".. image:: {SVG}\n   :target: x",
        f"image:{SVG}[gist]",
        f"![](//gistrun.example.org/sub/path/gist/{GIST}/badge.svg#x)",
        f"![](https://[::1]:8000/gist/{GIST}/badge.svg)",
        f"![](https://img.shields.io/endpoint?url={quote(JSON, safe='')}&style=flat)",
        f"![](https://img.shields.io/endpoint?style=flat&url={JSON})",
        f"![](https://img.shields.io/endpoint.svg?url={quote(JSON, safe='').lower()})",
        "![](https://proxy.example/?to=" + quote("https://img.shields.io/?url=" + quote(JSON, safe=""), safe="") + ")",
    ],
)
def test_a_badge_is_found(text: str) -> None:
    assert badged(f"# Title\n\n{text}\n") == [GIST]


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"https://gist.github.com/octocat/{GIST}",
        f"https://gistrun.example.org/gist/{GIST}",
        f"https://gistrun.example.org/gist/{GIST}/badge.png",
        f"https://gistrun.example.org/gist/{GIST}/badge.svgz",
        f"https://gistrun.example.org/gist/{GIST}/badge.json.bak",
        "https://gistrun.example.org/gist/octocat/badge.svg",
        "https://gistrun.example.org/gist//badge.svg",
        "https://gistrun.example.org/gist/../badge.svg",
        f"https://gistrun.example.org/gist/{'a' * 41}/badge.svg",
        f"https://gistrun.example.org/gists/{GIST}/badge.svg",
    ],
)
def test_an_unknown_badge_form_is_not_found(text: str) -> None:
    assert badged(text) == []


def test_each_gist_is_named_once_in_the_readmes_order() -> None:
    other = f"https://gistrun.example.org/gist/{OTHER}/badge.svg"
    assert badged(f"![]({other}) ![]({SVG}) ![]({JSON}) ![]({other}?label=x)") == [OTHER, GIST]


def test_a_readme_has_a_bounded_number_of_gists_checked() -> None:
    text = " ".join(f"https://a.example/gist/{number:020x}/badge.svg" for number in range(10 * MOST))
    assert badged(text) == [f"{number:020x}" for number in range(MOST)]


@given(st.text(), st.text())
def test_an_address_is_found_in_its_surroundings(before: str, after: str) -> None:
    assert GIST in badged(f"{before} {SVG} {after}")


def test_a_hostile_readme_takes_no_time() -> None:
    # A megabyte each of what begins like a badge; a search that went back would not end within the test's time.
    for piece in ("/gist/", "/gist/a", "%2Fgist%252F", "/gist/" + "a" * 40, f"/gist/{GIST}/badge."):
        assert badged(piece * (2**20 // len(piece))) == []
