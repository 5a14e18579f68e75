"""The output in a real browser: the same elements from the server and from the page's script, safe, aligned, copied."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from gistrun.address import file_anchors
from gistrun.model import Phase
from gistrun.render.terminal import OutputView
from tests.fakes import Tap, err, out, passed, taken
from tests.terminal.cases import CASES, recordings
from tests.web.conftest import GIST, Alarm, World

Writes = list[tuple[str, bool, str]]

DRAW = """async ([inputs, whole, anchors, lines]) => {
  const { OutputView } = await import("/static/terminal/view.js");
  const { Files } = await import("/static/terminal/places.js");
  const answers = [];
  for (const writes of inputs) {
    const element = document.createElement("div");
    const files = new Files(...[anchors, lines].map((each) => new Map(Object.entries(each))));
    const view = new OutputView(element, (show) => show(), false, files);
    for (const write of writes) {
      view.write(...write);
      // Between two writes the page shows what there is; at the end it must not matter.
      if (!whole) while (view.busy) await new Promise(requestAnimationFrame);
    }
    while (view.busy) await new Promise(requestAnimationFrame);
    answers.push([element.innerHTML, element.textContent, view.full]);
  }
  return answers;
}"""

#: The server's HTML as the browser writes it.
NORMAL = """(pages) => pages.map((html) => {
  const element = document.createElement("div");
  element.innerHTML = html;
  return element.innerHTML;
})"""


def _written(writes: Writes) -> OutputView:
    view = OutputView(ANCHORS, LINES)
    for write in writes:
        view.write(*write)
    return view


#: Files of a gist, some with names that are hard to find in a line.
NAMES = ["main.py", "a main.py", "main.c", "Main.java", "中文.js", "e\u0301.rb", "<b>.py", '"x".c', "👍.go", "(1).d"]
ANCHORS = dict(zip(NAMES, file_anchors(NAMES), strict=True))
#: How many lines of them there are.
LINES = {name: place + 1 for place, name in enumerate(NAMES)}

LINK = "\x1b]8;;https://example.org/{}\x1b\\link {}\x1b]8;;\x1b\\"
MIXED: list[Writes] = [
    [("compile", True, "warning\n"), ("run", False, "a"), ("run", True, "b\n"), ("install", False, "late\n")],
    [("run", False, f"line {n} \x1b[3{n % 8}mcolour\x1b[m\n") for n in range(100)],
    [("run", False, "".join(f"line {n}\n" for n in range(100))), ("run", False, "\x1b[2J\x1b[3J\x1b[Hnew\n")],
    [("run", False, "\n" * 70), ("run", False, "\x1b[5Aup"), ("run", False, "\x1bcnew")],
    [("run", False, "\x1b]8;;https://example.org/\x07https://example.org/\x1b]8;;\x07 its own name\n")],
    [("run", False, "x" * 2500), ("run", False, "\rhead\n" + "y" * 1000), ("run", False, "z\n")],
    [("run", False, "─" * 50 + "中文字" * 10 + "👍🏽👨‍👩‍👧🇩🇪e\u0301\u05d0\u05d1 \x1b[7m inverse \x1b[44m\x1b[K\n")],
    [("run", False, "".join(LINK.format(n, n) for n in range(3)) + "\x1b]8;;javascript:alert(1)\x07no\n")],
    [("run", False, "".join(f"\x1b[38;2;{n};{255 - n};{n * 7 % 256}m{n}" for n in range(0, 256, 5)))],
    [("run", False, "main\n\x1b[?1049h\x1b[Hfull"), ("run", False, "screen"), ("run", False, "\x1b[?1049lagain\n")],
    [("run", True, "".join(f'  File "/sandbox/gist/{name}", line {n}, in f\n' for n, name in enumerate(NAMES)))],
    [("run", False, "".join(f"\x1b[3{n}m{name}\x1b[m:\x1b[1m{n}\x1b[m:5: no\n" for n, name in enumerate(NAMES)))],
    [
        (
            "run",
            False,
            "at f (file:///sandbox/gist/中文.js:12:7) 中 main.c:1: 中main.c:2 ./main.c(3,4): main.c:1234567\n",
        )
    ],
    [("run", False, "main.c:" + LINK.format(1, 1) + "\rmain.c:2: \x1b]8;;javascript:x\x07main.c:3\x1b]8;;\x07\n")],
    [("run", False, "main.py:1 " * 20 + "\n" + "main.py:" * 200 + "1\n" + "x" * 995 + " main.c:12\n")],
    [("run", False, "\x1b[41m\x1b[2J\x1b[H\x1b[mtop\n\x1b[7m   \x1b[m  \n&amp;<b>\xa0\"'")],
]


@pytest.mark.parametrize("whole", [True, False], ids=["at once", "bit by bit"])
def test_the_browser_makes_the_elements_that_the_server_makes(whole: bool, page: Page, live: str) -> None:
    inputs: list[Writes] = [[("run", False, text) for text in case.input["writes"]] for case in CASES]
    inputs += [[("run", False, text) for text in recording["writes"]] for _, recording in recordings()]
    inputs += MIXED
    page.goto(live)
    views = [_written(writes) for writes in inputs]
    wanted = page.evaluate(NORMAL, [str(view.html) for view in views])
    answers = page.evaluate(DRAW, [inputs, whole, ANCHORS, LINES])
    for writes, html, view, (made, text, full) in zip(inputs, wanted, views, answers, strict=True):
        assert made == html, writes
        assert full == view.full
        assert "\0" not in text


@pytest.mark.parametrize(
    "flood",
    ["o\x1b[31me\x1b[m" * 100_000, "x\n" * 100_000, "中\n" * 20_000, "\x1b[99Cx\n" * 50_000, "x\x1bc" * 100_000],
    ids=["colours", "lines", "wide", "moves", "resets"],
)
def test_a_flood_ends_where_the_servers_ends(flood: str, page: Page, live: str) -> None:
    page.goto(live)
    view = _written([("run", False, flood)])
    [[made, _, full]] = page.evaluate(DRAW, [[[("run", False, flood)]], True, ANCHORS, LINES])
    assert full == view.full
    assert page.evaluate(NORMAL, [str(view.html)]) == [made]


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    *(
        f"\x1b]8;{settings};{address}\x1b\\{text}\x1b]8;;\x1b\\"
        for settings in ("", 'id="><img src=x onerror=alert(1)>')
        for text in ("click", "<img src=x onerror=alert(1)>")
        for address in (
            "javascript:alert(1)",
            "java\tscript:alert(1)",
            "JAVASCRIPT:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            'https://a.b/"onmouseover="alert(1)',
            "https://a.b/' onfocus='alert(1)' autofocus='",
            "https://a.b/><svg/onload=alert(1)>",
            "https://github.com@a.b/",
            "https://a.b/&quot;onmouseover=alert(1)",
        )
    ),
    "\x1b]0;<script>alert(1)</script>\x07\x1b]52;c;YQ==\x07\x1b]1337;File=inline=1:AAAA\x07",
    "\x1b[38;2;1;2;3;url(javascript:alert(1))mx",
    "\u202ereversed\u202c",
]


def test_nothing_of_the_output_runs(world: World, page: Page, live: str, alarm: Alarm) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), *(out(text + "\n") for text in HOSTILE), passed()]
    for _ in range(2):  # live, then kept
        page.goto(f"{live}/gist/{GIST}")
        expect(page.locator("#standing .pill")).to_have_text("passed")
        expect(page.locator("#output")).to_contain_text("reversed")
        assert page.locator("#output :is(img, script, svg, iframe)").count() == 0
        for link in page.locator("#output a").all():
            link.hover()
            address = link.get_attribute("href") or ""
            assert re.fullmatch(r"https?://a\.b/[!-~]*", address)
            assert (link.get_attribute("title"), link.get_attribute("rel")) == (
                address,
                "nofollow noopener noreferrer ugc",
            )
        attributes = page.evaluate(
            """() => [...document.querySelectorAll("#output *")].flatMap((one) => one.getAttributeNames())"""
        )
        assert set(attributes) <= {"class", "href", "rel", "title"}
    assert alarm.rang == []


def test_what_the_server_showed_stays_while_the_page_catches_up(world: World, page: Page, live: str) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    page.goto(f"{live}/gist/{GIST}")
    tap.put(taken(), out("".join(f"line {n}\n" for n in range(40))))
    expect(page.locator("#output")).to_contain_text("line 39")
    page.add_init_script(
        """addEventListener("DOMContentLoaded", () => {
          const output = document.getElementById("output");
          window.lengths = [output.textContent.length];
          new MutationObserver(() => window.lengths.push(output.textContent.length))
            .observe(output, { childList: true, subtree: true });
        })"""
    )
    page.reload()
    tap.put(out("more\n"))
    expect(page.locator("#output")).to_contain_text("more")
    lengths = page.evaluate("window.lengths")
    assert lengths == sorted(lengths)
    tap.put(passed())
    tap.close()


def test_what_is_copied_is_plain_text(world: World, page: Page, live: str) -> None:
    text = "plain\n\x1b[1;31mbold\x1b[m and 中文字 and 👍🏽│ and " + LINK.format(1, 1) + "\n\n" + "x" * 1500 + "\nend\n"
    world.sandboxes.scripts["main.py"] = [taken(), out(text), passed()]
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    page.evaluate("getSelection().selectAllChildren(document.getElementById('output'))")
    copied = page.evaluate("getSelection().toString()")
    assert copied.rstrip("\n") == "plain\nbold and 中文字 and 👍🏽│ and link 1\n\n" + "x" * 1500 + "\nend"


def test_columns_are_aligned(world: World, page: Page, live: str) -> None:
    rows = [
        "abcdefgh",
        "中文字한",
        "👍🏽🚀👨‍👩‍👧🇩🇪",
        "e\u0301a\u0308o\u0302cdefg",
        "┌──────┐",
        "⠋⠙✓✗●○█▌",
        "ｱｲｳｴｵｶｷｸ",
        "नमस्ते12",
    ]
    world.sandboxes.scripts["main.py"] = [taken(), *(out(f"\x1b[4m{row}\x1b[24m|\n") for row in rows[:-1]), passed()]
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    places = page.evaluate(
        """() => {
          const walker = document.createTreeWalker(document.getElementById("output"), NodeFilter.SHOW_TEXT);
          const found = [];
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf("|");
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at + 1);
            found.push(range.getBoundingClientRect().left);
          }
          return found;
        }"""
    )
    assert len(places) == len(rows) - 1
    assert max(places) - min(places) < 1


def test_phases_have_sections(world: World, page: Page, live: str) -> None:
    world.sandboxes.scripts["main.py"] = [
        taken(),
        err("warning\x1b[31m\n", phase=Phase.COMPILE),
        out("hello\n"),
        passed(),
    ]
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    compiler = page.get_by_role("group", name="Compiler")
    expect(compiler).to_have_text("warning\n")
    expect(page.locator("#output .phase-run")).to_have_text("hello\n")


def test_the_content_security_policy_is_kept(world: World, page: Page, live: str) -> None:
    told: list[Any] = []
    page.on("console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None)
    colours = "".join(f"\x1b[38;2;{n};9;9;48;5;{n}m{n}" for n in range(0, 256, 3))
    world.sandboxes.scripts["main.py"] = [taken(), out(colours + "\x1b[m\n" + "".join(HOSTILE)), passed()]
    for _ in range(2):
        page.goto(f"{live}/gist/{GIST}")
        expect(page.locator("#standing .pill")).to_have_text("passed")
    assert told == []
