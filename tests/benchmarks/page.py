"""How smooth a page is with a flood of output: `python -m tests.benchmarks.page [lines]`.

So many lines (50,000 unless named) of plain and of coloured output, on a processor throttled to a quarter and a
sixth, in the system's Chromium without a graphics card: while they stream, when a kept page of them is opened, and
while it is scrolled. Frames are told by `requestAnimationFrame`; the browser makes 60 a second at best. Busy
neighbours count too, and so the processor time that the page's own thread takes for a frame is told as well, which
they hardly change: 4.2 ms are a sixtieth of a second on a quarter of the processor.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright

from gistrun.render.terminal import OutputView
from gistrun.web.front.headers import CONTENT_SECURITY_POLICY
from tests.conftest import CHROMIUM

STATIC = Path(__file__).parents[2] / "gistrun" / "web" / "static"
TYPES = {".js": "text/javascript", ".css": "text/css"}

PAGE = """<!doctype html><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/gistrun.css"><link rel="stylesheet" href="/static/terminal/palette.css">
<main><section class="run"><div id="output" class="output">{}</div></section></main>"""

#: Counts the milliseconds between frames from now on.
WATCH = """() => {
  window.frames_ = [];
  let last = performance.now();
  const frame = (now) => {
    window.frames_.push(now - last);
    last = now;
    window.watching_ = requestAnimationFrame(frame);
  };
  window.watching_ = requestAnimationFrame(frame);
}"""
STOP = "() => { cancelAnimationFrame(window.watching_); return window.frames_.slice(2); }"

STREAM = """async (pieces) => {
  const { OutputView } = await import("/static/terminal/view.js");
  const output = document.getElementById("output");
  const view = new OutputView(output, (show) => { show(); output.scrollTop = output.scrollHeight; });
  const began = performance.now();
  for (const piece of pieces) {
    view.write("run", false, piece);
    await new Promise((done) => setTimeout(done, 20));
  }
  while (view.busy) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""
#: As a finger does on a phone, and then much faster.
SCROLL = """async (step) => {
  const output = document.getElementById("output");
  output.scrollTop = output.scrollHeight / 4;
  for (let frame = 0; frame < 180; frame += 1) {
    output.scrollTop += step;
    await new Promise(requestAnimationFrame);
  }
}"""
#: Milliseconds of a frame at 60 a second, on a quarter of the processor.
BUDGET = 1000 / 60 / 4
PAINTS = """() => new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))
  .observe({ type: "largest-contentful-paint", buffered: true }))"""


def main(lines: int = 50_000) -> None:
    """Measure and print."""
    outputs = {
        "plain": "".join(f"line {number} of a flood\n" for number in range(lines)),
        "coloured": "".join(f"\x1b[32mok\x1b[0m {number} \x1b[1;34mname\x1b[m\n" for number in range(lines)),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name, text in outputs.items():
            view = OutputView()
            view.write("run", False, text)
            for slower in (1, 4, 6):
                with _page(browser, "", slower) as page:
                    page.evaluate(WATCH)
                    took = page.evaluate(STREAM, [text[at : at + 65536] for at in range(0, len(text), 65536)])
                    told = [f"streamed in {took / 1000:.1f} s: {_frames(page.evaluate(STOP))}"]
                with _page(browser, view.html, slower) as page:
                    told.append(f"kept page painted after {page.evaluate(PAINTS):.0f} ms")
                    for step in (60, 600):
                        page.evaluate(WATCH)
                        page.evaluate(SCROLL, step)
                        told.append(f"scrolled by {step} px a frame: {_frames(page.evaluate(STOP))}")
                        if slower == 1:
                            told.append(_work(browser, page, step))
                print(f"{name}, {len(text):,} bytes, processor 1/{slower}: {'; '.join(told)}", flush=True)
        browser.close()


@contextmanager
def _page(browser: Browser, html: str, slower: int) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 390, "height": 780})

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix("http://page.test")
        if path == "/":
            headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
            route.fulfill(body=PAGE.format(html), content_type="text/html; charset=utf-8", headers=headers)
        else:
            file = STATIC / path.removeprefix("/static/")
            route.fulfill(body=file.read_text(), content_type=TYPES.get(file.suffix, "text/plain"))

    page.route("**", answer)
    session: Any = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto("http://page.test/")
    yield page
    page.close()


def _work(browser: Browser, page: Page, step: int) -> str:
    """The processor time of the page's thread for each frame, scrolled by so many pixels."""
    browser.start_tracing(page=page, categories=["devtools.timeline", "cc"])
    page.evaluate(SCROLL, step)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    made = (event for event in events if event["name"] == "ProxyMain::BeginMainFrame")
    frames = [event["tdur"] / 1000 for event in made if "tdur" in event]
    over = sum(each > BUDGET for each in frames)
    return (
        f"its thread {sum(frames) / len(frames):.1f} ms a frame, {max(frames):.1f} at most, "
        f"{100 * over / len(frames):.0f} % over {BUDGET:.1f}"
    )


def _frames(between: list[float]) -> str:
    late = sum(each > 25 for each in between)
    middle = sorted(between)[len(between) // 2]
    return (
        f"{1000 * len(between) / sum(between):.0f} frames/s (median {middle:.1f} ms, "
        f"{100 * late / len(between):.0f} % over 25 ms, longest {max(between):.0f} ms)"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
