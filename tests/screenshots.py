"""Pictures of the running service, for the README and for one's own eyes: `python -m tests.screenshots FOLDER`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.conftest import CHROMIUM
from tests.github_server import GitHubServer
from tests.servers import Service

LIFE, ROCKET, FAILS, TOUR = (
    "053ead1aac7c26083ed31803b4714f92",
    "a31038f280f26c4efa19d59293da5f67",
    "0b973dde1d1b99119c4a6df3a211fa18",
    "46bfc974ae3f6831580fa5f9f4400739",
)
GONE = "d" * 32
PLACES = {
    "home": "/",
    "passed": f"/gist/{TOUR}",
    "failed": f"/gist/{FAILS}",
    "missing": "/gist/0123",
    "gone": f"/gist/{GONE}",
}
SCREENS = {"desktop": (1280, 800), "phone": (390, 780)}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with GitHubServer() as github, tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        github.load_examples()
        service = Service(github, Path(data))
        service.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            github.put(GONE, {"main.py": "print('gone')"})
            for gist in (LIFE, FAILS, TOUR, GONE):
                service.run(gist)
            github.delete(GONE)
            while service.get(f"/gist/{GONE}").status_code != 404:
                time.sleep(0.1)
            for screen, (width, height) in SCREENS.items():
                for scheme in ("light", "dark"):
                    size = {"width": width, "height": height}
                    page = browser.new_page(viewport=size, color_scheme=scheme, device_scale_factor=1)  # type: ignore[arg-type]
                    for name, path in PLACES.items():
                        page.goto(service.url + path)
                        page.screenshot(path=folder / f"{name}-{screen}-{scheme}.png", full_page=screen == "phone")
                    page.goto(f"{service.url}/gist/{ROCKET}")
                    page.wait_for_timeout(4500)
                    page.screenshot(path=folder / f"running-{screen}-{scheme}.png")
                    page.close()
                    service.post(f"/api/v1/gists/{ROCKET}/runs", json={"rerun": True})
        finally:
            browser.close()
            service.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
