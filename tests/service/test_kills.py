"""Workers, pools and engines that are killed at random moments leave nothing behind.

A few kills in every test run; set GISTRUN_TEST_KILLS to 100 for as many, or run `python -m tests.benchmarks.kills 100`.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import uuid
from pathlib import Path

import pytest

from tests.benchmarks.kills import kill_again_and_again, left_over, running
from tests.servers import wait_until

KILLS = int(os.environ.get("GISTRUN_TEST_KILLS", "6"))


pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("dockerd") or not shutil.which("unshare"),
    reason="an engine to be killed needs root, dockerd and unshare",
)


@pytest.mark.timeout(300)
def test_runs_wait_for_an_engine_that_is_away() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="gistrun-kills-") as folder,
        running(Path(folder)) as (service, engine, github),
    ):

        def ask(script: str) -> str:
            gist = uuid.uuid4().hex
            github.put(gist, {"main.sh": script})
            return str(service.post(f"/api/v1/gists/{gist}/runs").json()["id"])

        def standing(name: str) -> tuple[str, str | None]:
            run = service.get(f"/api/v1/runs/{name}").json()
            return run["state"], run["message"]

        begun = ask("echo begun; sleep 3; echo done")
        wait_until(lambda: standing(begun)[0] == "running", 20, "it never ran")
        engine.kill()
        waiting = ("queued", "The Docker engine does not answer; waiting for it.")
        wait_until(lambda: standing(begun) == waiting, 20, "the run under way does not wait")
        late = [ask("echo late") for _ in range(5)]
        wait_until(lambda: {standing(name) for name in late} == {waiting}, 20, "the others do not wait")
        wait_until(lambda: service.get("/readyz").status_code == 503, 20, "the service says that it can run gists")
        engine.start()
        assert [service.ended(name)["stdout"] for name in (begun, *late)] == ["begun\ndone\n", *["late\n"] * 5]


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
    # Chance may have it that one run is killed again and again.
    assert [end for end in ends if end.startswith("error") and "3 times" not in end] == []
    assert engine.processes() + engine.mounts() == []
    assert not Path(folder).exists()
    assert left == []
    assert ends.total() == len(asked)
