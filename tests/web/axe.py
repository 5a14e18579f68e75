"""Holds a page to the rules of axe-core: WCAG 2.2 A and AA, and its best practices."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js"


def assert_usable(page: Page, when: str) -> None:
    """Fails with every rule that is broken, and where."""
    # The page's policy lets no script of ours in, so it comes as the debugger's.
    page.evaluate(_AXE.read_text() + "; null")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations)")
    told = [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]
    assert not told, f"{when}: {told}"
