"""`output.svg`: always 200 and at once, as a README shows it; tried as an `<img>` on a page of another origin."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from gistrun.errors import GitHubUnavailable
from gistrun.model import Outcome, State
from gistrun.render.svg.picture import LARGEST
from tests.fakes import Tap, err, failed, out, passed, taken
from tests.web.conftest import GIST, NEXT_REVISION, OTHER_GIST, REVISION, SECRET_GIST, World, a_gist

URL = f"/gist/{GIST}/output.svg"
SVG = "{http://www.w3.org/2000/svg}"


def texts(client: FlaskClient, path: str = URL, **options: Any) -> list[str]:
    """All texts of the picture: the bar's, then the terminal's."""
    answer = client.get(path, **options)
    assert answer.status_code == 200
    assert answer.content_type == "image/svg+xml; charset=utf-8"
    assert answer.get_etag()[1] is False  # strong
    assert len(answer.data) <= LARGEST
    assert "no-cache" in answer.headers["Cache-Control"]
    return [each.text or "" for each in ElementTree.fromstring(answer.data).iter(f"{SVG}text")]


def prints(world: World, *events: Any) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), *events]


def test_the_last_lines_and_how_it_ended(world: World, client: FlaskClient) -> None:
    prints(world, *(out(f"line {n}\n") for n in range(50)), err("oh\n"), failed())
    run = world.run()
    said = texts(client, f"{URL}?lines=3")
    assert said[:2] == ["failing", "main.py"]
    assert "exit status 1" in said[2]
    assert run.toolchain
    assert run.toolchain in said[2]
    assert said[3:] == ["line 48", "line 49", "oh"]
    answer = client.get(URL)
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert client.get(URL, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_kept_picture_is_one_read_of_redis(world: World, client: FlaskClient) -> None:
    world.run()
    first = client.get(URL)
    world.store.streams.current_events = None  # type: ignore[assignment, method-assign] # nothing renders it again
    world.store.ends.last = None  # type: ignore[assignment, method-assign]
    again = client.get(URL)
    assert (again.status_code, again.data) == (200, first.data)


def test_a_new_result_is_a_new_picture(world: World, client: FlaskClient) -> None:
    world.run()
    tag = client.get(URL).headers["ETag"]
    prints(world, out("other\n"), passed())
    world.run(rerun=True)
    assert client.get(URL, headers={"If-None-Match": tag}).status_code == 200
    assert texts(client)[3:] == ["other"]


def test_under_way(world: World, client: FlaskClient) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    opened = world.open(GIST)
    assert opened.run
    assert texts(client) == ["queued", "main.py", "It has printed nothing yet."]
    tap.put(taken(), out("so far\n"))
    while not (events := world.store.streams.events(opened.run.id)) or events[-1].name != "output":
        pass
    said = texts(client, f"{URL}?animate=1")
    assert (said[0], said[-1]) == ("running", "so far")
    tap.put(passed())
    world.queue.join()
    assert texts(client)[0] == "passing"


def test_no_result(world: World, client: FlaskClient) -> None:
    assert texts(client)[0] == "queued"
    assert world.github.asked == []  # never by the picture
    assert world.revisit() == [GIST]
    assert texts(client)[0] == "passing"
    world.runs.revisit(OTHER_GIST)
    assert texts(client, f"/gist/{OTHER_GIST}/output.svg")[0] == "not found"
    assert texts(client, "/gist/xyz/output.svg")[0] == "not found"
    assert texts(client, f"{URL}?file=none.py")[0] == "not found"
    assert texts(client, f"{URL}?sha={NEXT_REVISION}")[0] == "not found"
    assert texts(client, f"{URL}?sha=x")[0] == "not found"
    assert texts(client, f"{URL}?args='")[0] == "not found"
    assert texts(client, URL, headers={"Host": "<script>"})[0] == "not found"


def test_nothing_to_run(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"notes.md": ""}))
    world.runs.revisit(GIST)
    assert texts(client)[0] == "not runnable"
    assert len(texts(client)) > 1  # why


def test_nothing_printed(world: World, client: FlaskClient) -> None:
    prints(world, passed())
    world.run()
    assert texts(client)[-1] == "It printed nothing."


def test_our_own_error(world: World, client: FlaskClient) -> None:
    prints(world, Outcome(State.ERROR, message="No sandbox could be made."))
    world.run()
    assert texts(client)[-1] == "gistrun: No sandbox could be made."


def test_while_github_is_away_the_picture_says_so(world: World, client: FlaskClient) -> None:
    world.run()
    before = client.get(URL).data
    world.clock.forward(61)
    world.github.error = GitHubUnavailable("GitHub does not answer.", retry_after=60)
    client.get(URL)
    world.revisit()
    said = texts(client)
    assert said[0] == "passing"
    assert "GitHub does not answer." in " ".join(said)
    world.github.error = None
    world.clock.forward(61)
    client.get(URL)
    world.revisit()
    assert client.get(URL).data == before


def test_a_pinned_revision(world: World, client: FlaskClient) -> None:
    prints(world, out("old\n"), passed())
    world.run()
    prints(world, out("new\n"), passed())
    world.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "print(2)"}))
    world.clock.forward(61)
    client.get(URL)
    world.revisit()
    answer = client.get(f"/gist/{GIST}/{REVISION}/output.svg")
    assert answer.headers["Location"] == f"{URL}?sha={REVISION}"
    assert texts(client, f"{URL}?sha={REVISION}")[-1] == "old"
    assert texts(client)[-1] == "new"


def test_arguments(world: World, client: FlaskClient) -> None:
    world.run()
    assert texts(client, f"{URL}?args=a")[0] in ("queued", "running", "passing")
    world.queue.join()
    assert texts(client, f"{URL}?args=a")[0] == "passing"
    run = world.store.runs.get(world.queue.executes[-1].run)
    assert run
    assert run.args == ("a",)


@pytest.mark.parametrize("query", ["lines=0", "lines=x", f"lines={10**9}", "width=1", "width=-1", "width=٣", "lines="])
def test_sizes_that_cannot_be(world: World, client: FlaskClient, query: str) -> None:
    prints(world, out("x\n" * 1000), passed())
    world.run()
    root = ElementTree.fromstring(client.get(f"{URL}?{query}").data)
    assert 0 < float(root.attrib["height"]) < 2000
    assert 300 < float(root.attrib["width"]) < 2000


def test_animate(world: World, client: FlaskClient) -> None:
    prints(world, out("one\n", 0.0), out("two\n", 1.0), passed())
    world.run()
    assert "@keyframes" not in client.get(f"{URL}?animate=0").text
    for query in ("animate", "animate=1", "animate=true"):
        assert "@keyframes" in client.get(f"{URL}?{query}").text


def test_a_secret_gist_is_private(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(SECRET_GIST, public=False))
    world.run(SECRET_GIST)
    answer = client.get(f"/gist/{SECRET_GIST}/output.svg")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    for query in ("file=none.py", "args=new"):
        answer = client.get(f"/gist/{SECRET_GIST}/output.svg?{query}")
        assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_method_that_it_does_not_take(client: FlaskClient) -> None:
    answer = client.post(URL)
    assert answer.status_code == 405
    assert ElementTree.fromstring(answer.data).tag == f"{SVG}svg"


def test_runs_that_pictures_start_count_against_the_rate(world: World, client: FlaskClient) -> None:
    world.run()
    services = world.app.extensions["gistrun"]
    for _ in range(services.settings.rate.count):
        services.budgets.admit("somebody")
    client.get(f"{URL}?args=1")
    world.queue.join()
    assert len(world.queue.executes) == 2


# In a browser

#: What shows cells: two bars of blocks with a wide character or two columns between them, one below the other.
CELLS = "\x1b[41m \x1b[0m漢\x1b[41m \x1b[0m\n\x1b[41m \x1b[0m😀\x1b[41m \x1b[0m\n\x1b[41m \x1b[0m  \x1b[41m \x1b[0m\n"


@pytest.fixture
def readme(world: World, live: str, serve: Callable[[Flask], str]) -> str:
    """A page of another origin, with GitHub's policy, that shows the picture."""
    app = Flask(__name__)

    @app.get("/")
    def page() -> Response:
        made = Response(
            '<!doctype html><meta name="color-scheme" content="light dark"><body style="margin:0">'
            f'<img src="{live}{URL}" alt="output">'
        )
        made.headers["Content-Security-Policy"] = f"default-src 'none'; img-src {live}; style-src 'unsafe-inline'"
        return made

    return serve(app)


def pixels(page: Page) -> list[list[tuple[int, ...]]]:
    """What the page shows, by row."""
    shot = base64.b64encode(page.screenshot()).decode()
    read = page.context.browser.new_page()  # type: ignore[union-attr] # without a policy
    data = read.evaluate(
        """async (shot) => {
          const image = new Image(); image.src = `data:image/png;base64,${shot}`; await image.decode();
          const canvas = document.createElement('canvas');
          [canvas.width, canvas.height] = [image.width, image.height];
          const context = canvas.getContext('2d'); context.drawImage(image, 0, 0);
          const rows = Array.from({length: image.height}, (_, y) => context.getImageData(0, y, image.width, 1).data);
          return rows.map((row) => btoa(String.fromCharCode(...row)));
        }""",
        shot,
    )
    read.close()
    rows = [base64.b64decode(row) for row in data]
    return [[tuple(row[at : at + 3]) for at in range(0, len(row), 4)] for row in rows]


def shown(browser: Browser, url: str, scheme: Any) -> list[list[tuple[int, ...]]]:
    page = browser.new_page(color_scheme=scheme, viewport={"width": 560, "height": 140})
    page.goto(url)
    page.wait_for_function("document.images[0].complete && document.images[0].naturalWidth > 0")
    made = pixels(page)
    page.close()
    return made


def test_as_an_image_of_another_origin_in_the_light_and_in_the_dark(
    world: World, readme: str, browser: Browser
) -> None:
    prints(world, out("\x1b[32m" + "█" * 20 + "\n"), passed())
    world.run()
    light, dark = shown(browser, readme, "light"), shown(browser, readme, "dark")
    assert (light[50][400], dark[50][400]) == ((0xF6, 0xF8, 0xFA), (0x15, 0x1B, 0x23))
    # The blocks are one area: neither a font nor rounding leaves a seam between them.
    for picture, green in ((light, (0x11, 0x63, 0x29)), (dark, (0x3F, 0xB9, 0x50))):
        assert all(abs(a - b) <= 2 for point in picture[50][18:174] for a, b in zip(point, green, strict=True))
        assert picture[50][178] != green


def test_wide_characters_keep_to_their_cells(world: World, readme: str, browser: Browser) -> None:
    prints(world, out(CELLS), passed())
    world.run()
    picture = shown(browser, readme, "light")
    red = (0xCF, 0x22, 0x2E)
    for row in range(3):
        line = picture[42 + 16 * row + 8]
        assert [x for x, point in enumerate(line) if point == red] == [*range(16, 24), *range(40, 48)]


def test_opened_by_itself_it_runs_nothing_and_asks_for_nothing(world: World, live: str, page: Page, alarm: Any) -> None:
    prints(world, out("<script>alert(1)</script>\x1b]8;;javascript:alert(1)\x07x\n"), passed())
    world.run()
    answer = page.goto(live + URL)
    assert answer
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert page.evaluate("getComputedStyle(document.querySelector('text')).whiteSpace") == "pre"
    assert page.evaluate("document.querySelectorAll('script, a, image, foreignObject').length") == 0
    assert alarm.rang == []


def test_a_reader_who_wants_nothing_to_move_sees_the_end(world: World, live: str, browser: Browser) -> None:
    prints(world, out("one\n", 0.0), out("two\n", 1.0), passed())
    world.run()
    for motion, moving in (("reduce", False), ("no-preference", True)):
        page = browser.new_page(reduced_motion=motion)  # type: ignore[arg-type]
        page.goto(f"{live}{URL}?animate=1")
        assert bool(page.evaluate("document.getAnimations().length")) is moving
        assert page.evaluate("getComputedStyle([...document.querySelectorAll('text')].at(-1)).visibility") == (
            "hidden" if moving else "visible"
        )
        page.close()


def test_the_page_gives_the_picture_for_a_readme_whatever_the_file_is_called(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"x).py": "print(1)\n"}))
    world.run()
    page = client.get(f"/gist/{GIST}?file=x).py").get_data(as_text=True)
    (markdown,) = re.findall(r'value="(\[!\[Output\][^"]*)"', page)
    assert re.fullmatch(
        r"\[!\[Output\]\([^()]+/output\.svg\?file=x%29[^()]+\)\]\([^()]+\?file=x%29[^()]+\)", markdown
    ), markdown
