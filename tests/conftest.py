"""What every test may use: a real Redis of its own, and the machine's browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from gistrun.store import Store, connect
from tests.servers import redis_server

# Hypothesis would fail a test that once took 200 ms, as any does on a busy machine.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The Chromium of the system, speaking to nobody but the page."""
    if not CHROMIUM.exists():
        pytest.fail("The browser tests need Chromium: apt-get install chromium")
    return {
        "executable_path": str(CHROMIUM),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis server that lives as long as the test session, on a Unix socket."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def store(redis_url: str) -> Store:
    """An empty store."""
    client = connect(redis_url)
    client.flushall()
    return Store(client)
