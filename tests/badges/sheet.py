"""A picture of badges in all styles: `python -m tests.badges.sheet docs/badges.png`."""

from __future__ import annotations

import argparse
import base64
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from gistrun import languages
from gistrun.model import State
from gistrun.render import badge
from gistrun.render.badge import NOT_FOUND, STANDINGS, STYLES, Look, Standing, logos
from gistrun.render.badge.standing import changed
from tests.conftest import CHROMIUM

#: The grounds of GitHub's pages.
_GROUNDS = ("#ffffff", "#0d1117")


def _badges(style: str) -> Iterator[str]:
    known = languages.load()
    python, rust = (logos.from_bytes((known[name].logo or "").encode()) for name in ("python", "rust"))
    yield badge.svg(STANDINGS[State.PASSED], Look(style=style))
    yield badge.svg(STANDINGS[State.FAILED], Look("tests", style))
    yield badge.svg(STANDINGS[State.RUNNING], Look("", style))
    yield badge.svg(Standing("3/3 · 41 ms", "brightgreen"), Look("python", style, logo=python))
    yield badge.svg(changed("Python 3.13.5", "Python 3.14.2"), Look("", style, logo=python))
    yield badge.svg(NOT_FOUND, Look("שלום", style))
    yield badge.svg(STANDINGS[State.PASSED], Look("rust", style, "blue", "whitesmoke", logo=rust))


def main() -> None:
    """Take the picture."""
    parser = argparse.ArgumentParser(prog="python -m tests.badges.sheet", description=__doc__)
    parser.add_argument("picture", type=Path)
    given = parser.parse_args()
    rows = [" ".join(f'<img src="{_data_uri(each)}">' for each in _badges(style)) for style in STYLES]
    row_style = "padding: 6px 12px; white-space: nowrap"
    body = "".join(
        f'<div style="background: {ground}">'
        + "".join(f'<div style="{row_style}">{row}</div>' for row in rows)
        + "</div>"
        for ground in _GROUNDS
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1184, "height": 10}, device_scale_factor=1.5)
        page.set_content(f'<body style="margin: 0">{body}</body>')
        page.wait_for_function("[...document.images].every((image) => image.complete)")
        page.screenshot(path=given.picture, full_page=True)
        browser.close()


def _data_uri(document: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(document.encode()).decode()}"


if __name__ == "__main__":
    main()
