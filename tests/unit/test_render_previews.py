"""Tables, trees and pictures; which file is which."""

from __future__ import annotations

import json
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.model import GistFile
from gistrun.render import preview as previews
from gistrun.render.clean import Neighbours
from gistrun.render.notshown import NotShown
from gistrun.render.picture import Picture, is_pdf, picture
from gistrun.render.preview import Preview, preview
from gistrun.render.table import table
from gistrun.render.tree import tree

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 480) + b"\x08\x02\0\0\0"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"%s>%s</svg>'


def test_a_table_has_a_header_and_rows_of_its_width() -> None:
    made = table('a,b,c\r\n1,"two, ""2""\nlines"\r\n\r\n4,5,6,7\n', tabs=False)
    assert made.header == ("a", "b", "c", "")
    assert made.rows == (("1", 'two, "2"\nlines', "", ""), ("4", "5", "6", "7"))


def test_values_may_stand_between_tabs_or_semicolons() -> None:
    assert table("a\tb,c\n", tabs=True).header == ("a", "b,c")
    assert table("a;b\n1;2\n", tabs=False).rows == (("1", "2"),)
    assert table("alone\n1\n", tabs=False).header == ("alone",)


def test_a_bounded_part_of_a_table_is_shown() -> None:
    made = table("\n".join(",".join("x" * 9 for _ in range(100)) for _ in range(700)), tabs=False)
    assert (len(made.header), made.more_columns) == (60, 40)
    assert len(made.rows) * 60 <= 10_000
    assert len(made.rows) + made.more_rows == 699
    assert len(table("a\n" + "x" * 5000, tabs=False).rows[0][0]) == 501


@pytest.mark.parametrize(
    "text", ['a,b\n"1,2\n', 'a\n"x"y\n', "a\n" + '"' * 9999, "a,b\n" + "x" * 200_000, "", "\n\n", "x" * 2**21]
)
def test_what_is_no_table_says_why(text: str) -> None:
    with pytest.raises(NotShown):
        table(text, tabs=False)


@given(st.text(alphabet=st.sampled_from(list('",;\t\n\r ab|\u202e')), max_size=200), st.booleans())
def test_any_text_is_a_table_or_says_why(text: str, tabs: bool) -> None:
    try:
        made = table(text, tabs)
    except NotShown:
        return
    assert {len(row) for row in made.rows} <= {len(made.header)}


def test_json_is_a_tree_that_keeps_what_is_written() -> None:
    made = tree('{"a": 1.50, "a": 123456789012345678901234567890, "b": [null, true, "<b>&\\u202e"], "c": {}}')
    assert made.count('<span class="nt">"a"</span>: ') == 2
    assert '<span class="m">1.50</span>' in made
    assert '<span class="m">123456789012345678901234567890</span>' in made
    assert '<span class="s">"&lt;b&gt;&amp;\u202e"</span>' in made
    assert "<details open><summary>{" in made
    assert '<span class="nt">"c"</span>: {}' in made


def test_a_large_tree_is_folded_and_cut() -> None:
    made = tree(json.dumps({"many": list(range(3000)), "few": [[[1]]]}))
    assert "… 2,800 more" in made
    assert '<details><summary><span class="nt">"many"</span>: [<span class="folded"> 3,000 items ]</span>' in made


@pytest.mark.parametrize(
    "text",
    ["", "{", "{'a': 1}", "[1,]", "[" * 100_000, "[" * 60 + "]" * 60, '{"a":' * 100_000,
     json.dumps([[[0] * 100] * 100] * 100), "x" * 2**20],
)  # fmt: skip
def test_what_is_no_tree_says_why(text: str) -> None:
    with pytest.raises(NotShown):
        tree(text)


def test_half_a_character_does_not_stop_the_page() -> None:
    tree('["\\ud800", {"\\udfff": 1}]').encode()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (PNG, Picture("image/png", 640, 480)),
        (PNG[:12], None),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Picture("image/png")),
        (b"GIF89a" + struct.pack("<HH", 3, 4), Picture("image/gif", 3, 4)),
        (b"GIF89a<html>", Picture("image/gif", 26684, 28020)),
        (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08" + struct.pack(">HH", 20, 30), Picture("image/jpeg", 30, 20)),
        (b"\xff\xd8\xff\xe0\0\0" * 9, Picture("image/jpeg")),
        (b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x09\0\0\x13\0\0", Picture("image/webp", 10, 20)),
        (b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0/" + struct.pack("<I", 9 | 19 << 14), Picture("image/webp", 10, 20)),
        (b"\0\0\0 ftypavif", Picture("image/avif")),
        (b"BM" + b"\0" * 16 + struct.pack("<ii", 5, -6), Picture("image/bmp", 5, 6)),
        (b"\0\0\1\0\1\0\x10\0", Picture("image/x-icon", 16, 256)),
        (SVG % (b' width="10px" height="20"', b""), Picture("image/svg+xml", 10, 20)),
        (SVG % (b' viewBox="0 0 40 20" width="100"', b""), Picture("image/svg+xml", 100, 50)),
        (SVG % (b' viewBox="0,0,40,20"', b""), Picture("image/svg+xml", 40, 20)),
        (SVG % (b' width="100%"', b""), Picture("image/svg+xml", 300, 150)),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a -->' + SVG % (b"", b"<script>"), None),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a -->' + SVG % (b"", b""), Picture("image/svg+xml", 300, 150)),
        (b"<svg><rect/></svg>", None),
        (b"<html><svg/></html>", None),
        (b"print('svg')", None),
        (b"import os", None),
        (b"", None),
    ],
)  # fmt: skip
def test_a_picture_is_told_by_its_bytes(content: bytes, expected: Picture | None) -> None:
    assert picture(content) == expected


def copies(levels: int, times: int, element: str = '<use href="#a{}"/>') -> bytes:
    groups = "".join(f'<g id="a{level}">' + element.format(level - 1) * times + "</g>" for level in range(1, levels))
    return SVG % (b"", f'<defs><g id="a0"><rect/></g>{groups}</defs><use href="#a{levels - 1}"/>'.encode())


@pytest.mark.parametrize(
    "content",
    [
        copies(6, 10),
        copies(12, 4),
        copies(5000, 1),
        copies(8, 10, '<rect fill="url(#a{})"/>'),
        b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG % (b"", b"&a;"),
        SVG % (b"", b"<style>rect{fill:url(#p)}</style>"),
        SVG % (b"", b"<style><![CDATA[rect{fill:u\\72l(#p)}]]></style>"),
        SVG % (b"", b'<image href="data:image/svg+xml,x"/>'),
        SVG % (b"", b'<image href="&#x64;ata:image/svg+xml,x"/>'),
        SVG % (b"", b"<g>" * 300 + b"</g>" * 300),
        SVG % (b"", b"<rect/>" * 80_000),
        b"<svg" * 100_000,
    ],
)
def test_a_drawing_that_takes_a_browser_long_is_not_shown(content: bytes) -> None:
    began = time.thread_time()
    assert picture(content) is None
    assert time.thread_time() - began < 1


def test_a_drawing_may_use_its_parts_often_and_in_circles() -> None:
    assert picture(copies(2, 3000))
    assert picture(SVG % (b"", b'<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'))


@given(
    st.binary(max_size=64),
    st.sampled_from([PNG, b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8", b"BM\0\0\0\0\0\0\0\0", b"<svg"]),
)
def test_no_bytes_are_a_mistake(content: bytes, start: bytes) -> None:
    picture(start + content)
    picture(content)


def test_a_pdf_is_told_by_its_bytes() -> None:
    assert is_pdf(b"%PDF-1.7\n")
    assert not is_pdf(b"hello.pdf")


def shown(name: str, content: bytes, language: str | None = None) -> Preview | None:
    return preview(GistFile(name, content, language), "file-x", Neighbours("a" * 20))


def test_which_files_are_more_than_text() -> None:
    assert "<h1" in (shown("README.MD", b"# a") or Preview()).html  # type: ignore[operator]
    assert (shown("notes", b"# a", "Markdown") or Preview()).html
    assert (shown("a.csv", b"a,b\n") or Preview()).table
    assert (shown("a.tsv", b"a\tb\n") or Preview()).table
    assert (shown("a.geojson", b"[1]") or Preview()).tree
    for name in ("main.py", "a.ipynb", "a.jsonl", "a.txt"):
        assert shown(name, b"[1]") is None
    assert shown("a.md", b"a\0b") is None
    assert shown("a.md", b"\xff\xfe") is None
    assert (shown("a.json", b"[1") or Preview()).why_not == "line 1 is not valid JSON"
    assert (shown("a.csv", b"a" * (2**20 + 1)) or Preview()).why_not


def test_a_mistake_in_a_library_leaves_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> str:
        raise IndexError

    monkeypatch.setattr(previews, "markdown", fails)
    made = shown("a.md", b"a text that no other test has")
    assert made
    assert not made.shows
