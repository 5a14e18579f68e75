"""A page that stays open becomes what its gist becomes: in a real browser, and as its events say."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext, Page, expect

from gistrun import figures
from gistrun.errors import GitHubUnavailable
from gistrun.store import gist_stream
from tests.fakes import Tap, out, passed, taken
from tests.servers import sse_events, wait_until
from tests.web.conftest import GIST, NEXT_REVISION, OTHER_GIST, REVISION, Alarm, World, a_gist
from tests.world import Clock

AGES = [-3.0, 0, 0.9, 1, 12, 59, 60, 119, 3599, 3600, 7300, 86399, 86400, 86400 * 2, 86400 * 30]

#: What a screen reader reads out.
NOTE_WHAT_IS_TOLD = """() => {
  const region = document.getElementById("told");
  window.told = "";
  new MutationObserver(() => { window.told += region.textContent; }).observe(region, {childList: true});
}"""


@pytest.fixture
def ran(world: World) -> World:
    """A world in which the gist has run."""
    world.run()
    return world


def change(world: World, **changes: object) -> None:
    """The gist changes at GitHub, and gistrun hears of it."""
    world.sandboxes.scripts["main.py"] = [taken(), out("newer\n"), passed()]
    files = {"main.py": "print('newer')\n", "notes.md": "# Notes\n"}
    world.github.add(a_gist(revision=NEXT_REVISION, **{"files": files, **changes}))
    world.store.revisits.add(GIST, world.clock())
    assert world.revisit() == [GIST]


def test_an_open_page_becomes_the_new_revision(ran: World, page: Page, live: str, alarm: Alarm) -> None:
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#output")).to_have_text("hello world\n")
    page.evaluate("window.stayed = true")
    page.evaluate(NOTE_WHAT_IS_TOLD)
    change(ran)
    expect(page.locator("#output")).to_have_text("newer\n")
    expect(page.locator("#standing .pill")).to_have_text("passed")
    expect(page.locator("#facts code")).to_have_text(NEXT_REVISION[:7])
    expect(page.locator("#file-main-py .source")).to_contain_text("newer")
    expect(page.locator("#file-notes-md")).to_be_visible()
    changed = f"The gist has changed. This is revision {NEXT_REVISION[:7]} now."
    wait_until(lambda: changed in page.evaluate("window.told"))
    assert page.evaluate("window.stayed")
    assert alarm.rang == []
    swapped = page.locator("main").inner_html()
    page.reload()
    assert without_the_told(page.locator("main").inner_html()) == without_the_told(swapped)


def without_the_told(html: str) -> str:
    """The page as it would be if it had been loaded just now; white space between elements is no part of it."""
    html = re.sub(r'(role="status">)[^<]*(</p>)', "", html)
    # If the new page came before the run's end, it said where the run's events were, and its result was no kept one.
    html = re.sub(r' data-(events|summary)="[^"]*"', "", html).replace(" · kept result", "")
    html = re.sub(r"(<time[^>]*>)[^<]*", r"\1", html)  # how long ago that was changes every second
    return re.sub(r"\s*<", "<", html)


def test_the_output_of_the_new_revision_is_live(ran: World, page: Page, live: str, alarm: Alarm) -> None:
    page.goto(f"{live}/gist/{GIST}")
    tap = Tap()
    ran.sandboxes.scripts["main.py"] = tap
    ran.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "print('tick')\n"}))
    ran.runs.revisit(GIST)
    expect(page.locator("#standing .pill")).to_have_text("queued")
    tap.put(taken(), out("tick 0\n"))
    expect(page.locator("#output")).to_have_text("tick 0\n")
    expect(page.locator("#standing .pill")).to_have_text("running")
    tap.put(out("tick 1\n"), passed())
    expect(page.locator("#output")).to_have_text("tick 0\ntick 1\n")
    expect(page.locator("#standing .pill")).to_have_text("passed")
    ran.queue.join()
    assert alarm.rang == []


def test_a_gist_that_changes_while_it_runs_leaves_the_old_run(ran: World, page: Page, live: str, alarm: Alarm) -> None:
    tap = Tap()
    ran.sandboxes.scripts["main.py"] = tap
    opened = ran.open(GIST, rerun=True)
    assert opened.run
    tap.put(taken(), out("old\n"))
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#output")).to_have_text("old\n")
    ran.sandboxes.scripts["main.py"] = [taken(), out("new\n"), passed()]
    ran.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "print('new')\n"}))
    ran.runs.revisit(GIST)
    expect(page.locator("#output")).to_have_text("new\n")
    tap.put(out("too late\n"), passed())
    ran.queue.join()
    expect(page.locator("#standing .pill")).to_have_text("passed")
    expect(page.locator("#output")).to_have_text("new\n")
    assert alarm.rang == []


def test_unchanged_parts_stay_in_place(ran: World, page: Page, live: str) -> None:
    text = "\n".join(f"line {number} {'-' * 300}" for number in range(200))
    files = {"main.py": "print('hello world')\n", "a.txt": text, "z.txt": text, "notes.md": "hello"}
    ran.github.add(a_gist(files=files, etag='"with notes"'))
    ran.runs.revisit(GIST)
    page.goto(f"{live}/gist/{GIST}")
    page.evaluate(
        """() => {
          document.querySelector("#file-a-txt .code").scrollLeft = 300;
          document.querySelector("#file-z-txt").open = false;
          document.querySelector("#file-a-txt .rest").open = true;
          document.querySelector("#file-notes-md .as-code").click();
          document.querySelector(".more").open = true;
          document.querySelector("[name=args]").value = "half typ";
          window.scrollTo(0, 120);
          const line = document.getElementById("file-a-txt-L40");
          getSelection().selectAllChildren(line);
        }"""
    )
    change(ran, files={**files, "main.py": "print('newer')\n", "b.md": "new", "notes.md": "other"})
    expect(page.locator("#output")).to_have_text("newer\n")
    expect(page.locator("#file-b-md")).to_be_visible()
    state = page.evaluate(
        """() => [document.querySelector("#file-a-txt .code").scrollLeft, document.querySelector("#file-z-txt").open,
          document.querySelector("#file-a-txt .rest").open, document.querySelector("#file-notes-md .as-code").checked,
          document.querySelector(".more").open, document.querySelector("[name=args]").value, window.scrollY,
          getSelection().toString().slice(0, 7), [...document.querySelectorAll(".file")].map((file) => file.id)]"""
    )
    order = ["file-main-py", "file-a-txt", "file-z-txt", "file-notes-md", "file-b-md"]
    assert state == [300, False, True, True, True, "half typ", 120, "line 39", order]


def test_a_phone_sends_the_link_also_of_a_page_that_has_changed(ran: World, page: Page, live: str) -> None:
    page.add_init_script("window.sent = []; navigator.share = async (what) => { window.sent.push(what.url); };")
    page.goto(f"{live}/gist/{GIST}")
    page.locator("#share > summary").click()
    page.get_by_role("button", name="Send…").click()
    change(ran, description="Newer")
    expect(page.locator("#facts code")).to_have_text(NEXT_REVISION[:7])
    page.get_by_role("button", name="Send…").click()
    assert page.evaluate("window.sent") == [f"{live}/gist/{GIST}"] * 2


def test_a_browser_that_sends_nothing_has_no_button_for_it(ran: World, page: Page, live: str) -> None:
    page.add_init_script("navigator.share = undefined;")
    page.goto(f"{live}/gist/{GIST}")
    page.locator("#share > summary").click()
    expect(page.get_by_role("button", name="Send…")).to_be_hidden()


def test_a_hostile_new_revision_is_only_text(ran: World, page: Page, live: str, alarm: Alarm) -> None:
    page.goto(f"{live}/gist/{GIST}")
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg onload=alert(1)>"
    ran.sandboxes.scripts["main.py"] = [taken(), out(attack), passed()]
    files = {"main.py": attack, attack.replace("/", ""): attack}
    ran.github.add(a_gist(revision=NEXT_REVISION, description=attack, owner=attack, files=files))
    ran.runs.revisit(GIST)
    expect(page.locator("#output")).to_have_text(attack)
    expect(page.locator(".description")).to_have_text(attack)
    assert page.locator("main script, main img[src=x], main svg").count() == 0
    assert alarm.rang == []


def test_only_the_head_changes_with_the_description(ran: World, page: Page, live: str) -> None:
    page.goto(f"{live}/gist/{GIST}")
    page.evaluate("""() => getSelection().selectAllChildren(document.getElementById("output"))""")
    ran.github.add(a_gist(description="Better words", etag='"better"'))
    ran.runs.revisit(GIST)
    expect(page.locator(".description")).to_have_text("Better words")
    assert page.evaluate("getSelection().toString()").strip() == "hello world"
    assert page.locator("#told").text_content() == ""


@pytest.mark.parametrize("query", [f"/{REVISION}", "?run="])
def test_a_pinned_page_and_one_run_stay_what_they_are(ran: World, page: Page, live: str, query: str) -> None:
    run = ran.open(GIST).run
    assert run
    page.goto(f"{live}/gist/{GIST}{query}{run.id if query.endswith('=') else ''}")
    assert page.locator("#gist").get_attribute("data-events") is None
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    change(ran)
    page.wait_for_timeout(500)
    assert page.locator("#output").text_content() == "hello world\n"
    assert asked == []


def test_an_open_page_of_a_file_becomes_that_file_of_the_new_revision(world: World, page: Page, live: str) -> None:
    world.github.add(a_gist(files={"main.py": "", "b.py": "1"}))
    world.sandboxes.scripts["b.py"] = [taken(), out("b one\n"), passed()]
    page.goto(f"{live}/gist/{GIST}?file=b.py")
    expect(page.locator("#output")).to_have_text("b one\n")
    world.sandboxes.scripts["b.py"] = [taken(), out("b two\n"), passed()]
    world.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "", "b.py": "2"}))
    world.runs.revisit(GIST)
    expect(page.locator("#output")).to_have_text("b two\n")


def test_when_it_was_checked_is_kept_current_and_right_without_javascript(
    ran: World, context: BrowserContext, page: Page, live: str
) -> None:
    page.goto(f"{live}/gist/{GIST}")
    checked = page.locator("#checked")
    expect(checked).to_have_text(re.compile(r"^(just now|\d seconds? ago)$"))
    page.clock.install()
    page.reload()
    expect(checked).to_have_text("just now")
    page.clock.run_for(12_000)
    expect(checked).to_have_text("12 seconds ago")
    ran.clock.forward(75)
    ran.runs.revisit(GIST)
    expect(checked).to_have_text("just now")
    ran.clock.forward(30)
    assert context.browser
    plain = context.browser.new_page(java_script_enabled=False)
    plain.goto(f"{live}/gist/{GIST}")
    assert plain.locator("#checked").text_content() == "2026-11-22 17:35:15 UTC"
    assert plain.locator("#checked").get_attribute("datetime") == "2026-11-22T17:35:15.000Z"
    plain.close()


def test_the_page_of_one_run_says_how_long_ago_it_was_checked(ran: World, page: Page, live: str) -> None:
    run = ran.run(rerun=True)
    ran.clock.forward(5)
    page.clock.install()
    page.goto(f"{live}/gist/{GIST}?run={run.id}")
    expect(page.locator("#checked")).to_have_text("5 seconds ago")
    page.clock.run_for(60_000)
    expect(page.locator("#checked")).to_have_text("1 minute ago")


def test_the_browser_says_how_long_ago_as_the_server_does(page: Page, live: str) -> None:
    page.goto(live)
    script = (
        """async (ages) => { const { ago } = await import("/static/ago.js"); return ages.map((s) => ago(s * 1000)); }"""
    )
    now = Clock().time
    assert page.evaluate(script, AGES) == [figures.ago(now - timedelta(seconds=age), now) for age in AGES]


def test_an_open_page_shows_trouble_with_github_and_its_end(ran: World, page: Page, live: str) -> None:
    page.goto(f"{live}/gist/{GIST}")
    ran.clock.forward(180)
    ran.github.error = GitHubUnavailable("GitHub does not answer.", retry_after=30)
    ran.runs.revisit(GIST)
    notice = page.locator(".head .notice")
    expect(notice).to_have_text("GitHub does not answer. This page shows the gist as it was 3 minutes ago.")
    ran.github.error = None
    ran.runs.revisit(GIST)
    expect(notice).to_have_count(0)


def test_an_open_page_of_a_deleted_gist_says_so(ran: World, page: Page, live: str, alarm: Alarm) -> None:
    page.goto(f"{live}/gist/{GIST}")
    del ran.github.gists[GIST]
    ran.runs.revisit(GIST)
    expect(page.locator("main")).to_contain_text("was deleted at GitHub")
    expect(page.locator("#output")).to_have_count(0)
    assert alarm.rang == []


def test_a_page_that_nobody_sees_holds_no_connection(ran: World, page: Page, live: str) -> None:
    page.goto(f"{live}/gist/{GIST}")
    hide = """(hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    change(ran)
    page.wait_for_timeout(300)
    # The browser asks for the page's icon when it likes.
    assert [url for url in asked if "/static/" not in url] == []
    page.evaluate(hide, False)
    expect(page.locator("#output")).to_have_text("newer\n")


# Without a browser


def events(live: str, last_event_id: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
    return sse_events(f"{live}/gist/{GIST}/events", last_event_id, timeout=30)


def test_events_tell_how_it_stands_and_go_on_where_the_reader_was(ran: World, live: str) -> None:
    told = events(live)
    first, name, data = next(told)
    assert (name, data["revision"], data["now"]) == ("gist", REVISION, "2026-11-22T17:34:00.000Z")
    ran.clock.forward(61)
    ran.runs.revisit(GIST)
    second, name, data = next(told)
    assert (name, data["revision"], data["checked_at"]) == ("gist", REVISION, "2026-11-22T17:35:01.000Z")
    again = events(live, second)
    late = events(live, first)
    assert next(late)[0] == second
    del ran.github.gists[GIST]
    threading.Timer(0.2, lambda: ran.runs.revisit(GIST)).start()
    for reader in (told, again, late):
        _, name, data = next(reader)
        assert (name, "was deleted at GitHub" in data["message"]) == ("gone", True)
        assert next(reader, None) is None


def test_an_open_page_is_a_look(ran: World, live: str) -> None:
    ran.clock.forward(61)
    reader = events(live)
    next(reader)
    assert ran.revisit() == [GIST]


def test_events_of_a_gist_that_was_never_seen(client: FlaskClient) -> None:
    assert client.get(f"/gist/{OTHER_GIST}/events").status_code == 404
    assert client.get("/gist/xyz/events").status_code == 400


def test_a_page_names_what_it_shows(ran: World, client: FlaskClient) -> None:
    page = client.get(f"/gist/{GIST}").text
    gist = ran.store.gists.get(GIST)
    assert gist
    assert f'data-edition="{gist.edition}" data-revision="{REVISION}" data-events="/gist/{GIST}/events?live=1"' in page
    assert ran.store.streams.stream(gist_stream(GIST))[-1].data["edition"] == gist.edition
    ran.github.error = GitHubUnavailable("GitHub does not answer.")
    ran.runs.revisit(GIST)
    troubled = ran.store.gists.get(GIST)
    assert troubled
    assert ran.store.streams.stream(gist_stream(GIST))[-1].data["edition"] == troubled.edition != gist.edition


def test_the_page_of_a_deleted_gist(ran: World, client: FlaskClient) -> None:
    del ran.github.gists[GIST]
    ran.runs.revisit(GIST)
    for path in (f"/gist/{GIST}", f"/gist/{GIST}/{REVISION}", f"/gist/{GIST}/output.txt", f"/api/v1/gists/{GIST}"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "was deleted at GitHub" in answer.text
    assert client.get(f"/gist/{GIST}/badge.json").get_json()["message"] == "not found"
    assert GIST not in client.get("/").text


def test_a_gist_that_turned_secret_is_in_no_list_and_not_indexed(ran: World, client: FlaskClient) -> None:
    client.get(f"/gist/{GIST}/{REVISION}")
    assert GIST in client.get("/").text
    ran.github.add(a_gist(public=False, etag='"secret"'))
    ran.runs.revisit(GIST)
    assert GIST not in client.get("/").text
    for path in (f"/gist/{GIST}", f"/gist/{GIST}/{REVISION}"):
        answer = client.get(path)
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert '<meta name="robots" content="noindex">' in answer.text
