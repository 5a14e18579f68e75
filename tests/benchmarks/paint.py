"""What a page of a small gist costs a phone: `python -m tests.benchmarks.paint [rounds]`.

The service runs whole. Each round opens the kept page anew, with an empty cache, on a processor throttled to a quarter,
behind networks of three kinds: none, a quick mobile one (9 Mbit/s, 60 ms there and back) and a slow one (1.6 Mbit/s,
150 ms). Printed are the bytes that came over the network, everything included, and the medians of the first and the
largest paint. Paints are told by the browser, from the start of the navigation. The ruler is the same output as plain
text, which has no style and no script: what the browser and the network take by themselves.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.page import PAINTS
from tests.conftest import CHROMIUM
from tests.github_server import GitHubServer
from tests.servers import Service

GIST = "a" * 20
FILES = {"main.py": "for n in range(20):\n    print(n, n * n)\n", "README.md": "# Squares\n\nThe first twenty.\n"}
#: Milliseconds there and back, and bytes a second.
NETWORKS = {"none": (0, -1), "quick": (60, 9e6 / 8), "slow": (150, 1.6e6 / 8)}
FIRST = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def main(rounds: int = 9) -> None:
    """Measure and print."""
    with GitHubServer() as github, tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        github.put(GIST, FILES)
        service = Service(github, Path(data), GISTRUN_CHECK_INTERVAL="3600")
        service.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            service.run(GIST)
            page, ruler = f"{service.url}/gist/{GIST}", f"{service.url}/gist/{GIST}/output.txt"
            service.get(f"/gist/{GIST}")
            for name, network in NETWORKS.items():
                taken = [(*_visit(browser, page, *network), *_visit(browser, ruler, *network)) for _ in range(rounds)]
                count, first, largest, _, plain, _ = (median(column) for column in zip(*taken, strict=True))
                print(
                    f"network {name}: {count:,.0f} bytes, first paint {first:.0f} ms, largest {largest:.0f} ms; "
                    f"plain text {plain:.0f} ms"
                )
        finally:
            browser.close()
            service.stop()


def _visit(browser: Browser, url: str, latency_ms: float, bytes_s: float) -> tuple[int, float, float]:
    """Bytes received, first and largest paint in milliseconds."""
    context = browser.new_context(viewport={"width": 390, "height": 780})
    page = context.new_page()
    session: Any = context.new_cdp_session(page)
    received: list[int] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": latency_ms, "downloadThroughput": bytes_s, "uploadThroughput": bytes_s},
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(url)
    largest = page.evaluate(PAINTS)
    first = page.evaluate(FIRST)
    page.wait_for_timeout(300)
    context.close()
    return sum(received), first, largest


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
