"""Long addresses, through the server as it is started."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from gistrun.processes.web import server
from tests.servers import free_port, wait_until
from tests.web.conftest import GIST

LONG = "x" * 30_000


@pytest.fixture
def site(tmp_path: Path, redis_url: str) -> Iterator[str]:
    """The address of a started server, whose GitHub does not answer."""
    port = free_port()
    environment = os.environ | {
        "GISTRUN_DATA": str(tmp_path),
        "REDIS_URL": redis_url,
        "GITHUB_API_URL": f"http://127.0.0.1:{free_port()}",
    }
    process = subprocess.Popen(server("127.0.0.1", port), env=environment)
    address = f"http://127.0.0.1:{port}"

    def is_up() -> bool:
        try:
            return requests.get(f"{address}/healthz", timeout=5).ok
        except requests.ConnectionError:
            return False

    try:
        wait_until(is_up)
        yield address
    finally:
        process.terminate()
        process.wait()


def test_a_long_address_is_answered_in_the_form_that_was_asked_for(site: str) -> None:
    badge = requests.get(f"{site}/gist/{GIST}/badge.svg?label={LONG}", timeout=20)
    assert (badge.status_code, badge.headers["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    assert "xxx…" in badge.text
    assert len(badge.text) < 2_000
    api = requests.get(f"{site}/api/v1/runs/{LONG}", timeout=20)
    assert (api.status_code, api.headers["Content-Type"]) == (404, "application/problem+json")
    page = requests.get(f"{site}/gist/{LONG}", timeout=20)
    assert page.status_code == 400
    assert "gistrun.css" in page.text


def test_a_first_line_without_end_is_refused(site: str) -> None:
    assert requests.get(f"{site}/gist/{GIST}?file={'x' * 100_000}", timeout=20).status_code == 414
