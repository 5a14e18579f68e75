from __future__ import annotations

import pytest

from gistrun.store import Store
from tests.contract.runs.world import World


@pytest.fixture
def world(store: Store) -> World:
    return World(store)
