"""The policy as enforced: every control read back from inside a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gistrun.languages import Language
from gistrun.sandbox.container import Owner
from gistrun.sandbox.images import Images
from gistrun.sandbox.policy import Policy
from gistrun.sandbox.pool import Pool
from gistrun.sandbox.readback import read_back
from tests.sandbox.conftest import LIMITS


@pytest.fixture
def pool(engine: Any, images: Images, known: dict[str, Language]) -> Iterator[Pool]:
    pool = Pool(engine, images, known, Policy(LIMITS), Owner("tests", "tests"), warm=0)
    yield pool
    pool.close()


def test_every_control_is_found_inside_as_it_was_ordered(pool: Pool) -> None:
    controls = list(read_back(pool, LIMITS))
    assert len(controls) >= 14
    for control in controls:
        print(f"{control.name}: {control.found}")
        assert control.holds is not False, control
