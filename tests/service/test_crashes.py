"""Whatever dies in the middle: no run is left running, no sandbox is left behind, nothing is lost."""

from __future__ import annotations

import os
import re
import signal
import time
import uuid

import pytest

from tests.github_server import GitHubServer
from tests.servers import Service, wait_until


def _started(service: Service, github: GitHubServer, source: str) -> str:
    """The id of a run that is running."""
    gist = uuid.uuid4().hex
    github.put(gist, {"main.sh": source})
    run_id = str(service.post(f"/api/v1/gists/{gist}/runs").json()["id"])
    wait_until(lambda: service.get(f"/api/v1/runs/{run_id}").json()["state"] == "running", 20, "it never ran")
    return run_id


def test_a_run_whose_pool_was_killed_is_taken_up_by_the_next(fragile: Service, github: GitHubServer) -> None:
    run_id = _started(fragile, github, "echo begun; sleep 2; echo done")
    fragile.kill("pool")
    # A sandbox ends with its worker. One that was made but not yet started waits for the watcher, which removes it when
    # the worker's sign of life has expired.
    wait_until(lambda: not fragile.containers(), 20, "sandboxes outlived their worker")
    fragile.start_process("pool")
    run = fragile.ended(run_id)
    assert (run["state"], run["stdout"]) == ("passed", "begun\ndone\n")
    names = [(name, data.get("message")) for _, name, data in fragile.events(run_id) if name != "output"]
    assert ("state", "The worker was lost while running this; it starts over.") in names


def test_a_run_whose_worker_alone_was_killed_is_taken_up_by_another(fragile: Service, github: GitHubServer) -> None:
    run_id = _started(fragile, github, "echo begun; sleep 2; echo done")
    record = os.popen(f"redis-cli -s {fragile.data}/redis.sock hget gistrun:run:{run_id} worker").read()
    pid = re.search(r"-(\d+)-[0-9a-f]+$", record.strip())
    assert pid
    os.kill(int(pid[1]), signal.SIGKILL)
    run = fragile.ended(run_id)
    assert (run["state"], run["stdout"]) == ("passed", "begun\ndone\n")
    # The jobs have no expiry, so each has to be removed.
    jobs = f"redis-cli -s {fragile.data}/redis.sock keys 'rq:job:{run_id}*'"
    wait_until(lambda: not os.popen(jobs).read().strip(), 5, "a job is left")


def test_a_pool_that_is_stopped_hands_its_run_on_at_once(fragile: Service, github: GitHubServer) -> None:
    run_id = _started(fragile, github, "echo begun; sleep 4; echo done")
    began = time.monotonic()
    pool = fragile.processes.pop("pool")
    pool.terminate()
    assert pool.wait(10) == 0
    assert time.monotonic() - began < 5
    assert fragile.containers() == []
    assert fragile.get(f"/api/v1/runs/{run_id}").json()["state"] == "queued"
    assert fragile.get("/readyz").status_code == 503
    fragile.start_process("pool")
    assert fragile.ended(run_id)["stdout"] == "begun\ndone\n"


def test_queued_runs_survive_a_kill_of_redis(fragile: Service, github: GitHubServer) -> None:
    gist = uuid.uuid4().hex
    github.put(gist, {"main.sh": "date +%N"})
    kept = fragile.run(gist)["stdout"]
    time.sleep(1.2)  # what is written is on disk within a second
    fragile.kill("redis")
    (fragile.data / "redis.sock").unlink(missing_ok=True)
    assert fragile.get(f"/gist/{gist}").status_code == 503
    assert fragile.get("/healthz").status_code == 200
    fragile.start_redis()
    fragile.wait_until_ready()
    assert fragile.run(gist)["stdout"] == kept


def test_after_a_stop_nothing_is_left(fragile: Service, github: GitHubServer) -> None:
    _started(fragile, github, "sleep 20")
    containers = fragile.containers
    before = containers()
    assert before
    for name in ("web", "pool", "watch"):
        process = fragile.processes.pop(name)
        process.terminate()
        assert process.wait(10) in (0, -signal.SIGTERM), name
    assert containers() == []


@pytest.mark.parametrize("round", range(3))
def test_a_worker_killed_again_and_again_leaves_no_sandbox(fragile: Service, github: GitHubServer, round: int) -> None:
    run_id = _started(fragile, github, "sleep 1; echo done")
    for _ in range(2):
        fragile.kill("pool")
        fragile.start_process("pool")
        time.sleep(0.5 + round * 0.7)
    assert fragile.ended(run_id)["state"] in ("passed", "error")
    fragile.kill("pool")
    wait_until(lambda: not fragile.containers(), 20, "sandboxes outlived their worker")
