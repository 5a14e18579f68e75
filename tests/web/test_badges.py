"""Badges always answer 200 at once, from what is stored."""

from __future__ import annotations

import base64
import time
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from gistrun.model import Checks, Image, Outcome, SandboxTaken, State
from gistrun.render.badge import logos
from tests.fakes import TOOLCHAIN, Tap, failed, passed, taken
from tests.web.conftest import GIST, NEXT_REVISION, OTHER_GIST, Alarm, World, a_gist

BADGE = f"/gist/{GIST}/badge.json"


def message(client: FlaskClient, path: str = BADGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert answer.get_etag()[1] is False  # strong
    return str(answer.get_json()["message"])


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.PASSED, "passing"),
        (State.FAILED, "failing"),
        (State.TIMED_OUT, "timed out"),
        (State.OUT_OF_MEMORY, "out of memory"),
        (State.OUTPUT_LIMIT, "too much output"),
    ],
)
def test_the_last_result(world: World, client: FlaskClient, state: State, said: str) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), Outcome(state)]
    world.run()
    assert message(client) == said


def test_under_way(world: World, client: FlaskClient) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    opened = world.open(GIST)
    assert opened.run
    assert message(client) == "queued"
    tap.put(taken())
    while (run := world.store.runs.get(opened.run.id)) and run.state is State.QUEUED:
        time.sleep(0.01)
    assert message(client) == "running"
    tap.put(passed())
    world.queue.join()
    assert message(client) == "passing"


def test_the_kept_result_stays_until_a_rerun_has_ended(world: World, client: FlaskClient) -> None:
    world.run()
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    world.open(GIST, rerun=True)
    assert message(client) == "passing"
    tap.put(taken(), failed())
    world.queue.join()
    assert message(client) == "failing"


def test_an_unknown_gist_is_asked_for_behind_the_badge_and_never_by_it(world: World, client: FlaskClient) -> None:
    assert [message(client) for _ in range(3)] == ["queued"] * 3
    assert world.github.asked == []
    assert world.revisit() == [GIST]
    assert message(client) == "passing"


def test_a_shown_badge_has_its_gist_revisited_once_an_interval(world: World, client: FlaskClient) -> None:
    world.run()
    assert [message(client) for _ in range(3)] == ["passing"] * 3
    assert world.revisit() == []
    world.clock.forward(61)
    world.sandboxes.scripts["main.py"] = [taken(), failed()]
    world.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "print(2)"}))
    assert [message(client) for _ in range(3)] == ["passing"] * 3
    assert world.revisit() == [GIST]
    assert message(client) == "failing"


def test_a_badge_whose_end_is_kept_no_longer_has_it_run_again(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), Outcome(State.TIMED_OUT)]
    world.run()
    for name in world.store.client.keys("gistrun:ended:*") + world.store.client.keys("gistrun:kept:*"):
        world.store.client.delete(name)  # as it is after ten minutes
    world.sandboxes.scripts["main.py"] = [taken(), passed()]
    assert message(client) in ("queued", "running", "passing")
    world.queue.join()
    assert message(client) == "passing"
    assert len(world.queue.executes) == 2


def test_file(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"main.py": "", "b.py": "", "notes.md": ""}))
    world.sandboxes.scripts["b.py"] = [taken(), failed()]
    world.run()
    asked = len(world.github.asked)
    assert message(client, f"{BADGE}?file=b.py") in ("queued", "running", "failing")
    world.queue.join()
    assert message(client, f"{BADGE}?file=b.py") == "failing"
    assert message(client) == "passing"
    assert message(client, f"{BADGE}?file=notes.md") == "not runnable"
    assert message(client, f"{BADGE}?file=none.py") == "not found"
    assert len(world.github.asked) == asked


def test_not_runnable(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"notes.md": ""}))
    world.runs.revisit(GIST)
    assert message(client) == "not runnable"


def test_a_gist_toml_that_is_not_well_formed(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"main.py": "", "gist.toml": "colour = 1"}))
    world.runs.revisit(GIST)
    assert message(client) == "not runnable"


@pytest.mark.parametrize("gist_id", ["xyz", "a" * 41, "%3Csvg%3E"])
def test_a_bad_id_is_not_found(client: FlaskClient, gist_id: str) -> None:
    assert message(client, f"/gist/{gist_id}/badge.json") == "not found"


def test_a_gist_that_github_does_not_have(world: World, client: FlaskClient) -> None:
    world.runs.revisit(OTHER_GIST)
    assert message(client, f"/gist/{OTHER_GIST}/badge.json") == "not found"


def test_svg(world: World, client: FlaskClient) -> None:
    world.run()
    answer = client.get(f"/gist/{GIST}/badge.svg", query_string={"label": '"><script>', "style": "plastic"})
    assert answer.content_type == "image/svg+xml; charset=utf-8"
    root = ElementTree.fromstring(answer.text)
    assert root.attrib["aria-label"] == '"><script>: passing'
    assert "style=" not in answer.text


@pytest.mark.parametrize("kind", ["svg", "json"])
def test_an_unchanged_badge_is_304(world: World, client: FlaskClient, kind: str) -> None:
    world.run()
    path = f"/gist/{GIST}/badge.{kind}"
    tag = client.get(path).headers["ETag"]
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == "public, no-cache"
    world.sandboxes.scripts["main.py"] = [taken(), failed()]
    world.run(rerun=True)
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_the_colours_and_the_seconds_that_were_asked_for(world: World, client: FlaskClient) -> None:
    world.run()
    asked = {"color": "#f0f", "labelColor": "rebeccapurple", "cacheSeconds": "3600"}
    drawn = client.get(f"/gist/{GIST}/badge.svg", query_string=asked)
    assert 'fill="#f0f"' in drawn.text
    assert 'fill="rebeccapurple"' in drawn.text
    told = client.get(BADGE, query_string=asked).get_json()
    assert (told["color"], told["labelColor"], told["cacheSeconds"]) == ("#f0f", "rebeccapurple", 3600)
    for seconds in ("", "x", "-1", "1.5", "9" * 40, "٣"):
        answer = client.get(BADGE, query_string={"cacheSeconds": seconds})
        assert (answer.status_code, "cacheSeconds" in answer.get_json()) == (200, False)


def test_the_endpoint_has_the_badges_words(world: World, client: FlaskClient) -> None:
    world.run()
    answer = client.get(BADGE, query_string={"label": "my gist"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.get_json() == {
        "schemaVersion": 1,
        "label": "my gist",
        "message": "passing",
        "color": "brightgreen",
        "isError": False,
    }


RED = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0H9V9H0Z" fill="#f00"/></svg>'
DATA = "data:image/svg+xml;base64," + base64.b64encode(RED.encode()).decode()


def test_details_that_were_asked_for(world: World, client: FlaskClient) -> None:
    ended = Outcome(State.FAILED, duration_ms=41, checks=Checks(2, 1))
    world.sandboxes.scripts["main.py"] = [taken(), ended]
    world.run()
    assert message(client) == "2/3"
    assert message(client, f"{BADGE}?show=checks,time&show=revision") == "failing · 2/3 · 41 ms · 4444444"
    assert message(client, f"{BADGE}?show=toolchain,nothing,version") == f"2/3 · {TOOLCHAIN} · 3.14"
    assert message(client, f"/gist/{OTHER_GIST}/badge.json?show=time") == "queued"


def test_a_version_has_its_own_badge(world: World, client: FlaskClient) -> None:
    world.run()
    world.store.images.publish(Image("python@3.13", "sha256:" + "2" * 64, "Python 3.13.5"))
    world.sandboxes.scripts["main.py"] = [taken(), failed()]
    assert message(client, f"{BADGE}?version=3.13") in ("queued", "running", "failing")
    world.queue.join()
    assert message(client, f"{BADGE}?version=3.13") == "failing"
    assert message(client) == "passing"
    assert message(client, f"{BADGE}?version=3.0") == "not found"


def test_a_result_that_a_toolchain_changed_is_amber(world: World, client: FlaskClient) -> None:
    world.run()
    assert message(client) == "passing"
    new = Image("python", "sha256:" + "2" * 64, "Python 3.14.2")
    world.store.images.publish(new)
    world.sandboxes.scripts["main.py"] = [SandboxTaken(new.digest, new.toolchain), failed()]
    world.run(rerun=True)
    shown = client.get(BADGE).get_json()
    assert (shown["message"], shown["color"]) == ("changed on Python 3.14", "ffbf00")
    assert message(client, f"{BADGE}?file=main.py") in ("queued", "running", "failing")
    # An edit ends it.
    world.queue.join()
    world.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "print(2)"}))
    world.runs.revisit(GIST)
    world.queue.join()
    assert message(client) == "failing"


def test_logos(world: World, client: FlaskClient) -> None:
    world.run()

    def logo(asked: str) -> str | None:
        document = client.get(f"/gist/{GIST}/badge.svg", query_string={"logo": asked}).text
        image = ElementTree.fromstring(document).find(".//{http://www.w3.org/2000/svg}image")
        return None if image is None else image.get("href")

    own = logos.from_bytes((world.known["python"].logo or "").encode())
    assert [logo(asked) for asked in ("python", "Python", " PYTHON ", "auto")] == [own] * 4
    assert logo("c++") == logo("cpp") != own
    assert logo(DATA) == DATA
    for refused in (
        "",
        "nothing",
        "https://example.org/a.png",
        "data:text/html;base64,YQ==",
        "data:",
        "data:" + "x" * 9999,
    ):
        assert logo(refused) is None
    assert client.get(BADGE, query_string={"logo": DATA}).get_json()["logoSvg"] == RED


def test_links(world: World, client: FlaskClient) -> None:
    world.run()
    links = ["https://a.example/?b=1&c", "javascript:alert(1)", "https://third.example/"]
    drawn = client.get(f"/gist/{GIST}/badge.svg", query_string={"link": links})
    addresses = [each.get("href") for each in ElementTree.fromstring(drawn.text).iter("{http://www.w3.org/2000/svg}a")]
    assert addresses == [links[0]]


def test_a_badge_with_a_picture_is_kept_too(world: World, client: FlaskClient) -> None:
    world.run()
    path = f"/gist/{GIST}/badge.svg?" + urlencode({"logo": DATA, "label": "x" * 600})
    first = client.get(path)
    [names] = [world.store.client.hkeys(name) for name in world.store.client.keys("gistrun:rendered:*")]
    assert len([name for name in names if not name.startswith((b"body", b"mark"))]) == 1
    assert max(map(len, names)) < 100
    world.store.gists.latest_revision = None  # type: ignore[method-assign, assignment]
    assert client.get(path).data == first.data


def test_whoever_opens_a_badge_can_only_look_and_leave(world: World, page: Page, live: str, alarm: Alarm) -> None:
    world.run()
    address = f"{live}/gist/{GIST}/badge.svg?" + urlencode({"logo": DATA, "link": f"{live}/healthz"})
    opened = page.goto(address)
    assert opened
    assert "sandbox" in opened.headers["content-security-policy"]
    assert "script" not in opened.headers["content-security-policy"]
    with page.expect_popup() as popup:
        page.locator("text").last.click()
    popup.value.wait_for_url("**/healthz")
    assert alarm.rang == []


def test_the_logo_is_seen_in_an_image(world: World, page: Page, live: str) -> None:
    world.run()
    page.goto(f"{live}/healthz")
    address = f"/gist/{GIST}/badge.svg?" + urlencode({"logo": DATA, "style": "flat-square"})
    pixels = """async (address) => {
        const image = new Image();
        image.src = address;
        await image.decode();
        const canvas = document.createElement("canvas").getContext("2d");
        canvas.drawImage(image, 0, 0);
        return [12, 2].map((x) => [...canvas.getImageData(x, 10, 1, 1).data]);
    }"""
    assert page.evaluate(pixels, address) == [[255, 0, 0, 255], [85, 85, 85, 255]]


@pytest.mark.parametrize("markup", ["Markdown", "HTML", "reStructuredText", "AsciiDoc"])
def test_the_page_gives_the_badge_to_copy(world: World, page: Page, live: str, alarm: Alarm, markup: str) -> None:
    world.run()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{live}/gist/{GIST}?file=main.py")
    page.click("#share > summary")
    if markup != "Markdown":
        page.click("#share details summary")
    page.click(f"#share button[aria-label='Copy badge, in {markup}']")
    page.wait_for_selector("text=Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"{live}/gist/{GIST}/badge.svg?file=main%2Epy" in copied.replace("main.py", "main%2Epy")
    assert alarm.rang == []
