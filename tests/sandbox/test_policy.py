"""The policy as enforced: every control read back from inside a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gistrun.languages import Language
from gistrun.sandbox.container import Owner
from gistrun.sandbox.images import Images
from gistrun.sandbox.policy import Policy, is_gvisor
from gistrun.sandbox.pool import Pool
from gistrun.sandbox.readback import read_back
from tests.sandbox.conftest import LIMITS
from tests.sandbox.runtimes import Runtime


@pytest.fixture
def pool(engine: Any, images: Images, known: dict[str, Language], runtime: Runtime) -> Iterator[Pool]:
    pool = Pool(engine, images, known, Policy(LIMITS, runtime.name), Owner("tests", "tests"), warm=0)
    yield pool
    pool.close()


def test_every_control_is_found_inside_as_it_was_ordered(pool: Pool, runtime: Runtime) -> None:
    controls = list(read_back(pool, LIMITS, gvisor=is_gvisor(runtime.name)))
    assert len(controls) >= 14
    for control in controls:
        print(f"{control.name}: {control.found}")
        assert control.holds is not False, control
