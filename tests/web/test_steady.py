"""What a page shows stays where it is, can be reached, and floods nobody who listens to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from gistrun.model import Output, Phase, Stream
from tests.fakes import Tap, out, passed, taken
from tests.web.conftest import GIST, REVISION, World, a_gist

PHONES = (320, 360, 375, 390, 412, 430)
LONG = "".join(f"# line {number}\n" for number in range(93))
LINES = "".join(f"line {number}\n" for number in range(200))

#: Gathers every shift of the layout, with what moved.
SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      window.shifts.push([entry.value, entry.sources.map(({ node }) =>
        node ? (node.outerHTML ?? node.parentElement?.outerHTML ?? node.textContent).slice(0, 80) : "")]);
    }
  }).observe({ type: "layout-shift", buffered: true });
"""


def ends(world: World) -> None:
    world.github.add(a_gist(files={"main.py": LONG, "README.md": "# Title\n"}))
    world.sandboxes.scripts["main.py"] = [taken(), out("hello\n"), passed()]
    world.run()


@pytest.mark.parametrize("width", PHONES)
def test_nothing_moves_on_a_kept_page(world: World, page: Page, live: str, width: int) -> None:
    ends(world)
    page.add_init_script(SHIFTS)
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#checked")).to_contain_text("just now")
    expect(page.get_by_role("button", name="Replay")).to_be_visible()
    for seconds in (1, 12, 70, 4000, 400000):
        world.clock.forward(seconds)
        page.evaluate("(at) => { document.getElementById('checked').textContent = at; }", f"{seconds} seconds ago")
        page.wait_for_timeout(60)
    assert page.evaluate("shifts") == []


@pytest.mark.parametrize("width", [*PHONES, 1280])
def test_nothing_moves_while_others_come_and_the_run_ends(world: World, page: Page, live: str, width: int) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    tap.put(taken(), out("one\n"))
    page.add_init_script(SHIFTS)
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#output")).to_have_text("one\n")
    top = page.locator(".top").bounding_box()
    watching = "Object.assign(document.createElement('span'), {className: 'whole', textContent: 'people are '})"
    for count in (27, 1234):
        page.evaluate(f"document.getElementById('viewers').replaceChildren('{count} ', {watching}, 'watching')")
        page.wait_for_timeout(60)
        assert page.locator(".top").bounding_box() == top
        if count == 27:
            assert page.locator("#viewers").evaluate("(each) => each.scrollWidth <= each.clientWidth")
    tap.put(out("two\n"), passed())
    expect(page.get_by_role("button", name="Replay")).to_be_visible()
    assert page.locator(".top").bounding_box() == top
    bar = page.locator("#bar").bounding_box()
    page.wait_for_timeout(1200)
    assert page.locator("#bar").bounding_box() == bar


@pytest.mark.parametrize("height", [720, 900])
def test_the_form_is_beside_long_output_in_the_window(world: World, page: Page, live: str, height: int) -> None:
    world.github.add(a_gist(files={"main.py": LONG}))
    world.sandboxes.scripts["main.py"] = [taken(), out(LINES), passed()]
    world.run()
    page.set_viewport_size({"width": 1280, "height": height})
    page.goto(f"{live}/gist/{GIST}")
    page.evaluate("document.getElementById('ask').open = true")
    page.mouse.wheel(0, 400)
    page.wait_for_timeout(200)
    box = page.locator("#run").bounding_box()
    assert box
    assert box["y"] + box["height"] <= height
    button = page.locator("#ask").get_by_role("button", name="Run")
    button.evaluate("(each) => each.scrollIntoView({ block: 'nearest' })")
    place = button.bounding_box()
    assert place
    assert place["y"] + place["height"] <= height
    assert page.evaluate("scrollY") <= 400
    assert page.locator("#output").evaluate("(each) => each.clientHeight") >= 190
    page.locator("#figures summary").click()
    page.locator("#figures dd").last.scroll_into_view_if_needed()
    expect(page.locator("#figures dd").last).to_be_in_viewport()


def test_a_hint_leads_to_its_field(world: World, page: Page, live: str) -> None:
    world.github.add(a_gist(files={"main.py": LONG}))
    world.sandboxes.scripts["main.py"] = [taken(), out(LINES), passed()]
    world.run()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{live}/gist/{GIST}")
    page.evaluate(
        """document.getElementById("summary").insertAdjacentHTML("beforeend",
            '<p class="notice hint"><a href="#args">To the arguments</a></p>')"""
    )
    page.get_by_role("link", name="To the arguments").click()
    expect(page.locator("#args")).to_be_focused()
    expect(page.locator("#args")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("lines", ["L60-L70", "L60", "L10-L12"])
def test_all_lines_of_a_range_are_in_sight(world: World, page: Page, live: str, lines: str) -> None:
    world.github.add(a_gist(files={"main.py": "".join(f"x = {number}\n" for number in range(4000))}))
    world.run()
    page.set_viewport_size({"width": 1280, "height": 800})
    for prefix in ("", "30"):
        first, _, last = lines.replace("L", "L" + prefix).partition("-")
        page.goto("about:blank")
        page.goto(f"{live}/gist/{GIST}#file-main-py-{first}{'-' + last if last else ''}")
        for line in (first, last or first):
            expect(page.locator(f"#file-main-py-{line}")).to_be_in_viewport(ratio=1)
            box = page.locator(f"#file-main-py-{line}").bounding_box()
            assert box
            assert 70 < box["y"] < 700


def test_a_long_word_begins_beside_its_number(world: World, page: Page, live: str) -> None:
    world.github.add(a_gist(files={"main.py": "x" * 30000 + "\n"}))
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    page.get_by_label("Wrap lines of main.py").check()
    number, text = page.evaluate(
        """() => {
          const line = document.querySelector(".source > span");
          const range = document.createRange();
          range.selectNodeContents([...line.childNodes].find((node) => node.textContent.includes("xxx")));
          return [line.querySelector("a").getBoundingClientRect().top, range.getClientRects()[0].top];
        }"""
    )
    assert abs(number - text) < 4
    page.emulate_media(media="print")
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_player_fits_and_keeps_its_form(world: World, page: Page, live: str, width: int) -> None:
    world.sandboxes.scripts["main.py"] = [
        taken(),
        *(Output(at, Stream.STDOUT, Phase.RUN, f"{at}\n") for at in (0.0, 30.0, 60.0)),
        passed(),
    ]
    world.run()
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(f"{live}/gist/{GIST}")
    page.get_by_role("button", name="Replay").click()
    slider, play = page.get_by_role("slider", name="Position"), page.locator("#player .play")
    expect(play).to_have_text("Pause")
    pausing = play.bounding_box()
    play.click()
    expect(play).to_have_text("Play")
    assert play.bounding_box() == pausing
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert slider.bounding_box()["width"] >= 96  # type: ignore[index]
    slider.fill("0")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "3.00 of 60.00 s")
    slider.press("PageUp")
    expect(slider).to_have_attribute("aria-valuetext", "15.00 of 60.00 s")
    slider.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "12.00 of 60.00 s")
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "60.00 of 60.00 s")


#: Gathers what a live region says.
HEARD = """
  window.heard = [];
  addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => {
    for (const { target } of changes) {
      const region = (target.nodeType === 1 ? target : target.parentElement)
        ?.closest("[aria-live], [role=status], [role=log], [role=alert]");
      if (region && region.getAttribute("aria-live") !== "off") window.heard.push(region.textContent.trim());
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true }));
"""


def test_a_flood_is_told_in_a_few_words(world: World, page: Page, serve: Callable[[Flask], str]) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    tap.put(taken())
    page.add_init_script(HEARD)
    page.goto(f"{serve(world.app)}/gist/{GIST}")
    for _ in range(30):
        tap.put(out("a line of output\n" * 100))
        page.wait_for_timeout(50)
    expect(page.locator("#told")).to_contain_text("lines of output so far.")
    tap.put(passed())
    expect(page.locator("#told")).to_contain_text("The run has ended: passed. 3,000 lines of output.")
    heard = page.evaluate("heard")
    assert sum(map(len, heard)) < 2000, heard
    assert not any("a line of output" in each for each in heard)


def test_paper_has_no_buttons_and_nothing_folded(world: World, page: Page, live: str) -> None:
    world.github.add(a_gist(files={"main.py": LONG, "README.md": "# Title\n"}))
    world.sandboxes.scripts["main.py"] = [taken(), out("x" * 200 + "\n"), passed()]
    world.run()
    for address in (f"/gist/{GIST}", f"/gist/{GIST}/{REVISION}"):
        page.set_viewport_size({"width": 718, "height": 1000})
        page.goto(live + address)
        page.emulate_media(media="print")
        for name in ("Wrap", "Copy", "Raw", "Preview", "Code", "Figures", "Replay", "Run again", "Share", "Keys"):
            expect(page.get_by_text(name, exact=True).first).to_be_hidden()
        marks = """[...document.querySelectorAll("summary")].filter((each) => each.getClientRects().length)
            .map((each) => getComputedStyle(each, "::before").content)"""
        assert set(page.evaluate(marks)) == {"none"}
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
        page.emulate_media(media="screen")
