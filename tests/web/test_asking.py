"""The form that asks for another run: another file, another version, arguments and input."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from tests.fakes import out, passed, taken
from tests.web.conftest import GIST, REVISION, Alarm, World, a_gist

URL = f"/gist/{GIST}"
FILES = {"a.py": "print('a')\n", "b.py": "print('b')\n", "c.rb": "puts 'c'\n"}


@pytest.fixture(autouse=True)
def mixed(world: World) -> None:
    """A gist with files in two languages."""
    world.github.add(a_gist(files=FILES))
    for name in FILES:
        world.sandboxes.scripts[name] = [taken(), out(f"{name}\n"), passed()]
    world.run()


@pytest.fixture
def plain(browser: Browser, live: str) -> Page:
    """A page without JavaScript."""
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(live + URL)
    return page


def ask(page: Page) -> None:
    page.get_by_text("Arguments and input").click()


def run(page: Page) -> None:
    page.locator("#ask").get_by_role("button", name="Run").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_file_in_another_language_is_run(page: Page, plain: Page, live: str, scripts: bool) -> None:
    page = page if scripts else plain
    page.goto(live + URL)
    ask(page)
    page.locator("#ask [name=file]").select_option(label="c.rb")
    run(page)
    page.wait_for_url(live + URL + "?file=c.rb")
    expect(page.get_by_role("heading", level=1)).to_contain_text("c.rb")
    expect(page.locator("#ask [name=file]")).to_have_value("c.rb")


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_left_as_it_is_starts_no_second_run(
    world: World, page: Page, plain: Page, live: str, scripts: bool
) -> None:
    page = page if scripts else plain
    page.goto(live + URL)
    ask(page)
    run(page)
    page.wait_for_url(re.compile(rf"{URL}\??$"))
    assert len(world.sandboxes.programs) == 1


def test_a_version_is_sent_for_its_own_language_only(page: Page, live: str, alarm: Alarm) -> None:
    page.goto(live + URL)
    ask(page)
    version = page.locator("#ask [name=version]")
    other = version.locator("option").nth(1).get_attribute("value")
    version.select_option(other)
    page.locator("#ask [name=file]").select_option(label="c.rb")
    expect(version).to_be_hidden()
    page.locator("#ask [name=file]").select_option(label="b.py")
    expect(version).to_be_visible()
    run(page)
    page.wait_for_url(f"{live}{URL}?file=b.py&version={other}")
    expect(page.locator("#ask [name=version] option:checked")).to_have_attribute("value", str(other))
    assert alarm.rang == []


@pytest.mark.parametrize(
    ("query", "leads"),
    [
        ("of=python&file=c.rb&version=3.14&args=&stdin=", "?file=c.rb"),
        ("of=python&file=b.py&version=3.14&args=&stdin=", "?file=b.py&version=3.14"),
        ("of=python&file=&version=&args=&stdin=", ""),
        ("of=python&version=3.14&args=a++b&stdin=x", "?args=a+b&stdin=x&version=3.14"),
        ("of=nothing&file=none.py&version=3.14", "?file=none.py"),
    ],
)
def test_the_form_leads_to_a_plain_address(client: FlaskClient, query: str, leads: str) -> None:
    for path in (URL, f"{URL}/{REVISION}"):
        answer = client.get(f"{path}?{query}")
        assert (answer.status_code, answer.headers["Location"]) == (302, path + leads)


def test_what_is_chosen_survives_a_reload(page: Page, live: str) -> None:
    page.goto(live + URL)
    ask(page)
    page.locator("#ask [name=file]").select_option(label="b.py")
    page.locator("#ask [name=version]").select_option(index=1)
    page.locator("#args").fill("one")
    page.reload()
    expect(page.locator("#args")).to_have_value("one")
    expect(page.locator("#ask [name=file]")).to_have_value("b.py")
    assert page.locator("#ask [name=version]").evaluate("(each) => each.selectedIndex") == 1


@pytest.mark.parametrize("scripts", [True, False])
def test_what_was_refused_can_be_corrected(page: Page, plain: Page, live: str, scripts: bool) -> None:
    page = page if scripts else plain
    page.goto(live + URL)
    ask(page)
    page.locator("#args").fill('"unclosed')
    run(page)
    expect(page.get_by_text("quotation mark that is not closed")).to_be_visible()
    assert "Bad request" not in page.content()
    expect(page.get_by_label("Arguments")).to_have_value('"unclosed')
    page.go_back()
    expect(page.locator("#args")).to_have_value('"unclosed')
    page.go_forward()
    page.get_by_label("Arguments").fill('"closed"')
    page.get_by_role("main").get_by_role("button", name="Run").click()
    page.wait_for_url(re.compile("args="))
    expect(page.get_by_role("heading", level=1)).to_contain_text("a.py")


def test_what_was_run_is_not_typed_again_elsewhere(page: Page, live: str) -> None:
    page.goto(live + URL)
    ask(page)
    page.locator("#args").fill("once")
    run(page)
    page.wait_for_url(re.compile("args=once"))
    page.goto(live + URL)
    expect(page.locator("#args")).to_have_value("")


@pytest.mark.parametrize(
    ("path", "back"),
    [
        (f"{URL}?args='", URL),
        (f"{URL}/{REVISION}?file=none.py", f"{URL}/{REVISION}"),
        (f"{URL}/{'9' * 40}", URL),
        (f"/gist/{'0' * 20}", None),
        ("/gist/xyz", None),
        ("/none", None),
    ],
)
def test_an_error_page_leads_back_to_the_gist(client: FlaskClient, path: str, back: str | None) -> None:
    answer = client.get(path)
    assert answer.status_code in (400, 404)
    found = re.search(r'href="([^"]*)">Back to the gist', answer.text)
    assert (found and found[1]) == back


def test_what_is_shown_again_is_escaped(client: FlaskClient) -> None:
    page = client.get(URL, query_string={"args": "'\"><script>", "stdin": "</textarea><script>"}).text
    assert "<script>" not in page
