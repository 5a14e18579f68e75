"""What reading costs: `python -m tests.benchmarks.reads [rounds]`.

Requests per second of a kept page, badge, output and picture, each whole and as 304, against a Flask constant view
under the same server, interleaved; and 1,000 viewers of one run and of different runs: memory each, and when the last
of them has what the first one has (of different runs: how long after it was written). Needs
redis-server, and wrk (`apt-get install wrk`).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import secrets
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gistrun.model import (
    Gist,
    GistFile,
    Image,
    Outcome,
    Output,
    Phase,
    Request,
    Run,
    State,
    Stream,
    request_key,
)
from gistrun.processes.web import server
from gistrun.store import ActiveRun, End, Store, connect
from tests.servers import free_port, redis_server

VIEWERS = 1000
GIST = "aa5a315d61ae9438b18d"
REVISION = "4" * 40
IMAGE = "sha256:" + "1" * 64
#: Connections at a time, and seconds of one measurement.
CONNECTIONS = 16
SECONDS = 2


def main(rounds: int = 5) -> None:
    """Measure and print a table."""
    measured = measure(rounds)
    constant = measured["constant"]["per_second"]
    for name, told in measured.items():
        if "per_second" in told:
            rate, cost = told["per_second"], told["cpu_us"]
            print(f"{name:24} {rate:8.0f} requests/s   {rate / constant:5.2f} × constant   {cost:5.0f} µs of CPU each")
        else:
            print(f"{name:24} {told['kib_each']:8.1f} KiB each    last one told {told['last_ms']:6.1f} ms late")
    print(json.dumps(measured))


def measure(rounds: int = 5) -> dict[str, dict[str, float]]:
    """By name of what is read: `per_second`, `ratio` (to the constant view) and the server's `cpu_us` for each.

    Of viewers: `kib_each` and `last_ms`.
    """
    with tempfile.TemporaryDirectory() as folder, _site(Path(folder)) as site:
        found = _rates(site, rounds)
        found["viewers of one run"] = _viewers(site, runs=1)
        found["viewers of different runs"] = _viewers(site, runs=VIEWERS)
    return found


@dataclass(frozen=True)
class _Site:
    store: Store
    port: int
    constant_port: int
    process: subprocess.Popen[bytes]
    constant: subprocess.Popen[bytes]


@contextlib.contextmanager
def _site(data: Path) -> Iterator[_Site]:
    if not shutil.which("wrk"):
        raise SystemExit("The load is made by wrk: apt-get install wrk")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    url = f"unix://{data}/redis.sock"
    environment = os.environ | {"GISTRUN_DATA": str(data), "REDIS_URL": url, "GISTRUN_CHECK_INTERVAL": "86400"}
    environment["GISTRUN_STREAMS"] = "10000"
    port, constant_port = free_port(), free_port()
    with contextlib.ExitStack() as stack:
        stack.enter_context(redis_server(data, persistent=True))

        def start(command: list[str]) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process

        store = Store(connect(url))
        _fill(store)
        process = start(server("127.0.0.1", port))
        constant = start(server("127.0.0.1", constant_port, "tests.benchmarks.constant:create()"))
        for waited in (port, constant_port):
            while socket.socket().connect_ex(("127.0.0.1", waited)):
                time.sleep(0.05)
        yield _Site(store, port, constant_port, process, constant)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _fill(store: Store) -> None:
    """One gist of 60 lines that has been run."""
    code = "".join(f"def square_{n}(x: int) -> int:\n    return x * x + {n}\n" for n in range(30))
    now = datetime.now(UTC)
    files = (GistFile("main.py", code.encode(), "Python"),)
    gist = Gist(GIST, REVISION, files, "octocat", "Squares", True, checked_at=now, etag='"e"')
    store.images.publish(Image("python", IMAGE, "Python 3.13.5"))
    store.gists.put(gist, pinned=False)
    run = Run("kept", GIST, REVISION, "main.py", "python", now, "Python 3.13.5", IMAGE)
    key = request_key(GIST, REVISION, Request())
    store.runs.create(ActiveRun(run, Request(), key, "python", attempt=1), public=True)
    store.runs.append(run.id, 1, Output(0.01, Stream.STDOUT, Phase.RUN, "hello world\n" * 20))
    outcome = Outcome(State.PASSED, exit_code=0, phase=Phase.RUN, duration_ms=41, cpu_ms=17, output_bytes=240)
    store.ends.finish(End(run.ended(outcome, now), key, 1, "identity"))


def _rates(site: _Site, rounds: int) -> dict[str, dict[str, float]]:
    paths = {"page": "", "badge": "/badge.svg", "output": "/output.txt", "picture": "/output.svg"}
    asked: dict[str, tuple[int, str, dict[str, str]]] = {"constant": (site.constant_port, "/", {})}
    for name, part in paths.items():
        path = f"/gist/{GIST}{part}"
        browser = {"Accept-Encoding": "gzip"}
        fields = dict(_head(site.port, path, browser))
        asked[name] = (site.port, path, browser)
        if etag := fields.get("etag"):
            asked[f"{name}, 304"] = (site.port, path, browser | {"If-None-Match": etag})
    rates: dict[str, list[float]] = {name: [] for name in asked}
    costs: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, (port, path, headers) in asked.items():
            pid = (site.constant if port == site.constant_port else site.process).pid
            before = _cpu(pid)
            rates[name].append(_rate(port, path, headers))
            costs[name].append((_cpu(pid) - before) / (rates[name][-1] * SECONDS) * 1e6)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    return {
        name: {"per_second": rate, "ratio": rate / medians["constant"], "cpu_us": statistics.median(costs[name])}
        for name, rate in medians.items()
    }


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process and its children have used."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK") + sum(_cpu(int(child)) for child in children)


def _rate(port: int, path: str, headers: dict[str, str]) -> float:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", f"http://127.0.0.1:{port}{path}"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"{path} was not answered as it should be: {said}")
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", said)[0])


def _head(port: int, path: str, headers: dict[str, str]) -> list[tuple[str, str]]:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(_asking(path, headers | {"Connection": "close"}))
        head = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")[0].decode()
    lines = head.split("\r\n")
    if " 200 " not in lines[0]:
        raise SystemExit(f"{path}: {lines[0]}")
    fields = (line.partition(": ") for line in lines[1:])
    return [(name.lower(), value) for name, _, value in fields]


def _asking(path: str, headers: dict[str, str]) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}\r\n".encode()


def _viewers(site: _Site, runs: int) -> dict[str, float]:
    """1,000 viewers spread over so many runs under way; then everybody is told something."""
    names = [f"live{secrets.token_hex(6)}" for _ in range(runs)]
    for name in names:
        run = Run(name, GIST, REVISION, "main.py", "python", datetime.now(UTC))
        site.store.runs.create(ActiveRun(run, Request(), name, "python", attempt=1), public=False)
    _rate(site.port, "/healthz", {})  # everything is loaded that ever is
    before = _memory(site.process.pid)
    watch = select.epoll()
    viewers: dict[int, socket.socket] = {}
    seen: dict[int, bytes] = {}
    for number in range(VIEWERS):
        viewer = socket.create_connection(("127.0.0.1", site.port))
        path = f"/runs/{names[number % runs]}/events?live=1"  # as a page asks
        viewer.sendall(_asking(path, {"X-Forwarded-For": f"198.51.{number // 250}.{number % 250}"}))
        viewers[viewer.fileno()] = viewer
        seen[viewer.fileno()] = b""
        watch.register(viewer, select.EPOLLIN)
    _await(watch, viewers, seen, b"event: state")
    time.sleep(1)
    each = (_memory(site.process.pid) - before) / VIEWERS
    last = statistics.median([_spread(site, names, watch, viewers, seen, f"mark{n}.") for n in range(5)])
    for viewer in viewers.values():
        viewer.close()
    for name in names:
        if run := site.store.runs.get(name):
            site.store.ends.finish(End(run.ended(Outcome(State.ERROR), datetime.now(UTC)), name, 1))
    return {"kib_each": each / 1024, "last_ms": last * 1000}


def _spread(
    site: _Site,
    names: list[str],
    watch: select.epoll,
    viewers: dict[int, socket.socket],
    seen: dict[int, bytes],
    mark: str,
) -> float:
    """Seconds by which the last viewer is told later than the first one, or than its run wrote it."""
    written: dict[str, float] = {}

    def write() -> None:
        for name in names:
            written[name] = time.perf_counter()
            site.store.runs.append(name, 1, Output(0, Stream.STDOUT, Phase.RUN, mark))

    writing = threading.Thread(target=write)
    writing.start()
    told = _await(watch, viewers, seen, mark.encode())
    writing.join()
    time.sleep(0.3)
    if len(names) == 1:
        return max(told.values()) - min(told.values())
    runs = {number: names[place % len(names)] for place, number in enumerate(viewers)}
    return max(at - written[runs[number]] for number, at in told.items())


def _await(
    watch: select.epoll, viewers: dict[int, socket.socket], seen: dict[int, bytes], mark: bytes
) -> dict[int, float]:
    """When each viewer had been told the mark."""
    waiting = set(viewers)
    times: dict[int, float] = {}
    deadline = time.monotonic() + 60
    while waiting:
        if time.monotonic() > deadline:
            raise SystemExit(f"{len(waiting)} viewers were never told {mark!r}")
        for number, _ in watch.poll(1):
            received = viewers[number].recv(65536)
            if not received:
                raise SystemExit("A viewer was turned away")
            seen[number] = seen[number][-100:] + received
            if mark in seen[number] and number in waiting:
                waiting.remove(number)
                times[number] = time.perf_counter()
    return times


def _memory(pid: int) -> int:
    """Bytes that a process and its children hold, what they share counted once."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = re.findall(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(own[0]) * 1024 + sum(_memory(int(child)) for child in children)


if __name__ == "__main__":
    arguments: list[Any] = [int(argument) for argument in sys.argv[1:]]
    main(*arguments)
