"""The stop button: who may press it, with JavaScript and without, and what is shown afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from tests.fakes import Tap, out, passed, taken
from tests.web.conftest import GIST, REVISION, Alarm, World

HERE = {"REMOTE_ADDR": "203.0.113.9"}
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.10"}


@pytest.fixture
def tap(world: World) -> Iterator[Tap]:
    """What main.py does, let out by the test."""
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    tap.put(taken(), out("first\n"))
    yield tap
    tap.put(out("never to be seen\n"), passed())  # and so its worker learns that the run does not count any more
    tap.put(taken(), passed())  # of the run that a badge began
    world.queue.join()


@pytest.fixture
def run_id(tap: Tap, client: FlaskClient) -> str:
    """A run that somebody has started from here."""
    answer = client.post(f"/api/v1/gists/{GIST}/runs", environ_base=HERE)
    return str(answer.get_json()["id"])


def state(client: FlaskClient, run_id: str) -> tuple[str, str | None]:
    run = client.get(f"/api/v1/runs/{run_id}").get_json()
    return run["state"], run["message"]


def test_a_stop_leads_to_the_run_that_was_stopped(client: FlaskClient, run_id: str) -> None:
    answer = client.post(f"/runs/{run_id}/stop", environ_base=HERE)
    assert (answer.status_code, answer.location) == (303, f"/gist/{GIST}?run={run_id}")
    assert state(client, run_id) == ("failed", "stopped by a visitor")
    assert "A visitor stopped it" in client.get(answer.location).text
    again = client.post(f"/runs/{run_id}/stop", data={"sha": REVISION}, environ_base=ELSEWHERE)
    assert (again.status_code, again.location) == (303, f"/gist/{GIST}/{REVISION}?run={run_id}")


def test_another_address_is_refused(client: FlaskClient, run_id: str) -> None:
    answer = client.post(f"/runs/{run_id}/stop", environ_base=ELSEWHERE)
    assert answer.status_code == 403
    assert "Only the visitor who started this run may stop it." in answer.text
    assert state(client, run_id)[0] in ("queued", "running")
    client.post(f"/runs/{run_id}/stop", environ_base=HERE)


@pytest.mark.parametrize(
    "sent",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
    ids=str,
)
def test_a_stop_is_refused_when_a_page_of_another_site_sends_it(
    client: FlaskClient, run_id: str, sent: dict[str, str]
) -> None:
    answer = client.post(f"/runs/{run_id}/stop", headers=sent, environ_base=HERE)
    assert answer.status_code == 403
    assert state(client, run_id)[0] in ("queued", "running")
    client.post(f"/runs/{run_id}/stop", environ_base=HERE)


def test_what_is_no_run_or_no_press_of_the_button(world: World, client: FlaskClient) -> None:
    assert client.post("/runs/none/stop").status_code == 404
    assert client.post("/runs/a:b/stop").status_code == 404
    run = world.run()
    assert client.get(f"/runs/{run.id}/stop").status_code == 405
    assert client.post(f"/runs/{run.id}/stop", data={"sha": "x"}).status_code == 400
    assert state(client, run.id)[0] == "passed"


def test_a_badge_does_not_show_a_stopped_run(client: FlaskClient, run_id: str) -> None:
    client.post(f"/runs/{run_id}/stop", environ_base=HERE)
    assert client.get(f"/gist/{GIST}/badge.json").get_json()["message"] == "queued"
    assert "stopped" not in client.get(f"/gist/{GIST}/history").text


def test_the_button_stops_the_run_and_the_page_stays(tap: Tap, page: Page, live: str, alarm: Alarm) -> None:
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#output")).to_have_text("first\n")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#standing .pill")).to_have_text("failed")
    expect(page.locator("#summary")).to_contain_text("A visitor stopped it")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    expect(page.locator("#connection")).to_have_text("")
    expect(page.locator("#output")).to_have_text("first\n")
    expect(page).to_have_url(f"{live}/gist/{GIST}")
    for name in ("Run again", "Replay"):
        expect(page.get_by_role("button", name=name)).to_be_visible()
    assert alarm.rang == []


def test_whoever_did_not_start_the_run_sees_no_button(
    world: World, tap: Tap, page: Page, live: str, alarm: Alarm
) -> None:
    run = world.open(GIST, visitor="somebody else").run
    assert run
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#output")).to_have_text("first\n")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    assert alarm.rang == []
    world.runs.stopping.stop(run.id, "somebody else")
    expect(page.locator("#standing .pill")).to_have_text("failed")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, "The server does not answer. Try again."),
        ("<p class=lead>It is <b>full</b>.<script>alert(1)</script></p>", "It is full.alert(1)"),
        ("<h1>Bad Gateway</h1>", "The server does not answer. Try again."),
    ],
)
def test_the_page_says_why_a_run_was_not_stopped(
    world: World, tap: Tap, page: Page, live: str, alarm: Alarm, body: str | None, told: str
) -> None:
    page.route("**/stop", lambda route: route.abort() if body is None else route.fulfill(status=503, body=body))
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#output")).to_have_text("first\n")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#connection")).to_have_text(told)
    expect(page.locator("#standing .pill")).to_have_text("running")
    page.unroute("**/stop")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#standing .pill")).to_have_text("failed")
    assert len(world.sandboxes.programs) == 1  # the page has not run it again
    assert alarm.rang == []


def test_the_button_works_without_javascript(tap: Tap, browser: Browser, live: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live}/gist/{GIST}")
    page.get_by_role("button", name="Stop").click()
    expect(page).to_have_url(re.compile(r"\?run=run1$"))
    expect(page.locator("#standing .pill")).to_have_text("failed")
    expect(page.locator("#summary")).to_contain_text("A visitor stopped it")
    context.close()


def test_a_stop_that_redis_refuses_leaves_the_run_as_it_is(
    world: World, client: FlaskClient, run_id: str, tap: Tap
) -> None:
    world.store.client.config_set("maxmemory", 1)
    try:
        answer = client.post(f"/runs/{run_id}/stop", environ_base=HERE)
    finally:
        world.store.client.config_set("maxmemory", 0)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert state(client, run_id)[0] in ("queued", "running")
    assert client.post(f"/runs/{run_id}/stop", environ_base=HERE).status_code == 303
