"""An open page shows what its gist became at GitHub: by watching, and by a delivery."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.github_server import GitHubServer
from tests.servers import Service, wait_until
from tests.service.test_path import deliver, new_id

#: Milliseconds that a page has to show the new output, on a machine that is busy with other tests.
PATIENCE = 30_000


@pytest.fixture(scope="module")
def patient(github: GitHubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that by itself asks GitHub for a gist once an hour."""
    settings = {"GITHUB_TOKEN": "ghp_test", "GISTRUN_LANGUAGES": "bash", "GISTRUN_CHECK_INTERVAL": "3600"}
    service = Service(github, tmp_path_factory.mktemp("patient"), **settings)
    service.start()
    yield service
    service.stop()


def put(github: GitHubServer, gist: str, word: str) -> None:
    github.put(gist, {"main.sh": f"echo {word}; sleep 0.5; echo and {word}"})


def test_by_watching(service: Service, github: GitHubServer, page: Page) -> None:
    gist = new_id()
    put(github, gist, "one")
    page.goto(f"{service.url}/gist/{gist}")
    expect(page.locator("#output")).to_have_text("one\nand one\n", timeout=PATIENCE)
    put(github, gist, "two")
    expect(page.locator("#output")).to_have_text("two\nand two\n", timeout=PATIENCE)
    expect(page.locator("#standing .pill")).to_have_text("passed", timeout=PATIENCE)
    github.delete(gist)
    expect(page.locator("main")).to_contain_text("was deleted at GitHub", timeout=PATIENCE)
    assert service.get(f"/gist/{gist}").status_code == 404


def test_by_a_delivery(patient: Service, github: GitHubServer, page: Page) -> None:
    gist = new_id()
    put(github, gist, "one")
    page.goto(f"{patient.url}/gist/{gist}")
    expect(page.locator("#output")).to_have_text("one\nand one\n", timeout=PATIENCE)
    put(github, gist, "two")
    assert deliver(patient, "gist", {"action": "updated", "gist": {"id": gist}}).status_code == 202
    expect(page.locator("#output")).to_have_text("two\nand two\n", timeout=PATIENCE)


def test_a_badge_is_watched_without_any_page(service: Service, github: GitHubServer) -> None:
    gist = new_id()
    github.put(gist, {"main.sh": "true"})

    def becomes(message: str) -> None:
        wait_until(lambda: service.get(f"/gist/{gist}/badge.json").json()["message"] == message, 30)

    becomes("passing")
    github.put(gist, {"main.sh": "false"})
    becomes("failing")


def test_readyz_reports_how_many_gists_are_watched(service: Service) -> None:
    wait_until(lambda: service.get("/readyz").json()["watching"], 30)
    assert service.get("/readyz").json()["watching"]["interval_s"] >= 1
    assert "watching: " in service.gistrun("doctor").stdout
