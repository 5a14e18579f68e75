"""The page in a real browser: live, hostile, without JavaScript, small."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from gistrun.model import Phase, State
from tests.fakes import Tap, err, failed, out, passed, taken
from tests.web.conftest import GIST, Alarm, World, a_gist

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</pre></title></textarea><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}",
]


@pytest.fixture
def tap(world: World) -> Iterator[Tap]:
    """What main.py does, let out by the test."""
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    yield tap
    tap.close()


def test_output_appears_while_the_program_runs_and_the_end_with_it(
    tap: Tap, page: Page, live: str, alarm: Alarm
) -> None:
    page.goto(f"{live}/gist/{GIST}")
    pill, output = page.locator("#standing .pill"), page.locator("#output")
    expect(pill).to_have_text("queued")
    tap.put(taken())
    expect(pill).to_have_text("running")
    expect(page.locator("#standing")).to_contain_text("Python 3.13.5")
    shown = ""
    for second in range(3):
        tap.put(out(f"tick {second}\n"))
        shown += f"tick {second}\n"
        expect(output).to_have_text(re.compile(rf"^{re.escape(shown)}$"))
    tap.put(err("oops\n"), passed())
    expect(output.locator(".stderr")).to_have_text("oops\n")
    expect(pill).to_have_text("passed")
    for figure in ("Exit status0", "Duration41 ms", "Memory9 MB"):
        expect(page.locator("#standing dl")).to_contain_text(figure)
    expect(page.locator("#figures dl")).to_contain_text("CPU17 ms")
    assert alarm.rang == []
    live_text = output.inner_html()
    page.reload()
    assert page.locator("#output").inner_html() == live_text


def test_a_late_viewer_sees_it_all(tap: Tap, world: World, page: Page, live: str) -> None:
    world.open(GIST)
    tap.put(taken(), out("one\n"), out("two\n"))
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#output")).to_have_text("one\ntwo\n")
    tap.put(out("three\n"), failed(2))
    expect(page.locator("#output")).to_have_text("one\ntwo\nthree\n")
    expect(page.locator("#standing .pill")).to_have_text("failed")


def test_a_run_that_starts_over_clears_what_the_lost_worker_wrote(
    tap: Tap, world: World, page: Page, live: str
) -> None:
    tap.put(taken(), out("half\n"))
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#output")).to_have_text("half\n")
    world.sandboxes.scripts["main.py"] = [taken(), out("whole\n"), passed()]
    world.recovery.recover()
    expect(page.locator("#output")).to_have_text("whole\n")
    expect(page.locator("#standing .pill")).to_have_text("passed")


class Cuts:
    """Breaks the connection of the first readers of events after so many events."""

    def __init__(self, app: Callable[..., Iterable[bytes]], after: int, times: int) -> None:
        self.app, self.after, self.times = app, after, times
        self.last_ids: list[str | None] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = self.app(environ, start_response)
        if not re.fullmatch(r"/runs/.*/events", environ["PATH_INFO"]):
            return answer
        self.last_ids.append(environ.get("HTTP_LAST_EVENT_ID"))
        return self.cut(answer) if len(self.last_ids) <= self.times else answer

    def cut(self, answer: Iterable[bytes]) -> Iterator[bytes]:
        count = 0
        for chunk in answer:
            for told in re.findall(rb".*?\n\n", chunk, re.DOTALL):
                yield told
                count += told.startswith(b"id:")
                if count == self.after:
                    return


def test_a_broken_connection_is_taken_up_where_it_broke(
    tap: Tap, world: World, page: Page, serve: Callable[[Flask], str]
) -> None:
    cuts = Cuts(world.app.wsgi_app, after=3, times=2)
    world.app.wsgi_app = cuts  # type: ignore[method-assign]
    page.goto(f"{serve(world.app)}/gist/{GIST}")
    tap.put(taken(), *(out(f"line {n}\n") for n in range(6)), passed())
    expect(page.locator("#output")).to_have_text("".join(f"line {n}\n" for n in range(6)))
    expect(page.locator("#standing .pill")).to_have_text("passed")
    assert len(cuts.last_ids) == 3
    assert cuts.last_ids[0] is None
    assert all(re.fullmatch(r"\d+-\d+", last or "") for last in cuts.last_ids[1:])


def test_nothing_of_a_gist_runs_in_its_page(world: World, page: Page, live: str, alarm: Alarm) -> None:
    text = "\n".join(ATTACKS)
    names = {name.replace("/", "∕") + ".py": text for name in ATTACKS} | {
        "main.py": text,
        "a.html": text,
        "b.svg": text,
    }
    world.github.add(
        a_gist(files=names, description=text, owner=ATTACKS[1], html_url="javascript:alert(1)", updated_at=text)
    )
    world.sandboxes.scripts["main.py"] = [taken(), out(text), err(text), err(text, phase=Phase.COMPILE), passed()]
    page.goto(f"{live}/gist/{GIST}")  # live
    expect(page.locator("#standing .pill")).to_have_text("passed")
    page.goto(f"{live}/gist/{GIST}?args=%3Cscript%3Ealert(1)%3C/script%3E&stdin=%3C/textarea%3E%3Cscript%3E")
    expect(page.locator("#standing .pill")).to_have_text("passed")
    page.goto(f"{live}/gist/{GIST}")  # kept
    expect(page.locator("#output .phase-run")).to_have_text(text + text)
    expect(page.locator(".description")).to_contain_text(ATTACKS[0])
    assert page.locator("a[href^=javascript]").count() == 0
    assert page.locator("main script, main img[onerror], main svg").count() == 0
    page.goto(f"{live}/gist/{GIST}/badge.svg?label=%3C/text%3E%3Cscript%3Ealert(1)%3C/script%3E")
    page.goto(f"{live}/gist/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    page.goto(f"{live}/?gist=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    expect(page.locator("#gist")).to_have_value('"><script>alert(1)</script>')
    assert alarm.rang == []


def test_the_policy_stops_a_script_even_if_one_came_through(page: Page, live: str) -> None:
    page.goto(live)
    ran = page.evaluate(
        """() => new Promise((resolve) => {
          document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
          window.stolen = () => resolve("ran");
          document.body.insertAdjacentHTML("beforeend", '<img src="https://example.com/x.png" onerror="stolen()">');
          const script = document.createElement("script");
          script.textContent = "stolen()";
          document.body.append(script);
        })"""
    )
    assert ran in ("script-src-elem", "script-src-attr", "img-src")


def test_without_javascript_the_page_shows_what_there_is_and_comes_again(tap: Tap, browser: Browser, live: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    tap.put(taken(), out("first\n"))
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#output")).to_have_text("first\n", timeout=15_000)
    tap.put(out("second\n"), passed())
    expect(page.locator("#output")).to_have_text("first\nsecond\n", timeout=15_000)
    expect(page.locator("#standing .pill")).to_have_text("passed", timeout=15_000)
    page.get_by_role("button", name="Run again").click()
    expect(page).to_have_url(re.compile(r"\?run=run2$"))
    context.close()


def test_the_rerun_button_streams_the_new_run(world: World, page: Page, live: str, alarm: Alarm) -> None:
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    page.get_by_role("button", name="Run again").click()
    expect(page).to_have_url(re.compile(rf"/gist/{GIST}\?run=run2$"))
    tap.put(taken(), out("anew\n"))
    expect(page.locator("#output")).to_have_text("anew\n")
    tap.put(passed())
    expect(page.locator("#standing .pill")).to_have_text("passed")
    assert alarm.rang == []


def test_arguments_and_input_are_passed(world: World, page: Page, live: str) -> None:
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    page.get_by_text("Arguments and input").click()
    page.get_by_label("Arguments").last.fill("one 'two words'")
    page.get_by_label("Standard input").fill("a\nb\n")
    page.locator("form.input button").click()
    expect(page.locator("#standing .pill")).to_have_text("passed")
    program = world.sandboxes.programs[-1]
    assert (program.args, program.stdin) == (("one", "two words"), b"a\nb\n")


def test_the_box_leads_to_a_gist(world: World, page: Page, live: str) -> None:
    page.goto(live)
    page.keyboard.type(f"https://gist.github.com/octocat/{GIST}#file-main-py")  # the box has the focus
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live}/gist/{GIST}#file-main-py")
    expect(page.locator("#standing .pill")).to_have_text("passed")


def test_a_flood_is_bounded_in_the_page_live_and_kept(tap: Tap, page: Page, live: str) -> None:
    page.goto(f"{live}/gist/{GIST}")
    tap.put(taken(), *(out("x" * 65535 + "\n") for _ in range(80)), passed())
    expect(page.locator("#standing .pill")).to_have_text("passed")
    expect(page.locator("#more")).to_be_visible()
    assert page.evaluate("document.getElementById('output').textContent.length") <= 2**22
    page.reload()
    expect(page.locator("#more")).to_be_visible()
    assert page.evaluate("document.getElementById('output').textContent.length") <= 2**22


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_the_state_the_facts_and_the_buttons_apart(
    world: World, page: Page, live: str, width: int
) -> None:
    world.sandboxes.scripts["main.py"] = [
        taken(),
        out("x\n"),
        replace(passed(), state=State.OUTPUT_LIMIT, truncated=True),
    ]
    world.run()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live}/gist/{GIST}")
    for fact in (".duration dd", ".toolchain dd", ".revision a"):
        expect(page.locator(f"#bar {fact}")).to_be_visible()
    boxes = [page.locator(part).bounding_box() for part in ("#standing .pill", "#again button", "#share > summary")]
    for one, other in pairwise(boxes):
        assert one
        assert other
        assert one["x"] + one["width"] <= other["x"] or one["y"] + one["height"] <= other["y"]


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_text_of_a_gist_breaks_the_layout(world: World, page: Page, live: str, width: int) -> None:
    flood = "e" + "\u0301" * 10_000
    name = "\u202egpj.exe" + "n" * 200 + ".py"
    world.github.add(a_gist(files={"main.py": "x" * 5000 + "\n" + flood, name: flood}, description=flood + "y" * 3000))
    world.sandboxes.scripts["main.py"] = [taken(), out("z" * 5000 + "\n" + flood + "\n\u202eabc\nend\n"), passed()]
    world.run()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live}/gist/{GIST}")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('.head').getBoundingClientRect().height") < 500
    assert "\u202e" not in page.title()
    expect(page.get_by_role("button", name="Run again")).to_be_visible()


@pytest.mark.parametrize("state", [State.QUEUED, State.PASSED])
def test_landmarks_names_and_live_regions(world: World, tap: Tap, page: Page, live: str, state: State) -> None:
    if state is State.PASSED:
        tap.put(taken(), out("hello\n"), passed())
        world.run()
    page.goto(f"{live}/gist/{GIST}")
    for role in ("banner", "main", "contentinfo"):
        expect(page.get_by_role(role)).to_have_count(1)  # type: ignore[arg-type]
    output = page.get_by_role("group", name="Output")
    expect(output).to_have_attribute("id", "output")
    assert output.evaluate("(each) => each.closest('[aria-live], [role=status], [role=log]')") is None
    expect(page.get_by_role("status").and_(page.locator("#standing"))).to_contain_text(state)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("input:not([type=hidden]), textarea, select")]
            .filter((field) => !field.labels.length && !field.ariaLabel).length"""
    )
    assert unnamed == 0


@pytest.mark.parametrize("line", ["", "-L3", "-L2-L3", "-L2-L90", "-L90"])
def test_a_swapped_host_with_a_files_anchor_runs_that_file(
    world: World, page: Page, live: str, alarm: Alarm, line: str
) -> None:
    world.github.add(a_gist(files={"main.py": "", "bench_mark.py": "#\n#\nprint(2)\n"}))
    world.sandboxes.scripts["bench_mark.py"] = [taken(), out("two\n"), passed()]
    page.goto(f"{live}/octocat/{GIST}#file-bench_mark-py{line}")
    expect(page).to_have_url(f"{live}/gist/{GIST}?file=bench_mark.py#file-bench_mark-py{line}")
    expect(page.locator("#output")).to_have_text("two\n")
    expect(page.locator("#file-bench_mark-py")).to_have_attribute("open", "")
    assert alarm.rang == []


@pytest.mark.parametrize("fragment", ["%", "%ff", "%E0%A4%A", "file-other-py", "-L1", "a%00b"])
def test_a_fragment_that_points_at_nothing_is_ignored(
    world: World, page: Page, live: str, alarm: Alarm, fragment: str
) -> None:
    world.run()
    page.goto(f"{live}/octocat/{GIST}#{fragment}")
    expect(page).to_have_url(f"{live}/gist/{GIST}#{fragment}")
    page.get_by_role("button", name="Run again").click()
    expect(page.locator("#standing .pill")).to_have_text("passed")
    assert alarm.rang == []


def test_run_again_works_without_any_cookie(world: World, page: Page, live: str) -> None:
    page.goto(f"{live}/gist/{GIST}")
    expect(page.locator("#output")).to_have_text("hello world\n")
    world.sandboxes.scripts["main.py"] = [taken(), out("again\n"), passed()]
    page.get_by_role("button", name="Run again").click()
    expect(page.locator("#output")).to_have_text("again\n")
    assert page.context.cookies() == []


def test_what_is_typed_is_still_there_when_the_page_is_opened_again(world: World, page: Page, live: str) -> None:
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    page.get_by_text("Arguments and input").click()
    page.get_by_label("Standard input").fill("half a thought")
    page.goto(live)
    page.goto(f"{live}/gist/{GIST}")
    expect(page.get_by_label("Standard input")).to_have_value("half a thought")
    expect(page.get_by_label("Standard input")).to_be_visible()
    page.locator("form.input button").click()
    expect(page.locator("#standing .pill")).to_have_text("passed")
    assert world.sandboxes.programs[-1].stdin == b"half a thought"
    page.goto(f"{live}/gist/{GIST}")
    expect(page.get_by_label("Standard input")).to_have_value("")


def test_a_print_shows_all_of_the_output_and_no_controls(world: World, page: Page, live: str) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), out("line\n" * 500), passed()]
    world.run()
    page.goto(f"{live}/gist/{GIST}")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Run again")).to_be_hidden()
    assert (
        page.evaluate(
            "(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.getElementById('output'))"
        )
        <= 0
    )
