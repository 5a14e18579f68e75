"""Every page and state against the rules of axe-core: WCAG 2.2 A and AA, and its best practices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page

from gistrun.model import Outcome, Phase, State
from tests.fakes import Tap, err, failed, out, passed, taken
from tests.web.axe import assert_usable
from tests.web.conftest import GIST, NEXT_REVISION, REVISION, World, a_gist

COLOURS = "".join(f"\033[{style}m{style}\033[0m " for style in [*range(30, 38), *range(90, 98), 1, 2, 3, 4, 7, 9])
LINK = "\033]8;;https://example.org/\033\\a link\033]8;;\033\\ in a line\n"
README = "# Title\n\n> [!NOTE]\n> noted\n\n- [x] done\n\n|a|b|\n|-|-|\n|1|2|\n\n```python\nprint(1)\n```\n\n![x](y.png) [link](https://example.org)\n"
FILES = {
    "main.py": "# comment\nprint('hello world')\n",
    "README.md": README,
    "table.csv": "a,b\n1,2\n",
    "data.json": '{"a": [1, {"b": null}]}',
    "image.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    "binary.bin": b"\0\1\2",
}

State_ = Callable[[World], str]


def ended(*events: Any, **gist: Any) -> State_:
    def make(world: World) -> str:
        world.github.add(a_gist(files=FILES, **gist))
        world.sandboxes.scripts["main.py"] = [taken(), *events]
        world.run()
        return f"/gist/{GIST}"

    return make


def queued(world: World) -> str:
    world.sandboxes.scripts["main.py"] = Tap()
    return f"/gist/{GIST}"


def running(world: World) -> str:
    tap = Tap()
    tap.put(taken(), out(COLOURS), err("careful\n"))
    world.sandboxes.scripts["main.py"] = tap
    return f"/gist/{GIST}"


def not_runnable(world: World) -> str:
    world.github.add(a_gist(files={"notes.txt": "notes"}))
    return f"/gist/{GIST}"


def compared(world: World) -> str:
    ended(passed())(world)
    world.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "print('newer')\n"}))
    world.store.revisits.add(GIST, world.clock())
    world.revisit()
    world.open(GIST, REVISION)
    return f"/gist/{GIST}/history?from={REVISION}&to={NEXT_REVISION}"


def compared_output(world: World) -> str:
    ended(out("\tone word\nsame\n"), passed())(world)
    world.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "\tprint('newer')\n"}))
    world.sandboxes.scripts["main.py"] = [taken(), out("\tother word\nsame\n"), passed()]
    world.store.revisits.add(GIST, world.clock())
    world.revisit()
    return f"/gist/{GIST}/history?from={REVISION}&to={NEXT_REVISION}"


def history(world: World) -> str:
    compared(world)
    return f"/gist/{GIST}/history"


def owner(world: World) -> str:
    ended(passed())(world)
    return "/u/octocat"


def home(world: World) -> str:
    ended(passed())(world)
    return "/"


STATES: dict[str, State_] = {
    "home": home,
    "home-empty": lambda world: "/",
    "home-refusal": lambda world: "/?gist=nothing",
    "queued": queued,
    "running": running,
    "passed": ended(out(COLOURS + LINK), passed()),
    "with-input": lambda world: ended(passed())(world) + "?args=a&stdin=b",
    "failed": ended(err('  File "main.py", line 2\nNameError\n'), failed()),
    "compile-error": ended(replace(failed(), phase=Phase.COMPILE)),
    "timed-out": ended(Outcome(State.TIMED_OUT, message="It took more than 30 s.")),
    "out-of-memory": ended(Outcome(State.OUT_OF_MEMORY, message="It needed more than 256 MB.")),
    "output-limit": ended(
        out("much\n"), Outcome(State.OUTPUT_LIMIT, message="It printed more than 1 MB.", truncated=True)
    ),
    "error": ended(Outcome(State.ERROR, message="The sandbox could not be started.")),
    "secret": ended(passed(), public=False),
    "not-runnable": not_runnable,
    "pinned": lambda world: ended(passed())(world) + f"/{REVISION}",
    "history": history,
    "compared": compared,
    "compared-output": compared_output,
    "owner": owner,
    "not-found": lambda world: f"/gist/{'0' * 20}",
    "no-page": lambda world: "/nothing/here",
    "bad-id": lambda world: "/gist/xyz",
}


@pytest.mark.parametrize("state", STATES)
def test_no_rule_is_broken(world: World, page: Page, live: str, state: str) -> None:
    path = STATES[state](world)
    page.goto(live + path)
    page.wait_for_timeout(150)
    assert_usable(page, "as it comes")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 320, "height": 600})
    assert_usable(page, "with everything open, in the dark, on a small phone")
    for tap in world.sandboxes.scripts.values():
        if isinstance(tap, Tap):
            tap.put(taken(), passed())


@pytest.mark.parametrize("dialog", ["?", "replay"])
def test_no_rule_is_broken_by_what_opens(world: World, page: Page, live: str, dialog: str) -> None:
    page.goto(live + ended(out(COLOURS), passed())(world))
    if dialog == "?":
        page.keyboard.press("?")
    else:
        page.get_by_role("button", name="Replay").click()
    page.wait_for_timeout(150)
    assert_usable(page, dialog)
