"""The real engine, and the folders of images/ as they are found there."""

from __future__ import annotations

from typing import Any

import docker
import pytest


@pytest.fixture(scope="session")
def engine() -> Any:
    """The SDK's client, by which tests see what the product has done."""
    return docker.from_env().api
