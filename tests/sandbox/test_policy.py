"""The policy as enforced: every control read back from inside a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gistrun import languages
from gistrun.engine import Engine
from gistrun.images.catalogue import Catalogue
from gistrun.languages import Language
from gistrun.sandbox.maker import Maker
from gistrun.sandbox.policy import Policy, is_gvisor
from gistrun.sandbox.pool import Pool
from gistrun.sandbox.readback import read_back
from tests.sandbox.conftest import LIMITS, OWNER
from tests.sandbox.runtimes import Runtime


@pytest.fixture
def pool(engine: Any, images: Catalogue, known: dict[str, Language], runtime: Runtime) -> Iterator[Pool]:
    pool = Pool(Maker(Engine(engine), images, known, Policy(LIMITS, runtime.name), OWNER))
    yield pool
    pool.close()


@pytest.mark.parametrize("ahead", [False, True], ids=["made when asked", "made ahead"])
def test_every_control_is_found_inside_as_it_was_ordered(
    pool: Pool, known: dict[str, Language], runtime: Runtime, ahead: bool
) -> None:
    shell = languages.probe(known)
    assert shell
    if ahead:
        pool.prepare(shell.name)
    controls = list(read_back(pool, shell, LIMITS, gvisor=is_gvisor(runtime.name)))
    assert len(controls) >= 14
    for control in controls:
        print(f"{control.name}: {control.found}")
        assert control.holds is not False, control
