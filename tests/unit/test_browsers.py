"""The page's own scripts and styles ask no more of a browser than those that people have.

The oldest that count are Firefox 128 (an extended support release) and Safari 16.4 (iPhones of 2017 have 16.7).
What they lack may only be used where nothing is lost but a nicety.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "gistrun" / "web" / "static"
#: What one of the two lacks, as a pattern, with the browser that has it at last.
TOO_NEW = {
    ".css": {
        r"light-dark\(": "Safari 17.5",
        r"\n\s*&": "nesting: Safari 16.5",
        r"text-decoration: *\w+ +(?:double|wavy|dotted|dashed|solid)": "Safari 26; the longhands are in all",
        r"@starting-style": "Safari 17.5",
        r"@scope": "Firefox 146",
        r"animation-timeline|scroll-timeline|view-timeline": "Safari 26",
        r"field-sizing|interpolate-size|anchor-name|position-anchor": "not in Firefox 128",
        r":user-(?:valid|invalid)": "Safari 16.5",
        r":popover-open|:state\(|::details-content": "Safari 17",
        r"(?<!-)mask(?:-image)?:.*(?:cross-fade|paint)\(": "nowhere",
        r"\brgb\(from |\bhsl\(from |\boklch\(from ": "Firefox 128 only in part",
        r"\bround\(|\brem\(|\bmod\(": "not in all",
    },
    ".js": {
        r"\.checkVisibility\(": "Safari 17.4",
        r"Object\.groupBy|Map\.groupBy": "Safari 17.4",
        r"Promise\.(?:withResolvers|try)": "Safari 17.4",
        r"Array\.fromAsync": "Safari 16.4 has it, Firefox 115; its iterators do not",
        r"URL\.(?:canParse|parse)\(": "Safari 17",
        r"RegExp\.escape": "Safari 18.2",
        r"\.(?:union|intersection|difference|isSubsetOf)\(": "sets: Safari 17",
        r"/[dgimsuy]*v[dgimsuy]*[,;.)]": "the flag v: Safari 17",
        r"requestIdleCallback|scheduler\.(?:yield|postTask)": "not in Safari",
        r"Iterator\.from|\.values\(\)\.(?:map|filter|take|drop)\(": "iterators' helpers: Safari 18.4",
        r"\bwith \{ *type": "Safari 17.2",
        r"showPopover|togglePopover|startViewTransition|moveBefore": "Safari 17",
        r"\.toWellFormed|\.isWellFormed": "Firefox 119, Safari 16.4",
        r"\b(?:await )?using ": "not in either",
        r"AbortSignal\.any": "Safari 17.4",
        r"[\"']scrollend[\"']": "Safari 26.2",
    },
}
FILES = sorted(path for path in STATIC.rglob("*") if path.suffix in TOO_NEW)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(STATIC)))
def test_nothing_is_newer_than_the_browsers_that_count(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    used = {since for pattern, since in TOO_NEW[path.suffix].items() if re.search(pattern, text)}
    assert used == set()
