"""How pages are laid out: what is in sight at which width, what can be hit with a finger, large type, paper."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from gistrun.model import Phase
from tests.conftest import CHROMIUM
from tests.fakes import Tap, err, failed, out, passed, taken
from tests.web.conftest import GIST, World, a_gist
from tests.web.test_accessible import STATES

WIDTHS = (320, 360, 390, 480, 600, 719, 720, 834, 959, 960, 1024, 1100, 1199, 1200, 1279, 1280, 1366, 1440, 1920, 2560)
WIDE = "".join(f"{n:03}" + "x" * 97 + "\n" for n in range(200))
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><path d="M0 0h40v40z"/></svg>'

#: What of the page sticks out at a side, as a few words each.
STICKS_OUT = """() => {
  const root = document.scrollingElement;
  return root.scrollWidth > root.clientWidth
    ? [...document.querySelectorAll("body *")]
        .filter((each) => each.getBoundingClientRect().right > root.clientWidth + 1)
        .slice(0, 5).map((each) => `${each.tagName} ${each.className} ${each.id}`)
    : [];
}"""
#: What can be clicked and is lower or narrower than 24 px, but for links within a text (WCAG 2.5.8).
SMALL = """() => [...document.querySelectorAll("a[href], button, summary, input, select, textarea, label:has(input)")]
  .filter((each) => {
    if (each.closest(".source, .skip, .output, .markdown, .description, dialog:not([open])")) return false;
    const within = each.matches("a") && each.closest("p, dd, li")?.textContent.trim() !== each.textContent.trim()
      && getComputedStyle(each).display === "inline";
    const label = each.matches("input") && each.closest("label");
    const { width, height } = (label || each).getBoundingClientRect();
    return !within && width > 0 && height > 0 && (width < 24 || height < 24);
  })
  .map((each) => `${each.outerHTML.slice(0, 80)} ${JSON.stringify(each.getBoundingClientRect())}`)"""
#: Texts of one line that are cut off where nothing tells so.
CUT = """() => [...document.querySelectorAll("button, summary, .pill, dt, dd, h2, label, .tag, .file-tools a")]
  .filter((each) => each.getClientRects().length && getComputedStyle(each).overflowX !== "visible"
    && getComputedStyle(each).textOverflow !== "ellipsis" && !getComputedStyle(each).clipPath.startsWith("inset")
    && each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.outerHTML.slice(0, 100))"""


#: What has the focus, and how thick the ring around it is, or around what is seen in its place.
RING = """() => {
  const there = document.activeElement;
  const seen = [there, there.closest("label")].filter(Boolean);
  const rings = seen.map((each) => getComputedStyle(each)).filter(({ outlineStyle }) => outlineStyle !== "none");
  const name = there === document.body ? "BODY" : `${there.outerHTML.slice(0, 120)} ${there.getBoundingClientRect().y}`;
  return [name, Math.max(0, ...rings.map(({ outlineWidth }) => parseFloat(outlineWidth)))];
}"""


def release(world: World) -> None:
    for tap in world.sandboxes.scripts.values():
        if isinstance(tap, Tap):
            tap.put(taken(), passed())


@pytest.mark.parametrize("state", STATES)
def test_no_page_scrolls_to_the_side(world: World, page: Page, live: str, state: str) -> None:
    page.goto(live + STATES[state](world))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate(STICKS_OUT) == [], width
    release(world)


@pytest.mark.parametrize("state", STATES)
def test_a_finger_hits_everything(world: World, page: Page, live: str, state: str) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(live + STATES[state](world))
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.evaluate(SMALL) == []
    release(world)


@pytest.fixture
def large(playwright: Playwright) -> Any:
    """A browser whose reader has made all type twice as large."""
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", "--blink-settings=defaultFontSize=32,defaultFixedFontSize=26"]
    )
    yield browser
    browser.close()


@pytest.mark.parametrize("state", ["home", "running", "passed", "failed", "timed-out", "history", "owner"])
def test_type_twice_as_large_fits(world: World, large: Browser, live: str, state: str) -> None:
    path = STATES[state](world)
    for width in (640, 1280):
        page = large.new_page(viewport={"width": width, "height": 700})
        page.goto(live + path)
        assert page.evaluate("getComputedStyle(document.body).fontSize") == "28px"
        assert page.evaluate(STICKS_OUT) == [], width
        assert page.evaluate(CUT) == [], width
    release(world)


def facts(page: Page) -> list[str]:
    """The facts that the bar shows within the window, in order."""
    seen: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".bar .brief > div")].filter((each) => {
             const { left, right, width } = each.querySelector("dd").getBoundingClientRect();
             return width > 2 && left >= 0 && right <= innerWidth;
           }).map((each) => each.querySelector("dt").textContent)"""
    )
    return seen


@pytest.mark.parametrize("end", [passed(), failed(), replace(failed(), exit_code=None, signal="SIGSEGV")])
@pytest.mark.parametrize("width", [320, 390, 720, 960, 1280])
def test_the_bar_says_all_facts_at_every_width(world: World, page: Page, live: str, width: int, end: Any) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), out("x\n" * 200), end]
    world.run()
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(f"{live}/gist/{GIST}")
    status = "Signal" if end.signal else "Exit status"
    assert facts(page) == [status, "Duration", "Memory", "Toolchain", "Revision", "Checked"]
    page.evaluate("scrollTo(0, 400)")
    assert page.locator("#bar").bounding_box()["y"] == 0  # type: ignore[index]


@pytest.mark.parametrize("width", [601, 719, 834, 959])
def test_the_facts_are_in_one_row_where_there_is_room(world: World, page: Page, live: str, width: int) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), replace(failed(), exit_code=None, signal="SIGSEGV")]
    world.run()
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(f"{live}/gist/{GIST}")
    tops = page.locator(".bar .brief dd").evaluate_all("(all) => all.map((each) => each.getBoundingClientRect().top)")
    assert max(tops) - min(tops) < 2
    assert facts(page) == ["Signal", "Duration", "Memory", "Toolchain", "Revision", "Checked"]


@pytest.mark.parametrize("width", [320, 390, 719, 960])
def test_the_bar_keeps_its_height_when_a_run_ends(world: World, page: Page, live: str, width: int) -> None:
    world.sandboxes.scripts["main.py"] = tap = Tap()
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(f"{live}/gist/{GIST}")
    heights = []
    for events, words in (((), "queued"), ((taken(),), "running"), ((failed(),), "failed")):
        tap.put(*events)
        expect(page.locator("#standing .pill")).to_have_text(words)
        page.wait_for_timeout(200)
        heights.append(page.locator("#bar").bounding_box()["height"])  # type: ignore[index]
    tap.close()
    assert len(set(heights)) == 1, heights


@pytest.mark.parametrize("width", [1280, 1366, 1440, 1920])
def test_a_hundred_columns_stand_beside_the_code(world: World, page: Page, live: str, width: int) -> None:
    world.github.add(a_gist(files={"main.py": "print(1)\n"}))
    world.sandboxes.scripts["main.py"] = [taken(), out(WIDE), passed()]
    world.run()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live}/gist/{GIST}")
    output = page.locator("#output")
    assert output.evaluate("(each) => each.scrollHeight > each.clientHeight"), "there is no scroll bar to reckon with"
    assert output.evaluate("(each) => each.scrollWidth - each.clientWidth") == 0
    run, files = page.locator("#run").bounding_box(), page.locator(".files").bounding_box()
    assert run
    assert files
    assert files["x"] + files["width"] < run["x"]
    assert files["width"] >= 400


PIXELS = """async ([picture, places]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return places.map((left) => context.getImageData(image.width - left, image.height - 6, 1, 1).data[0]);
}"""


def edge(page: Page, selector: str) -> int:
    """How much the right edge of that element differs from what stands 40 px left of it, below its text."""
    taken = base64.b64encode(page.locator(selector).screenshot()).decode()
    blank = page.context.new_page()
    at_edge, inside = blank.evaluate(PIXELS, [taken, [3, 40]])
    blank.close()
    return abs(at_edge - inside)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_edge_tells_that_there_is_more(world: World, page: Page, live: str, scheme: Any) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), out("x" * 100 + "\n"), passed()]
    world.run()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto(f"{live}/gist/{GIST}")
    assert edge(page, "#output") > 8
    page.evaluate("document.getElementById('output').scrollLeft = 9999")
    page.wait_for_timeout(100)
    assert edge(page, "#output") <= 2


@pytest.mark.parametrize("width", [320, 360, 390])
def test_short_lines_fit_a_phone(world: World, page: Page, live: str, width: int) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), out("x" * (32 if width < 360 else 40) + "\n"), passed()]
    world.run()
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(f"{live}/gist/{GIST}")
    assert page.locator("#output").evaluate("(each) => each.scrollWidth - each.clientWidth") == 0
    assert edge(page, "#output") <= 2


@pytest.mark.parametrize("state", ["home", "running", "failed", "history", "compared", "owner", "not-found"])
def test_what_has_the_focus_has_a_ring(world: World, page: Page, live: str, state: str) -> None:
    page.goto(live + STATES[state](world))
    page.wait_for_timeout(150)
    page.evaluate("document.activeElement.blur()")
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name, ring = page.evaluate(RING)
        if name in seen or name == "BODY":
            break
        seen.add(name)
        assert ring >= 2, name
    assert len(seen) >= 3
    release(world)


def test_home_is_short_with_many_languages(world: World, page: Page, live: str) -> None:
    language = world.known["python"]
    for number in range(110 - len(world.known)):
        world.known[f"more{number}"] = replace(language, name=f"more{number}", title=f"Language {number}")
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(live)
    expect(page.locator(".offered li")).to_have_count(110)
    assert page.locator(".offered").bounding_box()["height"] < 1200  # type: ignore[index]


@pytest.mark.parametrize("javascript", [True, False])
def test_a_picture_has_no_ground_before_it_is_there(
    world: World, browser: Browser, live: str, javascript: bool
) -> None:
    world.github.add(a_gist(files={"main.py": "print(1)\n" * 100, "picture.svg": PICTURE}))
    world.run()
    page = browser.new_page(java_script_enabled=javascript, color_scheme="dark")
    held: list[Any] = []
    page.route("**/raw/**", lambda route: held.append(route))
    page.goto(f"{live}/gist/{GIST}", wait_until="commit")
    picture = page.locator(".picture img")
    page.wait_for_timeout(300)
    assert len(held) == 1, "a small picture is asked for with the page, wherever it stands"
    if javascript:
        expect(picture).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    held[0].continue_()
    expect(picture).to_have_css("background-color", "rgb(255, 255, 255)")


def test_paper_holds_what_is_folded(world: World, page: Page, live: str) -> None:
    world.github.add(a_gist(files={"main.py": "print(1)\n" * 300}))
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    last = page.locator("#file-main-py-L300")
    expect(last).to_be_hidden()
    for event, there in (("beforeprint", True), ("afterprint", False)):
        page.evaluate("(name) => window.dispatchEvent(new Event(name))", event)
        expect(last).to_be_visible(visible=there)


def test_paper_holds_everything(world: World, page: Page, live: str) -> None:
    world.github.add(a_gist(files={"main.py": "print('x')\n" + "# a long line " * 40 + "\n"}))
    world.sandboxes.scripts["main.py"] = [taken(), err("made\n", phase=Phase.COMPILE), out(WIDE), passed()]
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    page.set_viewport_size({"width": 718, "height": 1000})  # of A4
    page.emulate_media(media="print", color_scheme="light")
    for selector in ("#output", ".code"):
        rest = "(each) => [each.scrollWidth - each.clientWidth, each.scrollHeight - each.clientHeight]"
        assert page.locator(selector).evaluate(rest) == [0, 0], selector
    assert page.evaluate(STICKS_OUT) == []
    for selector in ("header.site", ".actions", "#ask", ".file-tools", ".tools"):
        expect(page.locator(selector).first).to_be_hidden()
    expect(page.locator("#bar")).to_have_css("position", "static")
