"""The browser's half of the table of terminal cases (tests/unit/test_render_terminal.py has Python's)."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page

CASES = json.loads((Path(__file__).parent.parent / "terminal_cases.json").read_text(encoding="utf-8"))

RUN = """async (cases) => {
  const { Screen } = await import("/static/terminal.js");
  return cases.map(({ writes, limit }) => {
    const element = document.createElement("pre");
    const screen = new Screen(element, limit ?? 2 ** 20);
    for (const [kind, text] of writes) screen.write(kind, text);
    return { pieces: [...element.children].map((span) => [span.className, span.textContent]), full: screen.full };
  });
}"""


def test_the_browser_shows_what_the_server_shows(page: Page, live: str) -> None:
    page.goto(live)
    answers = page.evaluate(RUN, CASES)
    for case, answer in zip(CASES, answers, strict=True):
        assert answer == {"pieces": case["pieces"], "full": case.get("full", False)}, case["name"]


def test_the_number_of_elements_is_bounded(page: Page, live: str) -> None:
    page.goto(live)
    count, full = page.evaluate(
        """async () => {
          const { Screen } = await import("/static/terminal.js");
          const element = document.createElement("pre");
          const screen = new Screen(element);
          for (let i = 0; i < 50000; i++) { screen.write("stdout", "o"); screen.write("stderr", "e"); }
          return [element.children.length, screen.full];
        }"""
    )
    assert full
    assert count < 2**20 / 64
