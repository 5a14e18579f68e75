"""The policy as enforced: every control read back from inside a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gistrun.languages import Language
from gistrun.sandbox.demand import Plan
from gistrun.sandbox.images import Images
from gistrun.sandbox.policy import Policy, is_gvisor
from gistrun.sandbox.pool import Pool
from gistrun.sandbox.readback import read_back
from tests.sandbox.conftest import LIMITS, OWNER
from tests.sandbox.runtimes import Runtime


@pytest.fixture
def pool(engine: Any, images: Images, known: dict[str, Language], runtime: Runtime) -> Iterator[Pool]:
    pool = Pool(engine, images, known, Policy(LIMITS, runtime.name), OWNER, Plan(0, 0))
    yield pool
    pool.close()


@pytest.mark.parametrize("ahead", [False, True], ids=["made when asked", "made ahead"])
def test_every_control_is_found_inside_as_it_was_ordered(pool: Pool, runtime: Runtime, ahead: bool) -> None:
    if ahead:
        pool.prepare("bash")
    controls = list(read_back(pool, LIMITS, gvisor=is_gvisor(runtime.name)))
    assert len(controls) >= 14
    for control in controls:
        print(f"{control.name}: {control.found}")
        assert control.holds is not False, control
