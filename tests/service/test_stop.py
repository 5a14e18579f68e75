"""The stop button against real sandboxes: whatever the program does, it is gone at once."""

from __future__ import annotations

import subprocess
import time
import uuid

import pytest

from tests.github_server import GitHubServer
from tests.servers import Service, wait_until

IGNORES_SIGNALS = "trap '' TERM INT HUP QUIT; echo begun; while :; do sleep 0.1; done"
FORK_BOMB = "trap '' TERM; bomb() { bomb | bomb & }; echo begun; while :; do bomb; sleep 0.01; done 2>/dev/null"
SILENT = "import signal, time\nprint('begun')\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass\n"
#: The compiler needs minutes for it.
SLOW_TO_COMPILE = (
    "template <int n, int m> struct F { static constexpr int v = F<n - 1, 2 * m>::v + F<n - 1, 2 * m + 1>::v; };\n"
    "template <int m> struct F<0, m> { static constexpr int v = m; };\n"
    "int main() { return F<24, 1>::v; }\n"
)


def start(service: Service, github: GitHubServer, files: dict[str, str]) -> str:
    """The id of a new run."""
    gist = uuid.uuid4().hex
    github.put(gist, files)
    answer = service.post(f"/api/v1/gists/{gist}/runs")
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def standing(service: Service, run_id: str) -> str:
    return str(service.get(f"/api/v1/runs/{run_id}").json()["state"])


def stop(service: Service, run_id: str) -> float:
    """Stop the run; the seconds until everybody knew."""
    began = time.monotonic()
    answer = service.post(f"/runs/{run_id}/stop", allow_redirects=False)
    assert answer.status_code == 303, answer.text
    run = service.ended(run_id)
    took = time.monotonic() - began
    assert (run["state"], run["message"], run["exit_code"]) == ("failed", "stopped by a visitor", None)
    return took


@pytest.mark.parametrize(
    "files",
    [{"main.sh": IGNORES_SIGNALS}, {"main.sh": FORK_BOMB}, {"main.py": SILENT}],
    ids=["ignores signals", "fork bomb", "says nothing"],
)
def test_a_program_is_gone_at_once(service: Service, github: GitHubServer, files: dict[str, str]) -> None:
    run_id = start(service, github, files)
    wait_until(lambda: service.get(f"/api/v1/runs/{run_id}").json()["stdout"] == "begun\n", 20, "it never began")
    running = set(service.containers())
    assert stop(service, run_id) < 1
    # The worker is free for the next one, long before the program's own limit of 8 s.
    began = time.monotonic()
    after = [start(service, github, {"main.sh": f"echo next # {run_id} {n}"}) for n in range(4)]
    assert [service.ended(name)["stdout"] for name in after] == ["next\n"] * 4
    assert time.monotonic() - began < 5
    wait_until(lambda: running - set(service.containers()), 5, "its sandbox is still there")
    assert service.get(f"/api/v1/runs/{run_id}").json()["stdout"] == "begun\n"


def test_a_compiler_is_gone_at_once(service: Service, github: GitHubServer) -> None:
    run_id = start(service, github, {"main.cpp": SLOW_TO_COMPILE})
    wait_until(lambda: standing(service, run_id) == "running", 30, "it never began")
    time.sleep(0.5)
    assert standing(service, run_id) == "running"
    assert stop(service, run_id) < 1
    wait_until(lambda: "cc1plus" not in _processes(service), 5, "the compiler goes on")


def _processes(service: Service) -> str:
    told = [
        subprocess.run(["docker", "top", name, "-eo", "args"], capture_output=True, text=True).stdout
        for name in service.containers()
    ]
    return "".join(told)


def test_a_queued_run_leaves_the_queue(service: Service, github: GitHubServer) -> None:
    long = [start(service, github, {"main.sh": f"echo begun {n}; sleep 5"}) for n in range(2)]
    wait_until(lambda: [standing(service, name) for name in long] == ["running"] * 2, 20, "they never began")
    waiting = [start(service, github, {"main.sh": f"echo waited {n}"}) for n in range(3)]
    assert stop(service, waiting[0]) < 1
    queue = ["redis-cli", "-s", f"{service.data}/redis.sock", "lrange", "rq:queue:gistrun-runs", "0", "-1"]
    told = subprocess.run(queue, capture_output=True, text=True, check=True).stdout.split()
    assert told == [f"{name}-1" for name in waiting[1:]]
    for name in long:
        stop(service, name)
    assert [service.ended(name)["stdout"] for name in waiting[1:]] == ["waited 1\n", "waited 2\n"]
    run = service.get(f"/api/v1/runs/{waiting[0]}").json()
    assert (run["stdout"], run["started_at"]) == ("", None)


def test_runs_that_are_stopped_at_any_moment_of_their_beginning_end_stopped_or_passed(
    service: Service, github: GitHubServer
) -> None:
    runs = []
    for moment in range(24):
        runs.append(start(service, github, {"main.sh": f"echo {moment}; sleep 0.05"}))
        time.sleep(moment * 0.004)
        assert service.post(f"/runs/{runs[-1]}/stop", allow_redirects=False).status_code == 303
    ends = [service.ended(name) for name in runs]
    assert {(end["state"], end["message"]) for end in ends} <= {("failed", "stopped by a visitor"), ("passed", None)}
    assert service.run(_gist(github), rerun=True)["stdout"] == "well\n"
    jobs = ["redis-cli", "-s", f"{service.data}/redis.sock", "keys", "rq:job:*"]
    wait_until(lambda: not subprocess.run(jobs, capture_output=True, text=True).stdout.strip(), 5, "a job is left")


def _gist(github: GitHubServer) -> str:
    gist = uuid.uuid4().hex
    github.put(gist, {"main.sh": "echo well"})
    return gist


def test_a_run_whose_worker_is_killed_while_it_is_stopped_stays_stopped(fragile: Service, github: GitHubServer) -> None:
    run_id = start(fragile, github, {"main.sh": IGNORES_SIGNALS})
    wait_until(lambda: standing(fragile, run_id) == "running", 20, "it never began")
    fragile.kill("pool")
    stop(fragile, run_id)
    fragile.start_process("pool")
    fragile.wait_until_ready()
    assert fragile.run(_gist(github))["stdout"] == "well\n"
    time.sleep(2)  # recovery looks once a second
    run = fragile.get(f"/api/v1/runs/{run_id}").json()
    assert (run["state"], run["message"]) == ("failed", "stopped by a visitor")
    last = list(fragile.events(run_id))[-1]
    assert (last[1], last[2]["message"]) == ("end", "stopped by a visitor")
