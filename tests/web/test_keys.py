"""Keys for what a page of a gist offers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.fakes import Tap, out, passed, taken
from tests.web.conftest import GIST, Alarm, World


@pytest.fixture
def opened(world: World, page: Page, live: str, alarm: Alarm) -> Page:
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#standing .pill")).to_have_text("passed")
    return page


def test_a_question_mark_lists_the_keys(opened: Page, alarm: Alarm) -> None:
    opened.keyboard.press("?")
    expect(opened.get_by_role("dialog", name="Keys")).to_be_visible()
    expect(opened.get_by_role("dialog")).to_contain_text("Run again")
    opened.keyboard.press("Escape")
    expect(opened.get_by_role("dialog")).to_be_hidden()
    opened.get_by_role("button", name="Keys").click()
    expect(opened.get_by_role("dialog")).to_be_visible()
    assert alarm.rang == []


def test_r_runs_it_again(world: World, opened: Page) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), out("anew\n"), passed()]
    opened.keyboard.press("r")
    expect(opened.locator("#output")).to_have_text("anew\n")
    expect(opened).to_have_url(re.compile("run="))


def test_a_slash_leads_to_the_box_where_keys_are_letters(opened: Page) -> None:
    opened.keyboard.press("/")
    expect(opened.locator("header input")).to_be_focused()
    opened.keyboard.type("r?/h")
    expect(opened.locator("header input")).to_have_value("r?/h")
    expect(opened.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize(("key", "there"), [("h", "/history$"), ("r", "run=")])
def test_keys_can_be_switched_off(opened: Page, key: str, there: str) -> None:
    opened.keyboard.press("?")
    opened.get_by_label("Switch them off").check()
    opened.get_by_role("button", name="Close").click()
    before = opened.url
    opened.keyboard.press(key)
    opened.wait_for_timeout(200)
    assert opened.url == before
    opened.reload()
    opened.keyboard.press(key)
    opened.wait_for_timeout(200)
    assert opened.url == before
    opened.keyboard.press("?")
    opened.get_by_label("Switch them off").uncheck()
    opened.keyboard.press("Escape")
    expect(opened.get_by_role("dialog")).to_be_hidden()
    opened.keyboard.press(key)
    expect(opened).to_have_url(re.compile(there))


def test_keys_with_a_modifier_are_the_browsers(opened: Page) -> None:
    before = opened.url
    for key in ("Control+h", "Alt+r", "Meta+o"):
        opened.keyboard.press(key)
    opened.wait_for_timeout(200)
    assert opened.url == before


def test_a_key_unfolds_what_it_leads_to(opened: Page) -> None:
    expect(opened.locator("#args")).to_be_hidden()
    opened.keyboard.press("a")
    expect(opened.locator("#args")).to_be_focused()


@pytest.mark.parametrize("control", ["box", "bar", "button"])
def test_keys_work_after_a_click_on_what_takes_no_letters(opened: Page, control: str) -> None:
    if control == "box":
        opened.get_by_label("Wrap lines of main.py").check()
    elif control == "button":
        opened.get_by_role("button", name="Copy main.py").click()
    else:
        opened.get_by_role("button", name="Replay").click()
        opened.get_by_role("slider", name="Position").click()
    opened.keyboard.press("?")
    expect(opened.get_by_role("dialog", name="Keys")).to_be_visible()
    opened.keyboard.press("Escape")
    opened.keyboard.press("h")
    expect(opened).to_have_url(re.compile("/history$"))


@pytest.mark.parametrize(
    ("path", "key", "leads"),
    [
        ("/", "/", "#gist"),
        ("/", "c", "#code"),
        ("/u/octocat", "/", "header input"),
        (f"/gist/{GIST}/history", "/", "header input"),
        ("/none", "/", "header input"),
    ],
)
def test_every_page_has_keys(opened: Page, live: str, alarm: Alarm, path: str, key: str, leads: str) -> None:
    opened.goto(live + path)
    opened.evaluate("document.activeElement.blur()")
    opened.keyboard.press("?")
    dialog = opened.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("Run again")).to_be_hidden()
    opened.keyboard.press("Escape")
    opened.keyboard.press(key)
    expect(opened.locator(leads)).to_be_focused()
    assert alarm.rang == []


def test_a_key_leads_from_the_history_to_the_gist(opened: Page, live: str) -> None:
    opened.goto(f"{live}/gist/{GIST}/history")
    opened.keyboard.press("g")
    expect(opened).to_have_url(f"{live}/gist/{GIST}")


def test_a_key_of_what_is_not_there_does_nothing(world: World, page: Page, live: str) -> None:
    world.sandboxes.scripts["main.py"] = tap = Tap()
    tap.put(taken(), out("one\n"))
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#output")).to_have_text("one\n")
    page.keyboard.press("p")
    page.wait_for_timeout(200)
    expect(page.locator("#player")).to_be_hidden()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Stop")).to_be_visible()
    expect(dialog.get_by_text("Replay")).to_be_hidden()
    tap.put(passed())
