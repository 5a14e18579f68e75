"""Code pasted on the home page: it runs as a gist of our own, and GitHub is not asked for it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from playwright.sync_api import Browser, Page, expect

from gistrun import snippets
from gistrun.settings import Rate, Settings
from gistrun.web import create_app
from tests.fakes import Tap, out, passed, taken
from tests.web.conftest import GIST, Alarm, World

CODE = "print('pasted')\n"


@pytest.fixture(autouse=True)
def pasting(world: World) -> None:
    """As `app` connects it."""
    world.sandboxes.scripts["main.py"] = [taken(), out("pasted\n"), passed()]
    world.runs.gists._github = snippets.WithSnippets(world.github)


def paste(client: FlaskClient, code: str = CODE, language: str = "python") -> str:
    answer = client.post("/try", data={"code": code, "language": language})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_it_runs_and_is_shown(world: World, client: FlaskClient) -> None:
    path = paste(client)
    assert re.fullmatch("/gist/[0-9a-f]{64}", path)
    world.queue.join()
    page = client.get(path)
    assert "pasted\n" in client.get(f"{path}/output.txt").text
    assert "not at GitHub" in page.text
    assert "View on GitHub" not in page.text
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert world.github.asked == []


def test_the_same_code_has_the_same_page_and_runs_once(world: World, client: FlaskClient) -> None:
    first = paste(client)
    world.queue.join()
    assert paste(client, CODE.replace("\n", "\r\n")) == first
    assert paste(client, CODE + "#") != first
    world.queue.join()
    assert len(world.sandboxes.programs) == 2


def test_it_is_in_no_list(world: World, client: FlaskClient) -> None:
    path = paste(client)
    world.queue.join()
    assert path not in client.get("/").text


def test_it_is_looked_after_as_long_as_it_is_opened(world: World, client: FlaskClient) -> None:
    path = paste(client)
    world.queue.join()
    world.clock.forward(3600)
    client.get(path)
    assert world.revisit() == [path.removeprefix("/gist/")]
    assert world.github.asked == []
    assert client.get(path).status_code == 200


def test_what_is_not_kept_says_so(world: World, client: FlaskClient) -> None:
    answer = client.get(f"/gist/{'a' * 64}")
    assert answer.status_code == 404
    assert "Paste it again" in answer.text
    assert world.github.asked == []


@pytest.mark.parametrize(
    ("code", "language", "status", "says"),
    [
        ("", "python", 400, "There is no code"),
        (" \n", "python", 400, "There is no code"),
        ("x", "klingon", 400, "klingon"),
        ("x" * (snippets.MOST + 1), "python", 413, "131,072 bytes"),
    ],
)
def test_what_cannot_be_run_is_refused(client: FlaskClient, code: str, language: str, status: int, says: str) -> None:
    answer = client.post("/try", data={"code": code, "language": language})
    assert answer.status_code == status
    assert says in answer.text


def test_the_first_line_tells_the_language_where_none_is_chosen(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts["main"] = [taken(), out("by its shebang\n"), passed()]
    path = paste(client, "#!/usr/bin/env python3\nprint()\n", "")
    world.queue.join()
    assert client.get(f"{path}/output.txt").text == "by its shebang\n"
    answer = client.post("/try", data={"code": "print()\n", "language": ""})
    assert answer.status_code == 422
    assert "Choose the language of the code" in answer.text


def kept(world: World) -> list[bytes]:
    return [key for key in world.store.client.keys("gistrun:*") if re.search(rb"[0-9a-f]{64}", key)]


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("print('pasted')\n", ""),
        ("", "python"),
        ("x", "klingon"),
        ("\nno </textarea><script>\n", ""),
        ("#!/bin/what\n", ""),
    ],
)
def test_what_is_refused_comes_back_and_is_not_stored(
    world: World, client: FlaskClient, code: str, language: str
) -> None:
    answer = client.post("/try", data={"code": code, "language": language})
    assert answer.status_code in (400, 422)
    form = answer.text[answer.text.index('<details class="try"') :]
    assert form.startswith('<details class="try" id="try" open>')
    assert f'spellcheck="false" autocapitalize="off">\n{escape(code)}</textarea>' in form
    assert ("selected" in form) == (language == "python")
    assert 'role="alert"' in form
    assert "no-store" in answer.headers["Cache-Control"]
    assert kept(world) == []
    assert world.sandboxes.programs == []


def test_who_has_run_too_much_keeps_the_code(world: World, settings: Settings) -> None:
    limited = Settings(data=settings.data, redis_url=settings.redis_url, rate=Rate(1, 60), _secret_key="a key")
    client = create_app(
        world.runs, world.store, world.known, limited, world.github.public_gists, now=world.clock
    ).test_client()
    paste(client, "1")
    answer = client.post("/try", data={"code": "print('mine')", "language": "python"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "print(&#39;mine&#39;)</textarea>" in answer.text


def test_the_form_demands_a_language_unless_the_first_line_says_it(page: Page, live: str, alarm: Alarm) -> None:
    page.goto(live)
    page.get_by_text("Or paste code to try it").click()
    page.get_by_label("Code").fill(CODE)
    page.locator(".try").get_by_role("button", name="Run").click()
    assert page.url == live + "/"
    assert page.locator("#try select").evaluate("(each) => each.validity.valueMissing")
    page.get_by_label("Code").fill("#!/usr/bin/env python3\n" + CODE)
    page.locator(".try").get_by_role("button", name="Run").click()
    page.wait_for_url(re.compile("/gist/"))
    assert alarm.rang == []


@pytest.mark.parametrize("scripts", [True, False])
def test_who_comes_back_finds_the_code(browser: Browser, live: str, scripts: bool) -> None:
    page = browser.new_context(java_script_enabled=scripts).new_page()
    page.goto(live)
    page.get_by_text("Or paste code to try it").click()
    page.get_by_label("Code").fill(CODE)
    page.locator("#try select").select_option("python")
    page.locator(".try").get_by_role("button", name="Run").click()
    page.wait_for_url(re.compile("/gist/"))
    page.go_back()
    expect(page.get_by_label("Code")).to_have_value(CODE)
    if scripts:
        expect(page.get_by_label("Code")).to_be_visible()
        expect(page.locator("#try select")).to_have_value("python")
        page.goto(live)
        expect(page.get_by_label("Code")).to_have_value("")


def test_another_site_cannot_have_code_run(client: FlaskClient) -> None:
    answer = client.post("/try", data={"code": CODE, "language": "python"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_each_new_one_counts_once_against_the_rate(world: World, settings: Settings) -> None:
    limited = Settings(data=settings.data, redis_url=settings.redis_url, rate=Rate(2, 60), _secret_key="a key")
    client = create_app(
        world.runs, world.store, world.known, limited, world.github.public_gists, now=world.clock
    ).test_client()
    for code in ("1", "2", "1"):
        paste(client, code)
    answer = client.post("/try", data={"code": "3", "language": "python"})
    assert answer.status_code == 429
    assert world.store.gists.latest(snippets.snippet("main.py", "Python", "3", world.clock()).id) is None


def test_code_is_pasted_and_seen_to_run(page: Page, live: str, alarm: Alarm) -> None:
    page.goto(live)
    page.get_by_text("Or paste code to try it").click()
    page.get_by_label("Code").fill(CODE)
    page.locator("#try select").select_option(label="Python")
    page.locator(".try").get_by_role("button", name="Run").click()
    expect(page.locator("#output")).to_have_text("pasted\n")
    assert alarm.rang == []


def test_the_home_page_shows_what_is_running_now(world: World, client: FlaskClient) -> None:
    assert "Running now" not in client.get("/").text
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    opened = world.open(GIST)
    tap.put(taken())
    assert opened.run
    while world.store.runs.get(opened.run.id).state != "running":  # type: ignore[union-attr]
        pass
    shown = client.get("/").text
    assert "Running now" in shown
    assert GIST in shown.partition("Recently run")[0]
    tap.put(passed())
    world.queue.join()
    assert "Running now" not in client.get("/").text


def test_one_whose_result_is_gone_counts_again_when_it_runs(world: World, settings: Settings) -> None:
    limited = Settings(data=settings.data, redis_url=settings.redis_url, rate=Rate(2, 60), _secret_key="a key")
    client = create_app(
        world.runs, world.store, world.known, limited, world.github.public_gists, now=world.clock
    ).test_client()
    for _ in range(2):
        paste(client)
        world.queue.join()
        for key in world.store.client.keys("gistrun:ended:*") + world.store.client.keys("gistrun:kept:*"):
            world.store.client.delete(key)
    assert client.post("/try", data={"code": CODE, "language": "python"}).status_code == 429
