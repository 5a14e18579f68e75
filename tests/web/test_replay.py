"""The output of a run that has ended, played again in its own time."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from gistrun.model import Output, Phase, Stream
from tests.fakes import err, passed, taken
from tests.web.conftest import GIST, Alarm, World


def at(seconds: float, text: str, phase: Phase = Phase.RUN) -> Output:
    return Output(seconds, Stream.STDOUT, phase, text)


@pytest.fixture
def opened(world: World, page: Page, live: str, alarm: Alarm) -> Page:
    """The page of a run that compiled for half a second, then printed for 60 seconds."""
    world.sandboxes.scripts["main.py"] = [
        taken(),
        at(0.5, "compiled\n", Phase.COMPILE),
        at(0.0, "zero\n"),
        at(30, "half\n"),
        err("oops\n"),
        at(60, "end\n"),
        passed(),
    ]
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    return page


def test_the_output_comes_again_at_its_own_times(opened: Page, alarm: Alarm) -> None:
    output = opened.locator("#output")
    before = output.inner_html()
    opened.get_by_role("button", name="Replay").click()
    expect(output).not_to_contain_text("half")
    expect(output.locator(".phase-compile")).to_have_text("compiled\n")
    expect(output.locator(".phase-run")).to_have_text("zero\n")
    opened.wait_for_timeout(300)
    expect(output).not_to_contain_text("half")
    slider = opened.get_by_role("slider", name="Position")
    slider.fill("31000")
    expect(output.locator(".phase-run")).to_have_text("zero\nhalf\noops\n")
    expect(output.locator(".stderr")).to_have_text("oops\n")
    expect(slider).to_have_attribute("aria-valuetext", "31.00 of 60.50 s")
    slider.fill("0")
    expect(output).to_have_text("")
    opened.get_by_role("combobox", name="Speed").select_option("instant")
    opened.get_by_role("button", name="Play", exact=True).click()
    expect(output.locator(".phase-run")).to_have_text("zero\nhalf\noops\nend\n")
    expect(opened.get_by_role("button", name="Play", exact=True)).to_be_visible()
    opened.get_by_role("button", name="Replay").click()
    assert output.inner_html() == before
    assert alarm.rang == []


def test_it_plays_four_times_as_fast(opened: Page) -> None:
    opened.get_by_role("button", name="Replay").click()
    opened.get_by_role("combobox", name="Speed").select_option("4×")
    slider = opened.get_by_role("slider", name="Position")
    slider.fill("1000")
    opened.get_by_role("button", name="Play", exact=True).click()
    opened.wait_for_timeout(1000)
    opened.get_by_role("button", name="Pause").click()
    assert 3000 <= int(slider.input_value()) <= 8000


def test_a_new_run_ends_it(world: World, opened: Page) -> None:
    opened.get_by_role("button", name="Replay").click()
    expect(opened.locator("#player")).to_be_visible()
    world.sandboxes.scripts["main.py"] = [taken(), at(0, "newer\n"), passed()]
    world.open(GIST, rerun=True)
    world.queue.join()
    opened.get_by_role("button", name="Run again").click()
    expect(opened.locator("#output")).to_have_text("newer\n")
    expect(opened.locator("#player")).to_be_hidden()


def test_there_is_nothing_to_replay_while_it_runs_or_where_nothing_was_printed(
    world: World, page: Page, live: str
) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), passed(output_bytes=0)]
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#summary")).to_contain_text("printed nothing")
    expect(page.locator("#replay")).to_be_hidden()
