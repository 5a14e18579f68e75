"""Redis refuses for a while under the started service: nothing is lost, and all goes on by itself."""

from __future__ import annotations

import signal
import subprocess
import time
import uuid

import pytest

from tests.github_server import GitHubServer
from tests.servers import Service, wait_until


def redis_cli(service: Service, *words: str) -> None:
    subprocess.run(["redis-cli", "-s", f"{service.data}/redis.sock", *words], check=True, stdout=subprocess.DEVNULL)


def put(github: GitHubServer, source: str) -> str:
    gist = uuid.uuid4().hex
    github.put(gist, {"main.sh": source})
    return gist


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (("replicaof", "127.0.0.1", "1"), ("replicaof", "no", "one")),
        (("config", "set", "maxmemory", "1"), ("config", "set", "maxmemory", "0")),
    ],
    ids=["replica", "full"],
)
def test_a_run_outlasts_a_redis_that_takes_no_writes(
    fragile: Service, github: GitHubServer, begins: tuple[str, ...], ends: tuple[str, ...]
) -> None:
    kept, under_way = put(github, "echo kept"), put(github, "echo begun; sleep 3; echo done")
    assert fragile.run(kept)["state"] == "passed"
    run_id = fragile.post(f"/api/v1/gists/{under_way}/runs").json()["id"]
    wait_until(lambda: fragile.get(f"/api/v1/runs/{run_id}").json()["state"] == "running")
    redis_cli(fragile, *begins)
    try:
        assert "kept" in fragile.get(f"/gist/{kept}").text
        assert fragile.get(f"/gist/{kept}/output.txt").text == "kept\n"
        assert "passing" in fragile.get(f"/gist/{kept}/badge.svg").text
        assert fragile.get(f"/gist/{put(github, 'echo new')}").status_code == 503
        assert fragile.get("/readyz").status_code == 503
        time.sleep(6)  # the program ends meanwhile, and its end cannot be kept
        assert fragile.get(f"/gist/{kept}").status_code == 200
        assert fragile.processes["pool"].poll() is None
    finally:
        redis_cli(fragile, *ends)
    fragile.wait_until_ready()
    run = fragile.ended(run_id)
    assert (run["state"], run["stdout"]) == ("passed", "begun\ndone\n")
    assert fragile.run(put(github, "echo after"))["stdout"] == "after\n"
    assert fragile.processes["pool"].poll() is None
    assert_calm_logs(fragile)


def test_a_run_outlasts_a_redis_that_hangs(fragile: Service, github: GitHubServer) -> None:
    kept, under_way = put(github, "echo kept by hand"), put(github, "echo begins; sleep 3; echo done")
    assert fragile.run(kept)["state"] == "passed"
    run_id = fragile.post(f"/api/v1/gists/{under_way}/runs").json()["id"]
    wait_until(lambda: fragile.get(f"/api/v1/runs/{run_id}").json()["state"] == "running")
    stream = fragile.get(f"/gist/{under_way}/output.txt", stream=True)
    fragile.processes["redis"].send_signal(signal.SIGSTOP)
    began = time.monotonic()
    try:
        for _ in range(10):
            assert fragile.get(f"/gist/{kept}").status_code == 503
            assert fragile.get(f"/gist/{kept}/output.txt").status_code == 503
            assert fragile.get(f"/api/v1/gists/{kept}").status_code == 503
            assert fragile.post(f"/api/v1/gists/{kept}/runs").status_code == 503
            assert fragile.get("/readyz").status_code == 503
            assert fragile.get(f"/gist/{kept}/badge.svg").status_code == 200
        # Each web process finds it out by itself, and then says so at once.
        assert time.monotonic() - began < 15
    finally:
        fragile.processes["redis"].send_signal(signal.SIGCONT)
    wait_until(lambda: fragile.get(f"/gist/{kept}").status_code == 200, 2)
    fragile.wait_until_ready()
    run = fragile.ended(run_id)
    assert (run["state"], run["stdout"]) == ("passed", "begins\ndone\n")
    assert stream.text == "begins\ndone\n"
    assert fragile.run(put(github, "echo after"))["stdout"] == "after\n"
    assert_calm_logs(fragile)


def assert_calm_logs(service: Service) -> None:
    """Each process said when Redis refused and when it was back, and little more."""
    for name in ("web", "pool", "watch"):
        log = (service.data / f"{name}.log").read_text()
        assert "Traceback" not in log, log
        assert log.count("\n") < 30, log
