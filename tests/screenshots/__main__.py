"""Pictures of every page in every state: `python -m tests.screenshots FOLDER [NAME…]`.

The service runs whole: real Redis, workers and sandboxes, and a real browser, on a phone and a desktop, light and dark.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.conftest import CHROMIUM
from tests.github_server import GitHubServer
from tests.screenshots.gists import SHOWN, id_of
from tests.servers import Service

#: A program that prints for some seconds, among the examples.
ROCKET = "a31038f280f26c4efa19d59293da5f67"

#: Width, height, and whether it is a phone.
DEVICES = {"desktop": (1440, 900, False), "phone": (390, 844, True), "small": (320, 568, True)}


def pages(service: Service, github: GitHubServer, wanted: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """The name of each picture, and the address of its page, once the page has come to what it shows."""
    yield "home-empty", "/"
    for gist in SHOWN:
        gist_id = id_of(gist.name)
        github.put(gist_id, gist.files, description=gist.description, public=gist.public)
        if wanted(gist.name):
            service.get(f"/gist/{gist_id}/output.txt{gist.query}")
        yield gist.name, f"/gist/{gist_id}{gist.query}"
    service.get(f"/gist/{ROCKET}/output.txt")
    yield "running", f"/gist/{ROCKET}"
    run = service.post(f"/api/v1/gists/{ROCKET}/runs", json={"rerun": True}).json()["id"]
    service.post(f"/runs/{run}/stop")
    yield "stopped", f"/gist/{ROCKET}?run={run}"
    changed = id_of("failed")
    github.put(changed, {"shop.py": 'print("tea 2.40")\n', "prices.py": "PRICES = {}\n"})
    before = github.revisions(changed)
    service.get(f"/gist/{changed}/{before[0]}/")
    service.get(f"/gist/{changed}/{before[-1]}/")
    yield "history", f"/gist/{changed}/history"
    yield "compare", f"/gist/{changed}/history?from={before[0]}&to={before[-1]}"
    yield "pinned", f"/gist/{changed}/{before[0]}"
    yield "owner", "/u/octocat"
    yield "home", "/"
    yield "home-refusal", "/?gist=not+a+gist"
    yield "not-found", f"/gist/{'0' * 20}"
    yield "no-page", "/nothing/here"


def take(browser: Browser, service: Service, name: str, path: str, folder: Path) -> None:
    """One picture for each device and each colour scheme."""
    for device, (width, height, phone) in DEVICES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                has_touch=phone,
                device_scale_factor=1,
            )
            page = context.new_page()
            if name == "running":
                service.post(f"/api/v1/gists/{ROCKET}/runs", json={"rerun": True})
            page.goto(service.url + path)
            page.wait_for_timeout(4500 if name == "running" else 300)
            page.screenshot(path=folder / f"{name}-{device}-{scheme}.png", full_page=True)
            context.close()


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="only these")
    given = parser.parse_args()

    def wanted(name: str) -> bool:
        return not given.names or name in given.names

    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, GitHubServer() as github, sync_playwright() as playwright:
        github.load_examples()
        service = Service(github, Path(data), GISTRUN_TIMEOUT="12", GITHUB_TOKEN="a token")
        service.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            for name, path in pages(service, github, wanted):
                if wanted(name):
                    take(browser, service, name, path, given.folder)
                    print(name, flush=True)
        finally:
            browser.close()
            service.stop()


if __name__ == "__main__":
    main()
