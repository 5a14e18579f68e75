"""Servers that tests and benchmarks start, Redis and the whole service; how they wait for them and read from them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests

from gistrun.errors import StoreUnavailable
from gistrun.store import Store, connect
from tests.github_server import GitHubServer

SECRET = "a webhook secret"


def wait_until(
    condition: Callable[[], object], seconds: float = 20.0, otherwise: str = "it never came to that"
) -> None:
    """Return as soon as the condition is true; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start_redis(folder: Path, *, persistent: bool = False) -> subprocess.Popen[bytes]:
    """A Redis server on the socket `redis.sock` in the folder, once it answers."""
    path = folder / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--dir", str(folder), "--save", ""]
    command += ["--appendonly", "yes"] if persistent else []
    with open(folder / "redis.log", "ab") as log:
        # In a session of its own: Ctrl-C goes to whoever started this, and that one then stops Redis last.
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    wait_until(lambda: answers(Store(connect(f"unix://{path}"))), 10, "redis-server did not come up")
    return process


def answers(store: Store) -> bool:
    """True when Redis answers."""
    try:
        store.ping()
        return True
    except StoreUnavailable:
        return False


@contextlib.contextmanager
def redis_server(folder: Path, *, persistent: bool = False) -> Iterator[str]:
    """The address of a Redis server that lives as long as this is held."""
    process = start_redis(folder, persistent=persistent)
    try:
        yield f"unix://{folder}/redis.sock"
    finally:
        process.terminate()
        process.wait(10)


def sse_events(url: str, last_event_id: str = "", timeout: float = 60) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Server-Sent Events as (id, name, data), until the server closes the stream."""
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    with requests.get(url, headers=headers, stream=True, timeout=timeout) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream"), answer.text
        fields: dict[str, str] = {}
        for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                yield fields["id"], fields["event"], json.loads(fields["data"])
                fields = {}


class Service:
    """gistrun's processes against a stand-in for GitHub. `settings` are environment variables."""

    def __init__(self, github: GitHubServer, data: Path, **settings: str) -> None:
        self.github = github
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(data),
            "DOCKER_HOST": os.environ.get("DOCKER_HOST", ""),
            "GISTRUN_DATA": str(data),
            "PORT": str(self.port),
            "GITHUB_API_URL": github.url,
            "GITHUB_RAW_HOSTS": github.host,
            "GITHUB_WEBHOOK_SECRET": SECRET,
            "GISTRUN_RATE": "10000/minute",
            "GISTRUN_CHECK_INTERVAL": "1",
            "GISTRUN_WORKERS": "2",
            **settings,
        }

    def start(self) -> None:
        """Start everything; returns when a gist can be run. The images are there: script/test builds them."""
        self.start_redis()
        try:
            for name in ("web", "pool", "watch"):
                self.start_process(name)
            self.wait_until_ready()
        except BaseException:  # nobody will stop it
            self.stop()
            raise

    def start_redis(self) -> None:
        self.processes["redis"] = start_redis(self.data, persistent=True)

    def start_process(self, name: str) -> None:
        with open(self.data / f"{name}.log", "ab") as log:
            command = [sys.executable, "-m", "gistrun.cli", name]
            self.processes[name] = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def gistrun(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """One `gistrun` command, to its end."""
        command = [sys.executable, "-m", "gistrun.cli", *arguments]
        options = {"env": self.environment, "capture_output": True, "text": True, "timeout": 120, **options}
        return subprocess.run(command, **options)

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            with contextlib.suppress(requests.ConnectionError):
                return self.get("/readyz").status_code == 200
            return False

        wait_until(ready, 30, "the service did not become ready")

    def stop(self) -> None:
        """Stop everything, Redis last."""
        for name in ("builder", "web", "pool", "watch", "redis"):
            if process := self.processes.pop(name, None):
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(10)

    def kill(self, name: str) -> None:
        """End a process and all its children without a warning."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL) if name != "redis" else process.kill()
        process.wait(10)

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=90, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return requests.post(self.url + path, timeout=90, **options)

    def run(self, gist_id: str, **request: Any) -> dict[str, Any]:
        """Run a gist through the API, to its end."""
        answer = self.post(f"/api/v1/gists/{gist_id}/runs", json=request)
        assert answer.status_code in (200, 202), answer.text
        return self.ended(answer.json()["id"])

    def ended(self, run_id: str) -> dict[str, Any]:
        """The run, once it has ended."""
        for _ in range(3):
            run: dict[str, Any] = self.get(f"/api/v1/runs/{run_id}?wait=30").json()
            if run["state"] not in ("queued", "running"):
                return run
        raise AssertionError(f"the run never ended: {run}")

    def events(self, run_id: str, last_event_id: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
        """A run's live events as (id, name, data), until the server closes."""
        yield from sse_events(f"{self.url}/runs/{run_id}/events", last_event_id)

    def containers(self) -> list[str]:
        """The ids of this service's sandboxes and of what holds their networks."""
        instance = subprocess.run(
            ["redis-cli", "-s", f"{self.data}/redis.sock", "get", "gistrun:instance"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        return containers(f"gistrun.instance={instance}")


def containers(label: str) -> list[str]:
    command = ["docker", "ps", "-aq", "--filter", "label=gistrun.role", "--filter", f"label={label}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
