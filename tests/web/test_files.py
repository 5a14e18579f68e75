"""The files of a gist in a real browser: lines, copying, wrapping, folding, previews; also without JavaScript."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Response, expect

from tests.fakes import out, passed, taken
from tests.unit.test_render_previews import PNG, SVG
from tests.web.axe import assert_usable
from tests.web.conftest import GIST, NEXT_REVISION, REVISION, Alarm, World, a_gist

LONG = "".join(f"line {number}\n" for number in range(1, 401))
FILES: dict[str, str | bytes] = {
    "main.py": "print('hello world')\n" + "# comment\n" * 20,
    "README.md": "# Title\n\n> [!NOTE]\n> hot\n\n- [x] done\n\n```python\nimport os\n```\n\n"
    "[lines](#file-long-txt-L300)\n\n|a|\n|-|\n|1|\n",
    "data.csv": "name,value\none,1\ntwo,2\n",
    "data.json": '{"a": {"b": {"c": [1, 2]}}}',
    "logo.svg": SVG % (b' width="40" height="20"', b'<rect width="40" height="20" fill="green"/>'),
    "long.txt": LONG,
    "wide.txt": "word " * 400 + "\nend\n",
    "paper.pdf": b"%PDF-1.7\0",
    "bytes.bin": b"\0\1\2",
}


@pytest.fixture
def ran(world: World) -> World:
    world.github.add(a_gist(files=FILES))
    world.run()
    return world


def marked(page: Page) -> list[str]:
    """The lines that are marked."""
    lines: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".source > span")]
          .filter((line) => getComputedStyle(line).backgroundColor !== "rgba(0, 0, 0, 0)")
          .map((line) => line.id)"""
    )
    return lines


def in_view(line: Locator) -> bool:
    inside: bool = line.evaluate(
        "(line) => { const { top, bottom } = line.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }"
    )
    return inside


@pytest.mark.parametrize(
    ("fragment", "lines"),
    [
        ("file-main-py-L3", [3]),
        ("file-main-py-L3-L5", [3, 4, 5]),
        ("file-main-py-L5-3", [3, 4, 5]),
        ("file-main-py-L20-L900", [20, 21]),
        ("file-main-py-L0", []),
        ("file-main-py-L900", []),
        ("file-main-py", []),
        ("file-none-py-L3", []),
    ],
)
def test_an_address_marks_the_lines_it_points_at(
    ran: World, page: Page, live: str, alarm: Alarm, fragment: str, lines: list[int]
) -> None:
    page.goto(f"{live}/gist/{GIST}#{fragment}")
    assert marked(page) == [f"file-main-py-L{line}" for line in lines]
    assert alarm.rang == []


def test_a_line_far_down_a_folded_file_is_shown(ran: World, page: Page, live: str, alarm: Alarm) -> None:
    page.goto(f"{live}/gist/{GIST}#file-long-txt-L98-L301")
    line = page.locator("#file-long-txt-L98")
    expect(line).to_be_visible()
    assert in_view(line)
    assert marked(page) == [f"file-long-txt-L{line}" for line in range(98, 302)]
    page.get_by_role("link", name="lines").click()
    expect(page.locator("#file-long-txt-L300")).to_be_visible()
    assert in_view(page.locator("#file-long-txt-L300"))
    assert marked(page) == ["file-long-txt-L300"]
    assert alarm.rang == []


def test_a_click_marks_a_line_and_with_shift_a_range_and_nothing_moves(
    ran: World, page: Page, live: str, alarm: Alarm
) -> None:
    page.goto(f"{live}/gist/{GIST}")
    page.evaluate("scrollTo(0, 60)")
    number = page.locator("#file-main-py a[data-n]")
    number.nth(9).click()
    assert page.url.endswith("#file-main-py-L10")
    number.nth(6).click(modifiers=["Shift"])
    assert page.url.endswith("#file-main-py-L7-L10")
    assert marked(page) == [f"file-main-py-L{line}" for line in (7, 8, 9, 10)]
    assert page.evaluate("[scrollY, getSelection().toString()]") == [60, ""]
    page.reload()
    assert marked(page) == [f"file-main-py-L{line}" for line in (7, 8, 9, 10)]
    number.nth(0).click()
    assert marked(page) == ["file-main-py-L1"]
    assert alarm.rang == []


def test_marks_follow_the_file_to_a_new_revision(ran: World, page: Page, live: str, alarm: Alarm) -> None:
    page.goto(f"{live}/gist/{GIST}#file-main-py-L2-L3")
    page.locator("#file-wide-txt .wraps").click()
    page.locator("#file-data-csv label", has_text="Code").click()
    changed = {**FILES, "main.py": "print('newer')\n" * 5, "data.csv": "a,b\n3,4\n"}
    ran.github.add(a_gist(revision=NEXT_REVISION, files=changed))
    ran.runs.revisit(GIST)
    expect(page.locator("#file-main-py-L1")).to_contain_text("newer")
    assert marked(page) == ["file-main-py-L2", "file-main-py-L3"]
    expect(page.locator("#file-data-csv .code")).to_contain_text("3,4")
    expect(page.locator("#file-wide-txt .wrap")).to_be_checked()
    expect(page.locator("#file-long-txt .file-tools a")).to_have_attribute("href", re.compile(NEXT_REVISION))
    assert alarm.rang == []


def test_copy_takes_the_whole_text_and_nothing_else(ran: World, browser: Browser, live: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{live}/gist/{GIST}")
    for name, anchor in (("long.txt", "file-long-txt"), ("README.md", "file-readme-md"), ("main.py", "file-main-py")):
        page.get_by_role("button", name=f"Copy {name}").click()
        expect(page.get_by_role("status").first).to_have_text(re.compile(rf"Copied: {re.escape(name)}$"))
        expect(page.locator(f"#{anchor} .copies")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == FILES[name]
    page.locator("#file-main-py .code").evaluate("(code) => getSelection().selectAllChildren(code)")
    assert page.evaluate("getSelection().toString().trimEnd()") == str(FILES["main.py"]).rstrip()
    page.keyboard.press("Control+C")
    assert page.evaluate("navigator.clipboard.readText()").strip() == str(FILES["main.py"]).strip()
    context.close()


def test_what_is_shared_is_copied(ran: World, browser: Browser, live: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{live}/gist/{GIST}")
    page.get_by_text("Share", exact=True).click()
    for name, says in (("Copy link", f"{live}/gist/{GIST}"), ("Copy link to this revision", f"/{REVISION}")):
        button = page.get_by_role("button", name=name, exact=True)
        button.click()
        expect(button).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()").endswith(says)
    page.get_by_role("button", name="Copy badge, in Markdown").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.startsWith('[![gistrun]('))")
    context.close()


def test_files_with_odd_names_are_shown_and_run(world: World, page: Page, live: str, alarm: Alarm) -> None:
    odd = {
        "a\nb.py": "1",
        "Icon\r": "x",
        "a\tb.txt": "y",
        "\r\nSet-Cookie: x=1.py": "2",
        "\n<img src=x>\u2028.md": "# z",
    }
    world.github.add(a_gist(files={"main.py": "0", **odd}))
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator(".file .name")).to_have_text(
        ["main.py", *(re.sub(r"[\r\n\t\u2028]", "\ufffd", name) for name in odd)]
    )
    for link in page.get_by_role("link", name="Raw").all():
        answer = page.request.get(live + str(link.get_attribute("href")))
        assert answer.ok
        assert "set-cookie" not in answer.headers
    world.sandboxes.scripts["a\nb.py"] = [taken(), out("the odd one\n"), passed()]
    page.locator("#ask > summary").click()
    page.locator("#ask select[name=file]").select_option(index=1)
    page.locator("#ask button").click()
    expect(page.locator("#output")).to_have_text("the odd one\n")
    assert alarm.rang == []


@pytest.mark.parametrize("width", [390, 1440])
def test_a_wide_table_scrolls_and_its_columns_can_be_read(world: World, page: Page, live: str, width: int) -> None:
    head = ",".join(f"column_{number}" for number in range(40))
    world.github.add(a_gist(files={"main.py": "", "wide.csv": f"{head}\n{head}\n", "tall.csv": f"a\n{'word ' * 99}\n"}))
    world.run()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live}/gist/{GIST}")
    heights = page.locator("#file-wide-csv th").evaluate_all("(cells) => cells.map((cell) => cell.clientHeight)")
    assert max(heights) < 32  # one line
    wide = page.locator("#file-wide-csv .cells")
    assert wide.evaluate("(table) => table.scrollWidth > 2 * table.clientWidth")
    assert page.locator("#file-tall-csv td").evaluate(
        "(cell) => cell.offsetWidth <= cell.closest('.cells').clientWidth"
    )


@pytest.mark.parametrize("width", [390, 719, 1440])
def test_a_long_name_ends_with_an_ellipsis_and_has_the_room_there_is(
    world: World, page: Page, live: str, width: int
) -> None:
    name = "a_long_name_" * 20 + ".txt"
    world.github.add(a_gist(files={"main.py": "", name: "x", "short_name_of_a_file.txt": "x"}))
    world.run()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live}/gist/{GIST}")
    shown = page.locator(".file .name").nth(1)
    assert shown.text_content() == name
    assert (
        shown.evaluate("(name) => name.scrollHeight > name.clientHeight && getComputedStyle(name).webkitLineClamp")
        == "2"
    )
    gap = """(file) => Math.min(...[...file.querySelector(".file-tools").children].map((each) => each.offsetLeft))
      + file.querySelector(".file-tools").offsetLeft - file.querySelector("summary .muted").offsetLeft
      - file.querySelector("summary .muted").offsetWidth"""
    if width == 1440:  # the tools are beside the name, and hardly further away than they have to be
        assert 0 <= page.locator(".file").nth(1).evaluate(gap) < 70


def test_lines_wrap_when_asked_and_so_does_the_next_page(ran: World, page: Page, live: str, alarm: Alarm) -> None:
    page.goto(f"{live}/gist/{GIST}")
    code = page.locator("#file-wide-txt .code")
    wide = "(code) => code.scrollWidth > code.clientWidth"
    assert code.evaluate(wide)
    page.locator("#file-wide-txt .wrap").check()
    assert not code.evaluate(wide)
    page.reload()
    assert not code.evaluate(wide)
    page.locator("#file-wide-txt .wrap").uncheck()
    assert code.evaluate(wide)
    assert alarm.rang == []


def test_previews_and_texts_are_switched(ran: World, page: Page, live: str, alarm: Alarm) -> None:
    page.goto(f"{live}/gist/{GIST}")
    readme = page.locator("#file-readme-md")
    expect(readme.get_by_role("heading", name="Title")).to_be_visible()
    expect(readme.locator(".code")).to_be_hidden()
    readme.get_by_label("Preview").focus()
    page.keyboard.press("ArrowRight")
    expect(readme.get_by_role("heading", name="Title")).to_be_hidden()
    expect(readme.locator(".code")).to_contain_text("# Title")
    expect(page.locator("#file-data-csv").get_by_role("columnheader")).to_have_text(["name", "value"])
    expect(page.locator("#file-data-csv").get_by_role("cell")).to_have_text(["one", "1", "two", "2"])
    expect(page.locator("#file-data-json .tree details")).to_have_count(4)
    image = page.locator("#file-logo-svg img")
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("naturalWidth", 40)
    expect(page.locator("#file-paper-pdf")).to_contain_text("PDF document, 9 bytes. Download")
    expect(page.locator("#file-bytes-bin")).to_contain_text("Binary file, 3 bytes. Download")
    page.goto(f"{live}/gist/{GIST}#file-readme-md-L3")
    expect(page.locator("#file-readme-md-L3")).to_be_visible()
    assert alarm.rang == []


def test_a_preview_takes_the_place_of_a_line_that_the_address_names(ran: World, page: Page, live: str) -> None:
    readme = page.locator("#file-readme-md")
    page.goto(f"{live}/gist/{GIST}#file-readme-md-L3")
    expect(readme.locator(".code")).to_be_visible()
    readme.get_by_label("Preview").check()
    expect(readme.get_by_role("heading", name="Title")).to_be_visible()
    expect(readme.locator(".code")).to_be_hidden()


def test_a_link_to_a_line_leads_there_each_time(world: World, page: Page, live: str) -> None:
    world.github.add(a_gist(files={"main.py": "print(1)\n", "README.md": "# Title\n\n[there](#L3)\n"}))
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    readme = page.locator("#file-readme-md")
    for _ in range(2):
        readme.get_by_label("Preview").check()
        readme.get_by_role("link", name="there").click()
        expect(page.locator("#file-readme-md-L3")).to_be_visible()
        expect(readme.get_by_role("heading", name="Title")).to_be_hidden()


def test_without_javascript_all_of_it_is_there(ran: World, browser: Browser, live: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live}/gist/{GIST}#file-main-py-L3")
    expect(page.locator(".copies").first).to_be_hidden()
    number = page.locator("#file-main-py-L3")
    back, other = (
        line.evaluate("(line) => getComputedStyle(line).backgroundColor")
        for line in (number, page.locator("#file-main-py-L4"))
    )
    assert back != other
    page.locator("#file-readme-md").get_by_label("Code").check()
    expect(page.locator("#file-readme-md .code")).to_be_visible()
    expect(page.locator("#file-long-txt-L300")).to_be_hidden()
    page.locator("#file-long-txt").get_by_text("Show all 400 lines").click()
    expect(page.locator("#file-long-txt-L300")).to_be_visible()
    page.locator("#file-wide-txt .wrap").check()
    assert page.locator("#file-wide-txt .code").evaluate("(code) => code.scrollWidth <= code.clientWidth")
    page.goto(f"{live}/gist/{GIST}#file-data-csv-L2")
    expect(page.locator("#file-data-csv-L2")).to_be_visible()
    context.close()


def test_raw_leads_to_the_bytes(ran: World, page: Page, live: str) -> None:
    page.goto(f"{live}/gist/{GIST}")
    page.get_by_role("link", name="Raw README.md").click()
    expect(page).to_have_url(f"{live}/gist/{GIST}/{REVISION}/raw/README.md")
    expect(page.locator("body")).to_contain_text("> [!NOTE]")


@pytest.mark.parametrize("width", [320, 360, 768, 1100, 1280])
def test_nothing_is_wider_than_the_page(world: World, page: Page, live: str, width: int) -> None:
    wide = "x" * 3000
    files: dict[str, Any] = {
        "main.py": wide,
        "a" * 120 + ".md": f"{wide}\n\n# {wide}\n\n|{wide}|b|\n|-|-|\n|1|2|\n\n```\n{wide}\n```\n\n"
        f"- {wide}\n\n![{wide}](x.png)\n\n<img src='b.png' width=9999>",
        "a.csv": ",".join([wide] * 30),
        "a.json": f'{{"{wide}": ["{wide}"]}}',
        "b.png": PNG,
    }
    world.github.add(a_gist(files=files))
    world.run()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live}/gist/{GIST}")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    overlaps = page.evaluate(
        """() => [...document.querySelectorAll(".file")].filter((file) => {
          const [name, tools] = [".name", ".file-tools"].map((part) => file.querySelector(part))
            .map((part) => part.getBoundingClientRect());
          return name.right > tools.left && name.bottom > tools.top && name.top < tools.bottom;
        }).map((file) => file.id)"""
    )
    assert overlaps == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_use_the_page(ran: World, browser: Browser, live: str, scheme: Any, width: int) -> None:
    """The rules of axe-core, which look at roles, names, contrast and what the keyboard reaches."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{live}/gist/{GIST}")
    for selector in (".rest > summary", "#file-data-csv .as-code", "#file-data-json .as-code"):
        page.locator(selector).evaluate("(element) => element.click()")
        assert_usable(page, selector)
    context.close()


def test_nothing_jumps_while_the_page_loads(ran: World, page: Page, live: str) -> None:
    page.add_init_script(
        """window.jumped = [];
        new PerformanceObserver((list) => {
          for (const { sources } of list.getEntries()) {
            for (const { node } of sources) {
              const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
              if (element?.closest(".files")) window.jumped.push(element.outerHTML.slice(0, 200));
            }
          }
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    page.goto(f"{live}/gist/{GIST}", wait_until="networkidle")
    page.locator("#file-logo-svg").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('#file-logo-svg img').complete")
    page.wait_for_timeout(200)
    assert page.evaluate("jumped") == []


def test_the_page_of_a_small_gist_is_light(world: World, page: Page, live: str) -> None:
    world.run()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{live}/gist/{GIST}", wait_until="load")
    whole = [answer for answer in answers if "event-stream" not in answer.headers["content-type"]]
    sizes = {answer.url: len(gzip.compress(answer.body())) for answer in whole}
    assert sum(sizes.values()) < 60 * 1024, sizes
