"""Where the milliseconds of a first visit go: `python -m tests.benchmarks.path [ROUNDS]`.

Redis sees every step of a run, so that its own log of commands (MONITOR) is the clock: one gist nobody has seen is
opened per round over HTTP, and the moments at which the steps reach Redis are told, as medians. What stands between
two steps is what happened in between. The program's own time is measured inside, by process 1.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

import redis
import requests

from tests.github_server import GitHubServer
from tests.servers import Service

#: A step, and what its command looks like (lower case, after "lua" or the client's kind): the first one that does, in
#: this order.
STEPS = (
    ("the web process looks for the gist", r"mget gistrun:gist:{gist}"),
    ("GitHub has answered", r" set gistrun:gist:{gist}"),
    ("the request is looked up", r"evalsha .* gistrun:under_way:.* gistrun:shown:"),
    ("the run is created", r"lua set gistrun:under_way:"),
    ("the run is queued", r"lua rpush rq:queue:"),
    ("a worker has it", r"hgetall rq:job:"),
    ("the worker knows all", r"lua hmget gistrun:run:"),
    ("the sandbox is at work", r"evalsha .* state \{{"),
    ("output is there", r"evalsha .* output \{{"),
    ("the end is there", r"lua xadd .* end \{{"),
    ("the worker is free again", r"blpop rq:queue:"),
)


def main(rounds: int = 20) -> None:
    with GitHubServer() as github, tempfile.TemporaryDirectory() as folder:
        github.limit(1_000_000)
        service = Service(github, Path(folder), GISTRUN_CHECK_INTERVAL="3600", GISTRUN_LANGUAGES="python")
        service.start()
        try:
            client = redis.Redis(unix_socket_path=f"{folder}/redis.sock")
            seen = [visit(service, github, client) for _ in range(rounds + 3)][3:]  # the first ones warm everything up
        finally:
            service.stop()
    names = [name for name in seen[0] if all(name in moments for moments in seen)]
    before = 0.0
    for name in names:
        moment = statistics.median(moments[name] for moments in seen)
        if name.startswith("("):
            print(f"{'':9}{moment:8.2f} ms  {name}")
        else:
            print(f"{moment:9.2f}{moment - before:+8.2f} ms  {name}")
            before = moment


def visit(service: Service, github: GitHubServer, client: redis.Redis) -> dict[str, float]:
    """The moments of one first visit in milliseconds since it was asked for."""
    gist = uuid.uuid4().hex
    github.put(gist, {"main.py": f"print(1) # {gist}"})
    time.sleep(1.0)  # a sandbox is made meanwhile, as between two visitors
    commands: list[tuple[float, str]] = []
    listening, over = threading.Event(), threading.Event()

    def listen() -> None:
        with client.monitor() as monitor:
            listening.set()
            for command in monitor.listen():
                commands.append((command["time"], f"{command['client_type']} {command['command']}".lower()))
                if over.is_set():
                    return

    listener = threading.Thread(target=listen)
    listener.start()
    listening.wait()
    began = time.time()
    with requests.get(f"{service.url}/gist/{gist}/output.txt", stream=True, timeout=60) as answer:
        run_id = answer.headers["Gistrun-Run"]
        chunks = answer.iter_content(chunk_size=None)
        next(chunks)
        first = time.time()
        for _ in chunks:
            pass
        last = time.time()
    time.sleep(0.05)
    over.set()
    client.ping()  # one command more to be heard
    listener.join()
    moments = _moments(commands, gist, began)
    moments["the reader has the first byte"] = (first - began) * 1e3
    moments["the reader knows the end"] = (last - began) * 1e3
    moments = dict(sorted(moments.items(), key=lambda item: item[1]))
    events = [json.loads(fields[b"data"]) for _, fields in client.xrange(f"gistrun:run:{run_id}:events")]
    printed = next(event["t"] for event in events if "t" in event)
    moments["(the program printed after)"] = printed * 1e3
    moments["(the program ran for)"] = float(events[-1]["duration_ms"])
    return moments


def _moments(commands: list[tuple[float, str]], gist: str, began: float) -> dict[str, float]:
    moments: dict[str, float] = {}
    position = 0
    for name, pattern in STEPS:
        wanted = re.compile(pattern.format(gist=gist))
        for index in range(position, len(commands)):
            if commands[index][0] >= began and wanted.search(commands[index][1]):
                moments[name] = (commands[index][0] - began) * 1e3
                position = index
                break
    return moments


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
