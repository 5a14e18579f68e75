"""Every attack of the corpus at every place of a page where something of a gist stands, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Route, expect

from tests.fakes import err, out, passed, taken
from tests.unit.test_render_previews import PNG
from tests.web.attacks import CASES, DRAWINGS, MARKUP, POLYGLOTS, TEXTS
from tests.web.conftest import GIST, REVISION, Alarm, World, a_gist

#: What a reader does, and more: points at, focuses, opens and clicks everything in the files.
TOUCH = """async () => {
  for (const part of document.querySelectorAll(".files details")) part.open = true;
  for (const part of document.querySelectorAll(".files *")) {
    for (const name of ["mouseover", "pointerover", "focus", "keydown", "wheel", "animationstart", "toggle"]) {
      part.dispatchEvent(new Event(name, { bubbles: true }));
    }
    if (part.matches(".preview a")) part.addEventListener("click", (event) => {
      if (!/^javascript:/i.test(part.href)) event.preventDefault();
    });
    if (part.closest(".preview")) part.click?.();
  }
  await new Promise((done) => setTimeout(done, 150));
}"""

#: What must not be in the page, whoever wrote it.
FOUND = """() => {
  const found = [];
  const BAD = /^(script|style|iframe|object|embed|base|meta|svg|math|video|audio|portal|template|frameset|applet)$/;
  const OURS = ".file, .run, .pill, .source, .copies, .wrap, .as-code, .file-tools, .notice";
  for (const part of document.querySelectorAll("main *")) {
    const name = part.localName;
    if (BAD.test(name)) found.push(part.outerHTML);
    for (const { name, value } of part.attributes) {
      if (/^on|^(style|srcdoc|srcset|ping|formaction|background)$/.test(name)) found.push(part.outerHTML);
      const leads = /^(href|src|action)$/.test(name) && /^\\s*(javascript|data|vbscript|blob|file):/i.test(value);
      if (leads) found.push(value);
    }
    if (name === "img" && new URL(part.src, location).origin !== location.origin) found.push(part.outerHTML);
    // An address that is none has an empty protocol.
    const { protocol } = name === "a" && part.closest(".preview") ? part : { protocol: ":" };
    if (!/^(https?|mailto)?:$/.test(protocol)) found.push(part.outerHTML);
  }
  for (const part of document.querySelectorAll(".preview [id]")) {
    if (!part.id.startsWith("user-content-")) found.push(part.outerHTML);
  }
  for (const part of document.querySelectorAll(".preview [class]")) {
    if (part.matches(OURS)) found.push(part.outerHTML);
  }
  for (const name of ["gist", "run", "told", "output", "summary", "main", "file-main-py"]) {
    if (document.querySelectorAll(`[id="${name}"]`).length > 1) found.push(name);
  }
  return found.map((each) => each.slice(0, 300));
}"""


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) == len(set(CASES)) >= 240


def visit(world: World, page: Page, live: str, **gist: Any) -> None:
    world.github.add(a_gist(**gist))
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    page.evaluate(TOUCH)
    expect(page.locator("#standing .pill")).to_have_text("passed")
    assert "\n".join(page.evaluate(FOUND)) == ""


def files(endings: dict[str, list[str | bytes]]) -> dict[str, str | bytes]:
    """`main.py`, and a file for each text with that ending."""
    named = {f"{number}{ending}": text for ending, texts in endings.items() for number, text in enumerate(texts)}
    return {"main.py": "print('hello world')\n", **named}


@pytest.mark.parametrize("texts", [TEXTS[start : start + 60] for start in range(0, len(TEXTS), 60)], ids=len)
def test_nothing_of_any_attack_runs(world: World, page: Page, live: str, alarm: Alarm, texts: list[str]) -> None:
    """As Markdown, each by itself and all in one; a text that breaks out of one would be in the others."""
    together = "\n\n".join(texts)
    visit(world, page, live, files=files({".md": [*texts, together]}))
    assert page.locator(".preview.markdown").count() == len(texts) + 1
    assert alarm.rang == []


def test_nothing_runs_in_a_table_a_tree_or_a_source(world: World, page: Page, live: str, alarm: Alarm) -> None:
    quoted = ['"' + text.replace('"', '""') + '"' for text in TEXTS]
    tables = [
        "\n".join([",".join(quoted[:40]), *quoted[40:]]),
        "\n".join(text.replace("\n", " ") for text in TEXTS),
        *quoted,
    ]
    trees = [
        json.dumps({text: [text, {text: text}] for text in TEXTS}),
        *(json.dumps(text) for text in TEXTS[:20]),
        *TEXTS[:10],
    ]
    sources = ["\n".join(TEXTS)]
    named = files({".csv": tables[:30], ".tsv": tables[:2], ".json": trees})
    named |= files(dict.fromkeys((".html", ".js", ".php", ".svg", ".xml", ".tex", ".txt", ".ipynb"), sources))
    visit(world, page, live, files=named)
    assert page.locator(".cells").count() >= 20
    assert page.locator(".tree").count() >= 20
    assert alarm.rang == []


def names() -> Iterator[str]:
    for text in MARKUP:
        name = "".join(character for character in text if character.isprintable()).replace("/", "∕")
        yield name.encode()[:200].decode(errors="ignore")


@pytest.mark.parametrize("ending", [".md", ".svg", ".csv", ".bin"])
def test_nothing_runs_from_a_name(world: World, page: Page, live: str, alarm: Alarm, ending: str) -> None:
    content = {".md": "# x", ".svg": DRAWINGS[0], ".csv": "a,b\n", ".bin": b"\0"}[ending]
    named = {name + ending: content for name in names()}
    visit(
        world,
        page,
        live,
        files={"main.py": "", **named, "z.md": "\n\n".join(f"![x](<{name + ending}>)" for name in named)},
    )
    assert alarm.rang == []


def test_nothing_runs_from_a_description_an_owner_or_the_output(
    world: World, page: Page, live: str, alarm: Alarm
) -> None:
    text = "\n".join(TEXTS)
    world.sandboxes.scripts["main.py"] = [taken(), out(text), err(text), passed()]
    visit(world, page, live, description=" ".join(TEXTS), owner=TEXTS[0], html_url="javascript:alert(1)")
    for some in TEXTS[:40]:
        world.github.add(a_gist(description=some, owner=some, etag=some))
        world.runs.revisit(GIST)
    expect(page.locator(".description")).to_contain_text(TEXTS[39][:20])
    assert "\n".join(page.evaluate(FOUND)) == ""
    assert alarm.rang == []


def test_drawings_and_polyglots_are_pictures_that_run_nothing(
    world: World, page: Page, live: str, alarm: Alarm
) -> None:
    named = files({".svg": [*DRAWINGS], ".png": [*POLYGLOTS, *DRAWINGS], ".html": [*POLYGLOTS], ".jpg": [PNG]})
    visit(world, page, live, files=named)
    images = page.locator(".picture img")
    assert images.count() > 30
    for image in images.all():
        image.scroll_into_view_if_needed()
        image.evaluate("(image) => image.complete || new Promise((done) => { image.onload = image.onerror = done; })")
    assert alarm.rang == []


@pytest.mark.parametrize("as_image", [False, True])
def test_a_drawing_that_is_opened_by_itself_runs_nothing(
    world: World, page: Page, live: str, alarm: Alarm, as_image: bool
) -> None:
    """Also where a browser does not say what it asks for, and so gets the drawing."""
    attacks = [*(text.encode() for text in DRAWINGS), *POLYGLOTS, *(text.encode() for text in TEXTS[:60])]
    world.github.add(a_gist(files=files({".svg": [*attacks]})))
    client = world.app.test_client()
    dangers: list[str] = []

    def answer(route: Route) -> None:
        if not route.request.url.startswith(live):
            dangers.append(route.request.url)
            route.abort()
            return
        headers = {"Sec-Fetch-Dest": "image" if as_image else "document"}
        got = client.get(route.request.url.removeprefix(live), headers=headers)
        route.fulfill(status=got.status_code, headers=dict(got.headers), body=got.data)

    page.route("**/*", answer)
    for number, _ in enumerate(attacks):
        with suppress(Error):  # what is to be saved is no page
            page.goto(f"{live}/gist/{GIST}/{REVISION}/raw/{number}.svg")
    page.wait_for_timeout(100)
    assert "\n".join(dangers) == ""
    # What the policy refuses is told as well: that is no script that ran, and nothing was sent.
    assert [rang for rang in alarm.rang if rang.startswith(("dialog", "error"))] == []


def test_what_is_sanitized_survives_being_parsed_again(world: World, browser: Browser, live: str) -> None:
    """A sanitizer's mistake is that a browser reads what it wrote in another way; without scripts, as with them."""
    world.github.add(a_gist(files=files({".md": [*TEXTS]})))
    world.run()
    written = []
    for scripts in (True, False):
        context = browser.new_context(java_script_enabled=scripts)
        page = context.new_page()
        page.goto(f"{live}/gist/{GIST}")
        written.append(page.evaluate("[...document.querySelectorAll('.preview')].map((part) => part.innerHTML)"))
        again = page.evaluate(
            """() => [...document.querySelectorAll('.preview')].map((part) => {
              const other = document.implementation.createHTMLDocument().createElement("div");
              other.innerHTML = part.innerHTML;
              return other.innerHTML;
            })"""
        )
        assert again == written[-1]
        context.close()
    assert written[0] == written[1]
