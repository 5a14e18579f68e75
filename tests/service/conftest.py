"""The whole service, started as an operator starts it: its own Redis, web, workers and watch, on the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github_server import GitHubServer
from tests.servers import Service


@pytest.fixture(scope="session")
def github() -> Iterator[GitHubServer]:
    with GitHubServer(token="ghp_test") as server:
        server.load_examples()
        yield server


@pytest.fixture(scope="session")
def service(github: GitHubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all tests that do it no harm."""
    service = Service(github, tmp_path_factory.mktemp("service"), GITHUB_TOKEN="ghp_test", GISTRUN_TIMEOUT="8")
    service.start()
    yield service
    service.stop()


@pytest.fixture
def fragile(github: GitHubServer, tmp_path: Path) -> Iterator[Service]:
    """A service of one's own, to be harmed."""
    service = Service(github, tmp_path, GITHUB_TOKEN="ghp_test", GISTRUN_LANGUAGES="python,bash")
    service.start()
    yield service
    service.stop()
