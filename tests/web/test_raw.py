"""The bytes of one file: never a page of ours."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.unit.test_render_previews import PNG
from tests.web.conftest import GIST, NEXT_REVISION, REVISION, SECRET_GIST, World, a_gist

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


def add(world: World, **files: bytes | str) -> None:
    world.github.add(a_gist(files={name.replace("_", "."): content for name, content in files.items()}))


def path(name: str, revision: str = REVISION) -> str:
    return f"/gist/{GIST}/{revision}/raw/{quote(name)}"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<script>alert(1)</script>", "text/plain; charset=utf-8"),
        (b"<!doctype html><html>", "text/plain; charset=utf-8"),
        (b"", "text/plain; charset=utf-8"),
        ("naïve 日本".encode(), "text/plain; charset=utf-8"),
        (b"\xff\xfe<\0s\0", "application/octet-stream"),
        (b"MZ\0\0", "application/octet-stream"),
        (PNG, "image/png"),
        (SVG, "image/svg+xml"),
        (b"%PDF-1.7 <script>", "application/pdf"),
    ],
)
@pytest.mark.parametrize("name", ["a.html", "a.py", "a.png", "a.svg", "a.js"])
def test_the_type_is_told_by_the_bytes_and_is_never_a_page(
    world: World, client: FlaskClient, content: bytes, expected: str, name: str
) -> None:
    world.github.add(a_gist(files={name: content}))
    answer = client.get(path(name))
    assert (answer.status_code, answer.data) == (200, content)
    assert answer.headers["Content-Type"] == expected
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers.get("Content-Disposition", "").startswith("attachment") == expected.startswith("application")


@pytest.mark.parametrize(
    ("wanted", "is_drawn"), [("image", True), ("document", False), ("iframe", False), ("empty", False)]
)
def test_a_drawing_is_text_for_whoever_opens_it_by_itself(
    world: World, client: FlaskClient, wanted: str, is_drawn: bool
) -> None:
    world.github.add(a_gist(files={"a.svg": SVG}))
    answer = client.get(path("a.svg"), headers={"Sec-Fetch-Dest": wanted})
    assert answer.mimetype == ("image/svg+xml" if is_drawn else "text/plain")
    assert answer.headers["Vary"] == "Sec-Fetch-Dest"


@pytest.mark.parametrize(
    "name", ["a b.txt", "ümlaut.txt", "50%.txt", "a?b#c.txt", 'q"uo;te.bin', "<b>.txt", "..txt", "-rf"]
)
def test_a_file_may_have_any_name(world: World, client: FlaskClient, name: str) -> None:
    world.github.add(a_gist(files={"main.py": "", name: b"\0\1"}))
    answer = client.get(path(name))
    assert answer.data == b"\0\1"
    assert answer.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def test_the_page_links_to_every_file_at_its_revision(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"main.py": "", "a?b#c%.txt": "found"}))
    world.run()
    page = client.get(f"/gist/{GIST}").text
    link = f"/gist/{GIST}/{REVISION}/raw/a%3Fb%23c%25.txt"
    assert f'href="{link}"' in page
    assert client.get(link).text == "found"


def test_an_earlier_revision_keeps_its_bytes(world: World, client: FlaskClient) -> None:
    add(world, a_txt="old")
    world.github.add(a_gist(revision=NEXT_REVISION, files={"a.txt": "new"}))
    assert client.get(path("a.txt")).text == "old"
    assert client.get(path("a.txt", NEXT_REVISION)).text == "new"


def test_it_is_revalidated_and_not_sent_twice(world: World, client: FlaskClient) -> None:
    add(world, a_txt="hello")
    first = client.get(path("a.txt"))
    assert first.headers["Cache-Control"] == "public, no-cache"
    again = client.get(path("a.txt"), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.head(path("a.txt")).headers["Content-Length"] == "5"
    assert "Set-Cookie" not in first.headers


def test_that_of_a_secret_gist_is_not_told(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(SECRET_GIST, public=False, files={"a.txt": "hello"}))
    answer = client.get(f"/gist/{SECRET_GIST}/{REVISION}/raw/a.txt")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (path("other.txt"), 404),
        (path("a.txt", "5" * 40), 404),
        (path("a.txt", "main"), 404),
        (path("a.txt", "x" * 40), 400),
        (f"/gist/{GIST}/{REVISION}/raw/", 302),
        (f"/gist/{GIST}/{REVISION}/raw/a.txt/b", 302),
        (f"/gist/{GIST}/{REVISION}/raw/..%2Fa.txt", 302),
        (f"/gist/xyz/{REVISION}/raw/a.txt", 400),
    ],
)
def test_what_is_not_there(world: World, client: FlaskClient, address: str, status: int) -> None:
    add(world, a_txt="hello")
    answer = client.get(address)
    assert answer.status_code == status
    assert "sandbox" not in answer.headers["Content-Security-Policy"]  # a page of ours
