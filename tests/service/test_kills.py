"""Workers, pools and engines that are killed at random moments leave nothing behind.

A few kills in every test run; set GISTRUN_TEST_KILLS to 100 for as many, or run `python -m tests.benchmarks.kills 100`.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.benchmarks.kills import kill_again_and_again, left_over, running

KILLS = int(os.environ.get("GISTRUN_TEST_KILLS", "6"))


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("dockerd") or not shutil.which("unshare"),
    reason="an engine to be killed needs root, dockerd and unshare",
)
@pytest.mark.timeout(120 + 60 * KILLS)
def test_nothing_is_left_after_kills_at_random_moments() -> None:
    # A short path: the engine makes sockets far below it, whose names are limited.
    with (
        tempfile.TemporaryDirectory(prefix="gistrun-kills-") as folder,
        running(Path(folder)) as (service, engine, github),
    ):
        before = engine.mounts()
        killed, asked = kill_again_and_again(service, engine, github, KILLS, random.Random(KILLS))
        ends, left = left_over(service, engine, asked, before)
    assert killed.total() == KILLS
    assert engine.processes() + engine.mounts() == []
    assert not Path(folder).exists()
    assert left == []
    assert ends.total() == len(asked)
