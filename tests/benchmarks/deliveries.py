"""What a delivery costs, through HTTP against the started service: `python -m tests.benchmarks.deliveries [ROUNDS]`.

Needs the images (gistrun images build). Each kind of delivery in turn, from the first byte sent to the whole answer:

    gist, push (of a repository whose 50 gists are known), push of one never seen, one that asks for nothing,
    a duplicate, and one refused for its signature

then the same to 16 senders at a time, while GitHub takes every request and never answers; what one remembered delivery
takes in Redis; and how long it is from a delivery to the end of the changed gist's new run.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from gistrun.store import Store, connect
from tests.github_server import GitHubServer
from tests.servers import SECRET, Service

GISTS = [uuid.uuid4().hex for _ in range(50)]
SENDERS = 16


def main(rounds: int = 200) -> None:
    with GitHubServer() as github, tempfile.TemporaryDirectory() as folder:
        github.limit(1_000_000)
        service = Service(github, Path(folder), GISTRUN_CHECK_INTERVAL="3600", GISTRUN_LANGUAGES="bash")
        service.start()
        try:
            until_run(service, github, max(rounds // 10, 3))
            github.fail("hang", times=None, path="/")
            answers(service, rounds)
        finally:
            service.stop()


def answers(service: Service, rounds: int) -> None:
    store = Store(connect(f"unix://{service.data}/redis.sock"))
    store.revisits.put_readme("octocat/known", GISTS, '"etag"')
    session = requests.Session()
    before = store.client.info("memory")["used_memory"]
    for number in range(rounds):
        store.revisits.take_delivery(f"memory-{number}", [], None, datetime.now(UTC))
    memory = (store.client.info("memory")["used_memory"] - before) / rounds
    seen = str(uuid.uuid4())
    kinds: dict[str, Callable[[requests.Session], requests.Response]] = {
        "gist": lambda session: deliver(service, session, "gist", {"action": "x", "gist": {"id": GISTS[0]}}),
        "push, 50 gists": lambda session: deliver(service, session, "push", a_push("octocat/known")),
        "push, never seen": lambda session: deliver(service, session, "push", a_push(f"octocat/{uuid.uuid4().hex}")),
        "nothing": lambda session: deliver(service, session, "star", {}),
        "duplicate": lambda session: deliver(service, session, "star", {}, seen),
        "wrong signature": lambda session: deliver(service, session, "star", {}, secret="another"),
    }
    for kind, act in kinds.items():
        show(kind, [timed(act, session) for _ in range(rounds)])
    sessions = [requests.Session() for _ in range(SENDERS)]
    with ThreadPoolExecutor(SENDERS) as senders:

        def send(session: requests.Session) -> list[float]:
            return [timed(kinds["push, 50 gists"], session) for _ in range(rounds // 4)]

        show(f"{SENDERS} senders", [t for times in senders.map(send, sessions) for t in times])
    print(f"remembered in Redis {memory:6.0f} bytes a delivery, for three days")


def until_run(service: Service, github: GitHubServer, rounds: int) -> None:
    session = requests.Session()
    times = []
    for number in range(rounds):
        gist = uuid.uuid4().hex
        github.put(gist, {"main.sh": "echo old"})
        service.run(gist)
        time.sleep(0.6)  # a sandbox is made meanwhile, as between two edits
        sha = github.put(gist, {"main.sh": f"echo new {number} {gist}"})
        began = time.perf_counter()
        deliver(service, session, "gist", {"action": "updated", "gist": {"id": gist}})
        while True:
            run = session.get(f"{service.url}/api/v1/gists/{gist}?sha={sha}").json()["latest_run"]
            if run and run["state"] == "passed":
                break
            time.sleep(0.002)
        times.append(time.perf_counter() - began)
    show("until it has run", times)


def timed(act: Callable[[requests.Session], requests.Response], session: requests.Session) -> float:
    began = time.perf_counter()
    answer = act(session)
    took = time.perf_counter() - began
    assert answer.status_code in (200, 202, 401), answer.text
    return took


def show(kind: str, times: list[float]) -> None:
    times = sorted(t * 1000 for t in times)
    last = times[min(int(len(times) * 0.99), len(times) - 1)]
    print(f"{kind:18} median {statistics.median(times):6.1f} ms   99 % {last:6.1f} ms   most {times[-1]:6.1f} ms")


def a_push(repository: str) -> dict[str, Any]:
    about = {"full_name": repository, "default_branch": "main"}
    commits = [{"added": [], "removed": [], "modified": ["main.c"]}]
    return {"ref": "refs/heads/main", "forced": False, "repository": about, "commits": commits}


def deliver(
    service: Service,
    session: requests.Session,
    event: str,
    payload: dict[str, Any],
    delivery: str | None = None,
    secret: str = SECRET,
) -> requests.Response:
    body = json.dumps(payload).encode()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }
    return session.post(f"{service.url}/webhooks/github", data=body, headers=headers, timeout=30)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
