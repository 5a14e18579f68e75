"""What a visit costs, through HTTP against the started service: `python -m tests.benchmarks.visits`.

Medians of interleaved rounds; what is compared stands side by side in one run. Needs the images (gistrun images build).

    first      a gist nobody has seen: GitHub, sandbox, the whole output and the end
    first byte the same, until the first byte of output
    rerun      a known gist, run again
    kept       the page of a gist that has been run
    bare       the same program started on this machine, without gistrun
"""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import requests

from tests.github_server import GitHubServer
from tests.service.conftest import Service

PROGRAMS = {"python": ("main.py", "print(1)"), "bash": ("main.sh", "echo 1")}
BARE = {"python": [sys.executable, "-c", "print(1)"], "bash": ["bash", "-c", "echo 1"]}


def main(rounds: int = 15) -> None:
    with GitHubServer() as github, tempfile.TemporaryDirectory() as folder:
        github.limit(1_000_000)
        service = Service(github, Path(folder), GISTRUN_CHECK_INTERVAL="3600")
        service.start()
        try:
            for language, (name, source) in PROGRAMS.items():
                measure(service, github, language, name, source, rounds)
        finally:
            service.stop()


def measure(service: Service, github: GitHubServer, language: str, name: str, source: str, rounds: int) -> None:
    session = requests.Session()
    numbers = itertools.count()
    first_bytes: list[float] = []

    def fresh() -> str:
        gist = uuid.uuid4().hex
        github.put(gist, {name: f"{source} # {next(numbers)} {gist}"})
        return gist

    def first() -> None:
        gist = fresh()
        began = time.perf_counter()
        with session.get(f"{service.url}/gist/{gist}/output.txt", stream=True) as answer:
            chunks = answer.iter_content(chunk_size=None)
            next(chunks)
            first_bytes.append(time.perf_counter() - began)
            for _ in chunks:
                pass

    known = fresh()
    service.run(known)

    def rerun() -> None:
        run = session.post(f"{service.url}/api/v1/gists/{known}/runs", json={"rerun": True}).json()
        session.get(f"{service.url}/api/v1/runs/{run['id']}?wait=30")

    def kept() -> None:
        assert session.get(f"{service.url}/gist/{known}").status_code == 200

    def bare() -> None:
        subprocess.run(BARE[language], check=True, capture_output=True)

    ways: dict[str, Callable[[], None]] = {"first": first, "rerun": rerun, "kept": kept, "bare": bare}
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, act in ways.items():
            began = time.perf_counter()
            act()
            times[way].append(time.perf_counter() - began)
            time.sleep(0.6)  # a sandbox is made meanwhile, as between two visitors
    medians = {way: statistics.median(values) * 1000 for way, values in times.items()}
    medians["first byte"] = statistics.median(first_bytes) * 1000
    for way in ("first byte", "first", "rerun", "kept", "bare"):
        print(f"{language:8} {way:10} {medians[way]:7.1f} ms   {medians[way] / medians['bare']:5.2f} × bare")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
