"""What a badge takes from whoever asks for it: logos, links, details; and how a README shows it."""

from __future__ import annotations

import base64
import struct
import time
import zlib
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gistrun.model import Checks, Outcome, Run, State
from gistrun.render import badge
from gistrun.render.badge import STANDINGS, STYLES, Look, Standing, logos
from gistrun.render.badge.addresses import web_address
from gistrun.render.badge.markup import markups
from gistrun.render.badge.standing import AMBER, changed, standing_of, with_details
from gistrun.store import PastEnd
from gistrun.web.drift import toolchain_before

SHAPE = '<path d="M0 0H9V9Z" fill="red"/>'


def drawing(inside: str = SHAPE, about: str = "") -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"{about}>{inside}</svg>'


def data(content: str | bytes, media_type: str = "image/svg+xml") -> str:
    encoded = base64.b64encode(content if isinstance(content, bytes) else content.encode()).decode()
    return f"data:{media_type};base64,{encoded}"


def png(width: int = 1, height: int = 1) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 5)) + chunk(b"IEND", b"")


JPEG = b"\xff\xd8\xff\xc0\0\x11\x08\0\x0a\0\x0a\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xd9"


@pytest.mark.parametrize(
    "logo",
    [
        data(drawing()),
        data(drawing('<g transform="scale(2)"><title>t</title><circle r="3" style="fill:#fff"/><text>R</text></g>')),
        data(drawing(f'<defs><linearGradient id="a"><stop/></linearGradient></defs><rect fill="url(#a)"/>{SHAPE}')),
        data(f'<?xml version="1.0"?>\n<!-- a comment -->{drawing()}'),
        data(png(), "image/png"),
        data(JPEG, "image/jpeg"),
        data(JPEG, "image/jpg").replace("data:", "data: "),
    ],
)
def test_a_picture_is_taken_as_a_logo(logo: str) -> None:
    taken = logos.from_data(logo)
    assert base64.b64decode(taken.partition(",")[2]) == base64.b64decode(logo.partition(",")[2])
    assert logos.from_data(logo.replace("+", " ")) == taken  # as a query makes of it
    for style in STYLES:
        assert f'href="{taken}"' in badge.svg(STANDINGS[State.PASSED], Look(style=style, logo=taken))


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">a</p></foreignObject>',
        '<image href="https://example.org/seen.png"/>',
        '<image href="data:image/svg+xml;base64,PHN2Zy8+"/>',
        '<path d="M0 0" onclick="alert(1)"/>',
        '<path d="M0 0" ONLOAD="alert(1)"/>',
        '<a href="javascript:alert(1)"><path d="M0 0"/></a>',
        '<path style="fill:url(https://example.org/a)"/>',
        '<path style="fill:URL(//example.org/a)"/>',
        '<path style="fill:u\\72l(https:x)"/>',
        "<path style=\"mask-image:image-set('//example.org/a' 1x)\"/>",
        "<style>path { fill: red }</style>",
        '<animate attributeName="x"/>',
        '<set attributeName="href" to="javascript:alert(1)"/>',
        '<g id="a"><path/></g><use href="#a"/>',
        '<linearGradient id="a" href="https://example.org/b#c"/>',
        '<linearGradient id="a" xmlns:x="http://www.w3.org/1999/xlink" x:href="b.svg#c"/>',
        '<p xmlns="http://www.w3.org/1999/xhtml">a</p>',
        "<![CDATA[a]]>",
    ],
)
def test_a_drawing_that_does_more_than_draw_is_no_logo(inside: str) -> None:
    assert logos.from_data(data(drawing(SHAPE + inside))) == ""


@pytest.mark.parametrize(
    "logo",
    [
        "",
        "python",
        "https://example.org/a.png",
        "javascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "data:image/svg+xml,<svg/>",
        "data:image/png;base64,",
        "data:image/png;base64,!!!!",
        data(drawing()) + '"/><script>',
        data(b"GIF89a" + b"\x01\0\x01\0" * 4, "image/png"),
        data("<html></html>"),
        data("<!DOCTYPE svg [<!ENTITY a 'b'>]>" + drawing("&a;")),
        data('<!DOCTYPE svg SYSTEM "https://example.org/a.dtd">' + drawing()),
        data('<?xml-stylesheet href="https://example.org/a.css"?>' + drawing()),
        data(drawing("<g>" * 300 + "</g>" * 300)),
        data(png(513, 1), "image/png"),
        data(png(1, 65_000), "image/png"),
        data(png()[:20], "image/png"),
        data(drawing(SHAPE * 400)),
        data(b"\xff\xfe" + drawing().encode("utf-16-le")),
        "data:image/png;base64," + "A" * 60_000,
    ],
)
def test_anything_else_is_no_logo(logo: str) -> None:
    assert logos.from_data(logo) == ""


def test_no_logo_takes_long() -> None:
    began = time.perf_counter()
    for text in ("data:image/svg+xml;base64," + "A" * 20_000, "data:" + " " * 65_000, data(drawing("<g>" * 2000))):
        logos.from_data(text)
    for text in (
        "http://" + "a." * 1000,
        "http://" + "-" * 65_000,
        "http://[" + ":" * 1900,
        "http://a/" + "%" * 65_000,
    ):
        web_address(text)
    assert time.perf_counter() - began < 0.5


def test_the_endpoint_tells_shields_io_of_a_drawing_only() -> None:
    drawn = Look(logo=logos.from_data(data(drawing())))
    assert badge.endpoint(STANDINGS[State.PASSED], drawn)["logoSvg"] == drawing()
    assert "logoSvg" not in badge.endpoint(STANDINGS[State.PASSED], Look(logo=logos.from_data(data(JPEG))))


@pytest.mark.parametrize(
    ("asked", "address"),
    [
        ("https://example.org", "https://example.org"),
        ("HTTP://Example.org:8080/a?b=c&d='e'#f", "HTTP://Example.org:8080/a?b=c&d='e'#f"),
        (" http://[::1]:8000/%20 ", "http://[::1]:8000/%20"),
        ('https://example.org/ä b"<>', "https://example.org/%C3%A4%20b%22%3C%3E"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,a", ""),
        ("//example.org", ""),
        ("/gist/1", ""),
        ("mailto:a@example.org", ""),
        ("https://", ""),
        ("https://github.com@example.org/", ""),
        ("https://exa mple.org/", ""),
        ("https://gіthub.com/", ""),  # with a Cyrillic letter
        ("https://[::1", ""),
        ("https://example.org/" + "a" * 2000, ""),
        ("https://example.org/\ud800", ""),
    ],
)
def test_a_link_leads_to_the_web_only(asked: str, address: str) -> None:
    assert web_address(asked) == address
    for style in STYLES:
        for links in ((asked,), ("", asked)):
            document = badge.svg(STANDINGS[State.PASSED], Look(style=style, links=links))
            assert ("href=" in document) is bool(address)


RUN = Run(
    *(
        "run",
        "gist",
        "4" * 40,
        "main.py",
        "python",
        datetime(2026, 11, 22, tzinfo=UTC),
        "Python 3.14.2",
        "image",
        "3.14",
    ),
    outcome=Outcome(State.PASSED, duration_ms=41),
)


def checked(passed: int, failed: int) -> Run:
    state = State.FAILED if failed else State.PASSED
    return RUN.ended(Outcome(state, duration_ms=41, checks=Checks(passed, failed)), RUN.created_at)


@pytest.mark.parametrize(
    ("run", "show", "message"),
    [
        (RUN, [], "passing"),
        (RUN, ["time"], "passing · 41 ms"),
        (RUN, ["toolchain", "time"], "passing · Python 3.14.2 · 41 ms"),
        (RUN, ["revision", "version"], "passing · 4444444 · 3.14"),
        (RUN, ["time", "time", "colour", ""], "passing · 41 ms"),
        (RUN, ["checks"], "passing"),
        (checked(3, 0), [], "3/3"),
        (checked(3, 0), ["time"], "3/3 · 41 ms"),
        (checked(2, 1), ["checks"], "failing · 2/3"),
        (Run(*("run", "gist", "4" * 40, "a", "c", RUN.created_at)), ["time", "toolchain", "version"], "queued"),
        (Run(*("run", "gist", "4" * 40, "a", "c", RUN.created_at), "GCC 15.2.0"), ["version"], "queued · 15.2.0"),
    ],
)
def test_details(run: Run, show: list[str], message: str) -> None:
    standing = standing_of(run.outcome)
    assert with_details(standing, run, show) == Standing(message, standing.color)


@pytest.mark.parametrize(
    ("before", "now", "message"),
    [
        ("Python 3.13.5", "Python 3.14.2", "changed on Python 3.14"),
        ("Python 3.14.1", "Python 3.14.2", "changed on Python 3.14.2"),
        ("Node 24.1.0", "Node 26.0.0", "changed on Node 26.0"),
        ("GCC 14", "GCC 15", "changed on GCC 15"),
        ("Python 3.1", "Python 3.1.4", "changed on Python 3.1.4"),
    ],
)
def test_a_change_names_the_toolchain_as_far_as_it_is_another(before: str, now: str, message: str) -> None:
    assert changed(before, now) == Standing(message, AMBER)


def past(state: State, toolchain: str = "Python 3.14.2", revision: str = RUN.revision) -> PastEnd:
    return PastEnd("run", revision, state, toolchain, f"image of {toolchain}", 1, None)


OLD = "Python 3.13.5"


@pytest.mark.parametrize(
    ("ends", "before"),
    [
        ([past(State.PASSED)], None),
        ([past(State.PASSED), past(State.FAILED, OLD)], OLD),
        ([past(State.FAILED, OLD)], OLD),
        ([past(State.PASSED), past(State.PASSED), past(State.TIMED_OUT, OLD)], OLD),
        ([past(State.PASSED), past(State.PASSED, OLD)], None),
        ([past(State.PASSED), past(State.FAILED, OLD, "5" * 40)], None),
        ([past(State.PASSED), past(State.PASSED, "Python 3.13.9"), past(State.FAILED, OLD)], None),
        # It changes by itself.
        ([past(State.PASSED), past(State.FAILED, OLD), past(State.PASSED, OLD)], None),
        ([past(State.PASSED), past(State.FAILED), past(State.FAILED, OLD)], None),
    ],
)
def test_a_toolchain_is_to_blame_only_if_nothing_else_is(ends: list[PastEnd], before: str | None) -> None:
    assert toolchain_before(RUN, ends) == before


IMAGE = "https://example.org/gist/aa/badge.svg?file=__init__%5Ba%5D(b)*--...~'&version=3.14"
PLAIN = "https://example.org/gist/aa/badge.svg?file=%5F%5Finit%5F%5F%5Ba%5D%28b%29%2A%2D%2D%2E%2E.%7E%27&version=3.14"


def test_what_a_readme_holds() -> None:
    page = "https://example.org/gist/aa"
    assert markups(IMAGE, page) == {
        "Markdown": f"[![gistrun]({PLAIN})]({page})",
        "HTML": f'<a href="{page}"><img src="{PLAIN.replace("&", "&amp;")}" alt="gistrun"></a>',
        "reStructuredText": f".. image:: {PLAIN}\n   :target: {page}\n   :alt: gistrun",
        "AsciiDoc": f'image:{PLAIN}[gistrun,link="{page}"]',
    }


class _Seen(HTMLParser):
    """The images and links of an HTML text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen += [value for name, value in attrs if name in ("src", "href")]


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), max_size=30))
def test_a_markdown_and_an_html_reader_see_the_addresses(name: str) -> None:
    image = "https://example.org/gist/aa/badge.svg?file=" + "".join(f"%{ord(char):02X}" for char in name)
    found = markups(image, image)
    assert _Seen(MarkdownIt().render(found["Markdown"])).seen == [image, image]
    assert _Seen(found["HTML"]).seen == [image, image]
