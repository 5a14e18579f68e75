"""The service with GISTRUN_RUNTIME=runsc: what a visitor sees is the same, and where it cannot be, it is said."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import docker
import pytest

from tests.github_server import GitHubServer
from tests.servers import Service, wait_until
from tests.service.test_path import EXAMPLES
from tests.service.test_stop import FORK_BOMB, IGNORES_SIGNALS, SILENT, start, stop


@pytest.fixture(scope="module")
def gvisor(github: GitHubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    if "runsc" not in docker.from_env().api.info()["Runtimes"]:
        pytest.skip("the engine has no runtime runsc")
    settings = {"GITHUB_TOKEN": "ghp_test", "GISTRUN_TIMEOUT": "8", "GISTRUN_RUNTIME": "runsc"}
    service = Service(github, tmp_path_factory.mktemp("gvisor"), **settings)
    service.start()
    yield service
    service.stop()


@pytest.mark.parametrize(("gist_id", "language"), EXAMPLES.items(), ids=EXAMPLES.values())
def test_an_example_of_every_language_runs(gvisor: Service, gist_id: str, language: str) -> None:
    run = gvisor.run(gist_id)
    assert (run["state"], run["language"], run["exit_code"]) == ("passed", language, 0), run
    assert run["memory_peak_bytes"] > 0
    assert run["cpu_ms"] is None  # not known, and so not told


def test_the_doctor_finds_every_control_and_the_images_say_hello(gvisor: Service) -> None:
    looked = gvisor.gistrun("doctor")
    assert looked.returncode == 0, looked.stdout
    assert "inside: user" in looked.stdout
    checked = gvisor.gistrun("images", "check", "bash", "python", "c")
    assert checked.returncode == 0, checked.stdout


def test_a_sandbox_killed_for_memory_is_reported_as_that(gvisor: Service, github: GitHubServer) -> None:
    gist = uuid.uuid4().hex
    github.put(gist, {"main.py": "print('before')\nbytearray(2 << 30)"})
    run = gvisor.run(gist)
    assert (run["state"], run["stdout"], run["limit"]["name"]) == ("out_of_memory", "before\n", "memory")


@pytest.mark.parametrize(
    "files",
    [{"main.sh": IGNORES_SIGNALS}, {"main.sh": FORK_BOMB}, {"main.py": SILENT}],
    ids=["ignores signals", "fork bomb", "says nothing"],
)
def test_a_program_that_a_visitor_stops_is_gone(gvisor: Service, github: GitHubServer, files: dict[str, str]) -> None:
    run_id = start(gvisor, github, files)
    wait_until(lambda: gvisor.get(f"/api/v1/runs/{run_id}").json()["stdout"] == "begun\n", 20, "it never began")
    running = set(gvisor.containers())
    assert stop(gvisor, run_id) < 3  # the program's own limit is 8 s
    wait_until(lambda: running - set(gvisor.containers()), 10, "its sandbox is still there")
    assert gvisor.ended(start(gvisor, github, {"main.sh": f"echo next # {run_id}"}))["stdout"] == "next\n"


def test_a_killed_pool_leaves_no_sandbox(gvisor: Service, github: GitHubServer) -> None:
    gist = uuid.uuid4().hex
    github.put(gist, {"main.sh": "echo begun; sleep 1; echo done"})
    run_id = str(gvisor.post(f"/api/v1/gists/{gist}/runs").json()["id"])
    wait_until(lambda: gvisor.get(f"/api/v1/runs/{run_id}").json()["state"] == "running", 20, "it never ran")
    gvisor.kill("pool")
    # The watcher removes those that were made and never started.
    wait_until(lambda: not gvisor.containers(), 20, "sandboxes outlived their worker")
    gvisor.start_process("pool")
    assert gvisor.ended(run_id)["stdout"] == "begun\ndone\n"
