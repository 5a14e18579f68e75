"""Lines of the gist's files that the output names, in a real browser: links beside the file, live and kept alike."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from gistrun.model import Phase
from tests.fakes import Tap, err, failed, out, passed, taken
from tests.web.attacks import MARKUP
from tests.web.conftest import GIST, Alarm, World, a_gist
from tests.web.test_files import in_view, marked

TRACE = """Traceback (most recent call last):
  File \x1b[35m"/sandbox/gist/main.py"\x1b[0m, line \x1b[35m3\x1b[0m, in \x1b[35m<module>\x1b[0m
    helper.f()
  File "/sandbox/gist/helper.py", line 120, in f
ZeroDivisionError: division by zero
"""
FILES: dict[str, str | bytes] = {"main.py": "#\n" * 40, "helper.py": "#\n" * 300}


@pytest.fixture
def failing(world: World) -> World:
    world.github.add(a_gist(files=FILES))
    world.sandboxes.scripts["main.py"] = [
        taken(),
        err("main.py:2:1: warning\n", phase=Phase.COMPILE),
        err(TRACE),
        failed(),
    ]
    return world


def test_a_place_leads_to_its_line_live_and_kept(failing: World, page: Page, live: str, alarm: Alarm) -> None:
    for _ in range(2):  # live, then kept
        page.goto(f"{live}/gist/{GIST}")
        expect(page.locator("#standing .pill")).to_have_text("failed")
        links = page.locator("#output a")
        expect(links).to_have_text(
            ["main.py:2:1", '/sandbox/gist/main.py", line 3', '/sandbox/gist/helper.py", line 120']
        )
        links.nth(1).click()
        expect(page).to_have_url(re.compile("#file-main-py-L3$"))
        assert marked(page) == ["file-main-py-L3"]
        links.nth(2).click()  # in the part that is folded
        assert marked(page) == ["file-helper-py-L120"]
        assert in_view(page.locator("#file-helper-py-L120"))
        page.evaluate("scrollTo(0, 0)")
        links.nth(2).click()
        assert in_view(page.locator("#file-helper-py-L120"))
    assert alarm.rang == []


def test_a_line_that_is_not_there_is_no_link(world: World, page: Page, live: str) -> None:
    world.github.add(a_gist(files={"main.py": "#\n#\n"}))
    trace = TRACE.replace("line \x1b[35m3", "line \x1b[35m2").replace("helper", "main")
    world.sandboxes.scripts["main.py"] = [taken(), err(trace), failed()]
    for _ in range(2):  # live, then kept
        page.goto(f"{live}/gist/{GIST}")
        expect(page.locator("#standing .pill")).to_have_text("failed")
        expect(page.locator("#output a")).to_have_text(['/sandbox/gist/main.py", line 2'])
        expect(page.locator("#summary")).to_contain_text("at line 120 of main.py")
        expect(page.locator("#summary a")).to_have_text(["main.py, line 2"])


def test_the_kept_page_of_a_program_that_failed_shows_the_end(world: World, page: Page, live: str) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), out("".join(f"{n}\n" for n in range(3000))), err("why\n"), failed()]
    world.run()
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{live}/gist/{GIST}")
        page.wait_for_function(
            "(({ scrollTop: top, clientHeight: seen, scrollHeight: all }) => all > 1000 && top + seen > all - 2)"
            "(document.getElementById('output'))"
        )
    world.sandboxes.scripts["main.py"] = [taken(), out("".join(f"{n}\n" for n in range(3000))), passed()]
    run = world.run(rerun=True)
    page.goto(f"{live}/gist/{GIST}?run={run.id}")
    page.wait_for_timeout(200)
    assert page.locator("#output").evaluate("(output) => output.scrollTop") == 0


def test_who_has_no_pointer_sees_where_a_link_of_a_program_leads(world: World, browser: Browser, live: str) -> None:
    link = "\x1b]8;;https://example.org/a\x1b\\{}\x1b]8;;\x1b\\ "
    world.sandboxes.scripts["main.py"] = [
        taken(),
        out(link.format("there") + link.format("https://example.org/a")),
        passed(),
    ]
    world.run()
    behind = "(link) => getComputedStyle(link, '::after').content"
    for touch, told in ((True, '" (https://example.org/a)"'), (False, "none")):
        page = browser.new_page(has_touch=touch, is_mobile=touch)
        page.goto(f"{live}/gist/{GIST}")
        there, itself = page.locator("#output a").all()
        assert there.evaluate(behind) == told
        assert itself.evaluate(behind) == "none"  # it says so already
        page.keyboard.press("Tab")
        there.focus()
        assert there.evaluate(behind) == '" (https://example.org/a)"'
        page.locator("#output").evaluate("(output) => getSelection().selectAllChildren(output)")
        assert page.evaluate("getSelection().toString()").strip() == "there https://example.org/a"
        page.close()


def test_a_page_loaded_again_runs_what_it_ran(failing: World, page: Page, live: str) -> None:
    failing.run()
    page.goto(f"{live}/gist/{GIST}")
    page.locator("#output a").nth(2).click()
    page.reload()
    expect(page.locator("#file-helper-py-L120")).to_be_visible()
    assert page.url == f"{live}/gist/{GIST}#file-helper-py-L120"
    assert marked(page) == ["file-helper-py-L120"]


def test_links_come_with_the_line_while_the_program_runs(world: World, page: Page, live: str) -> None:
    world.github.add(a_gist(files=FILES))
    world.sandboxes.scripts["main.py"] = tap = Tap()
    page.goto(f"{live}/gist/{GIST}")
    tap.put(taken(), err("main.py:"))
    expect(page.locator("#output")).to_contain_text("main.py:")
    expect(page.locator("#output a")).to_have_count(0)
    tap.put(err("12"))
    expect(page.locator("#output a")).to_have_attribute("href", "#file-main-py-L12")
    tap.put(err("\rother:12\n"))
    expect(page.locator("#output a")).to_have_count(0)
    tap.put(passed())
    tap.close()


def test_without_javascript_the_line_is_marked_too(failing: World, browser: Browser, live: str) -> None:
    failing.run()
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{live}/gist/{GIST}")
    page.locator("#output a").nth(1).click()
    expect(page.locator("#file-main-py-L3")).to_have_css("background-color", "rgb(255, 248, 197)")


def test_what_is_copied_has_no_trace_of_links(failing: World, page: Page, live: str) -> None:
    failing.run()
    page.goto(f"{live}/gist/{GIST}")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#output .phase-run'))")
    copied = page.evaluate("getSelection().toString()")
    assert copied.rstrip("\n") == re.sub("\x1b\\[[0-9]*m", "", TRACE).rstrip("\n")


def test_no_name_of_a_file_runs_from_a_place(world: World, page: Page, live: str, alarm: Alarm) -> None:
    names = {text.replace("/", "∕").replace("\n", " ").encode()[:200].decode(errors="ignore") for text in MARKUP}
    names = {name for name in names if name.isprintable()}
    world.github.add(a_gist(files={"main.py": "", **dict.fromkeys(names, "#\n")}))
    text = "".join(f'File "{name}", line 1\n{name}:1:2: <img src=x onerror=alert(1)>\n' for name in names)
    world.sandboxes.scripts["main.py"] = [taken(), out(text), passed()]
    for _ in range(2):
        page.goto(f"{live}/gist/{GIST}")
        expect(page.locator("#standing .pill")).to_have_text("passed")
        # A page lays out much output in several frames.
        expect(page.locator("#output a").nth(len(names))).to_be_attached()
        addresses = page.evaluate("[...document.querySelectorAll('#output a')].map((a) => a.getAttribute('href'))")
        assert [address for address in addresses if not re.fullmatch("#file-[a-z0-9_-]+-L1", address)] == []
        assert page.locator("#output :is(img, script, svg, iframe)").count() == 0
    assert alarm.rang == []
