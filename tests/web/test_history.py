"""The history of a gist, and the comparison of two revisions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from gistrun.model import Image, Revision, SandboxTaken
from tests.fakes import failed, out, passed, taken
from tests.web.conftest import GIST, NEXT_REVISION, REVISION, SECRET_GIST, World, a_gist

OLD = Revision(REVISION, "octocat", "2026-11-20T10:00:00Z", 1, 0)
NEW = Revision(NEXT_REVISION, "octocat", "2026-11-21T10:00:00Z", 2, 1)
URL = f"/gist/{GIST}/history"


@pytest.fixture
def edited(world: World) -> World:
    """A gist with two revisions, which both ran: the first passed, the second failed."""
    world.github.add(a_gist(files={"main.py": "print(1)\nprint(2)\n"}, history=(OLD,)))
    world.sandboxes.scripts["main.py"] = [taken(), out("one\ntwo\n"), passed()]
    world.run()
    world.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "print(1)\nprint(3)\n"}, history=(NEW, OLD)))
    world.sandboxes.scripts["main.py"] = [taken(), out("one\nthree\n"), failed()]
    world.runs.revisit(GIST)
    world.run()
    return world


def test_revisions_are_listed_with_how_they_ended(edited: World, client: FlaskClient) -> None:
    answer = client.get(URL)
    assert answer.status_code == 200
    page = answer.text
    assert page.index(NEXT_REVISION[:7]) < page.index(REVISION[:7])
    assert "2 revisions" in page
    assert '<span class="pill failed">failed</span>' in page
    assert '<span class="pill passed">passed</span>' in page
    assert "The edit changed how it ends: it passed before." in page
    assert "no-cache" in answer.headers["Cache-Control"]


def test_two_revisions_are_compared_in_files_and_output(edited: World, client: FlaskClient) -> None:
    page = client.get(f"{URL}?from={REVISION}&to={NEXT_REVISION}").text
    assert "- print(<mark>2</mark>)" in page
    assert "+ print(<mark>3</mark>)" in page
    assert "- <mark>two</mark>" in page
    assert "+ <mark>three</mark>" in page
    assert "what differs comes from the edit" in page


def test_the_output_comes_first_and_neither_is_told_from_one(edited: World, client: FlaskClient) -> None:
    page = client.get(f"{URL}?from={REVISION}&to={NEXT_REVISION}").text
    assert page.index(">Output</h2>") < page.index(">Files</h2>")
    edited.store.client.delete(*edited.store.client.keys("gistrun:history:*"))
    page = client.get(f"{URL}?from={REVISION}&to={NEXT_REVISION}").text
    assert "Neither of the two has run here" in page
    edited.run(revision=REVISION, rerun=True)
    page = client.get(f"{URL}?from={REVISION}&to={NEXT_REVISION}").text
    assert f"{NEXT_REVISION[:7]} has not run here" in page


def test_a_change_of_line_ends_is_told_in_words(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"main.py": "if 1:\r\n\tprint(1)\r\n", "tabs": "\ta b\n"}, history=(OLD,)))
    world.run()
    world.github.add(
        a_gist(revision=NEXT_REVISION, files={"main.py": "if 1:\n\tprint(1)\n", "tabs": "\ta c"}, history=(NEW, OLD))
    )
    world.runs.revisit(GIST)
    page = client.get(f"{URL}?from={REVISION}&to={NEXT_REVISION}").text
    assert "Its lines ended with CR LF (as on Windows), and end with LF (as on Linux and macOS) now." in page
    assert "Its last line had a line end, and has none now." in page
    assert "+ \ta <mark>c</mark>" in page
    assert "\ufffd" not in page


#: The boxes of the lines of a comparison, by what they are.
BOXES = """() => [...document.querySelectorAll(".compared .group > div")].filter((each) => each.getClientRects().length)
  .map((each) => [each.className, each.getBoundingClientRect().left, each.getBoundingClientRect().top,
    [...each.querySelectorAll("i")].map((n) => getComputedStyle(n).display !== "none" ? n.dataset.n : "").join("")])"""


def test_two_revisions_stand_side_by_side_where_there_is_room(edited: World, page: Page, live: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{live}{URL}?from={REVISION}&to={NEXT_REVISION}")
    same, again, gone, new = page.evaluate(BOXES)[:4]
    assert [same[0], again[0], gone[0], new[0]] == ["same", "same again", "gone", "new"]
    assert same[2] == again[2] < gone[2] == new[2]
    assert same[1] == gone[1] < again[1] == new[1]
    assert [same[3], again[3], gone[3], new[3]] == ["1", "1", "2", "2"]
    page.set_viewport_size({"width": 360, "height": 800})
    same, gone, new = page.evaluate(BOXES)[:3]
    assert [same[0], gone[0], new[0]] == ["same", "gone", "new"]
    assert same[1] == gone[1] == new[1]
    assert same[2] < gone[2] < new[2]


def test_one_revision_is_compared_with_the_one_before(edited: World, client: FlaskClient) -> None:
    answer = client.get(f"{URL}?to={NEXT_REVISION}")
    assert answer.headers["Location"] == f"{URL}?from={REVISION}&to={NEXT_REVISION}"
    assert client.get(f"{URL}?to={REVISION}").status_code == 400


def test_what_a_toolchain_changed_is_told_apart_from_an_edit(edited: World, client: FlaskClient) -> None:
    edited.store.images.publish(Image("python", "sha256:newer", "Python 3.15.0"))
    edited.sandboxes.scripts["main.py"] = [SandboxTaken("sha256:newer", "Python 3.15.0"), out("one\n"), passed()]
    edited.run()
    page = client.get(URL).text
    assert "Another toolchain changed how it ends: failed on Python 3.13.5." in page
    page = client.get(f"{URL}?from={NEXT_REVISION}&to={NEXT_REVISION}").text
    assert "The files are the same: what differs comes from Python 3.15.0 in place of Python 3.13.5." in page
    assert "- three" in page


def test_runs_with_input_are_no_history(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(history=(OLD,)))
    client.get(f"/gist/{GIST}?args=x")
    world.queue.join()
    assert "Not run here." in client.get(URL).text


def test_a_gist_whose_history_github_leaves_out_has_one_revision(world: World, client: FlaskClient) -> None:
    world.run()
    assert "1 revision<" in client.get(URL).text


def test_the_history_of_a_secret_gist_is_kept_out_of_caches(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(SECRET_GIST, public=False))
    answer = client.get(f"/gist/{SECRET_GIST}/history")
    assert "private" in answer.headers["Cache-Control"]
    assert "noindex" in answer.text


def test_hostile_names_are_escaped(world: World, client: FlaskClient) -> None:
    bad = replace(OLD, user="<script>", committed_at="<b>")
    world.github.add(a_gist(owner="<i>", files={"<img>.py": "<script>"}, history=(bad,)))
    page = client.get(URL).text
    assert "<script>" not in page
    assert "<img>" not in page


@pytest.mark.parametrize("query", ["from=xyz", "to=../x", f"from={'f' * 40}&to={'e' * 40}"])
def test_bad_revisions_are_refused(edited: World, client: FlaskClient, query: str) -> None:
    assert client.get(f"{URL}?{query}").status_code in (400, 404)
