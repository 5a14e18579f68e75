"""What freshness costs and how soon it comes: `python -m tests.benchmarks.freshness [changes]`.

cost    1,000 page views of 20 gists over ten minutes that a clock of our own lets pass, real pages, Redis and HTTP to
        a stand-in for GitHub: requests to GitHub, and how many of them were 304. Once with a page that is looked at
        and left, once with nobody but the watcher for ten minutes more.
delay   from a change at GitHub to the first new output on an open page (the events of the page, then those of the
        run, as a browser follows them), by a delivery and by watching. Needs the images and the engine.
"""

from __future__ import annotations

import itertools
import json
import random
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from gistrun.freshness.watcher import Watcher
from gistrun.github import Account, GitHub
from gistrun.settings import Rate, Settings
from gistrun.store import Store, connect
from gistrun.web import create_app
from tests.github_server import GitHubServer
from tests.servers import Service, redis_server, sse_events
from tests.service.test_path import deliver
from tests.world import Clock, World

VIEWS, GISTS, SECONDS = 1000, 20, 600


def cost(token: str | None, owners: int) -> None:
    """Print what the views of a popular few and an unpopular many cost. Two gists change every minute."""
    clock, chance = Clock(datetime.now(UTC).replace(microsecond=0)), random.Random(20)
    with (
        tempfile.TemporaryDirectory() as name,
        redis_server(Path(name)) as url,
        GitHubServer(token=token, now=clock) as server,
    ):
        store = Store(connect(url))
        github = GitHub(Account(server.url, token, [server.host]), 2**20, clock, store.github)
        world = World(store, github.gists, clock=clock)
        settings = Settings(data=Path(name), redis_url=url, rate=Rate(10_000, 60), _secret_key="a benchmark's")
        client = create_app(
            world.runs, store, world.known, settings, github.lists.public_gists, now=clock
        ).test_client()
        watcher = Watcher("benchmark", store, github.lists, 60, clock)
        gists = [f"{number:032x}" for number in range(1, GISTS + 1)]
        edits = itertools.count()

        def edit(gist: str) -> None:
            server.put(gist, {"main.py": f"print({next(edits)})"}, owner=f"owner{int(gist, 16) % owners}")

        def work() -> None:
            watcher.turn()
            world.revisit()
            world.work()

        for gist in gists:
            edit(gist)
        clock.time += timedelta(hours=1)
        moments = sorted(chance.uniform(0, SECONDS) for _ in range(VIEWS))
        weights = [1 / place for place in range(1, GISTS + 1)]  # as popularity usually is
        stale = 0
        for second in range(SECONDS):
            clock.time += timedelta(seconds=1)
            if second % 60 == 30:
                for gist in chance.sample(gists, 2):
                    edit(gist)
            while moments and moments[0] <= second + 1:
                moments.pop(0)
                gist = chance.choices(gists, weights)[0]
                page = client.get(f"/gist/{gist}")
                assert page.status_code == 200
                stale += server.revisions(gist)[-1] not in page.text
            work()
        tell(
            f"{VIEWS} views of {GISTS} gists in {SECONDS // 60} min", server, f"{stale} views showed an older revision"
        )
        server.requests.clear()
        for _ in range(SECONDS):
            clock.time += timedelta(seconds=1)
            work()
        tell(f"nobody looks, {SECONDS // 60} min more", server, json.dumps(client.get("/readyz").json["watching"]))  # type: ignore[index]


def tell(what: str, server: GitHubServer, more: str) -> None:
    lists = sum(seen.path.startswith("/users/") for seen in server.requests)
    unchanged = server.statuses[304]
    print(f"  {what}: {len(server.requests)} requests to GitHub, {unchanged} of them 304, {lists} lists; {more}")
    server.statuses.clear()


class Page:
    """An open page, as far as its connections go: follows the gist, and a new revision's run until it prints."""

    def __init__(self, service: Service, gist: str) -> None:
        self.service, self.gist = service, gist
        self.shown: dict[str, float] = {}
        self.listening = threading.Event()
        threading.Thread(target=self.follow, daemon=True).start()
        self.listening.wait(10)

    def follow(self) -> None:
        edition = None
        for event in self.events(f"/gist/{self.gist}/events"):
            self.listening.set()
            if edition not in (None, event["edition"]):
                page = self.service.get(f"/gist/{self.gist}").text
                run = page.partition('data-run="')[2].partition('"')[0]
                for told in self.events(f"/runs/{run}/events"):
                    if "data" in told:
                        self.shown[told["data"]] = time.perf_counter()
                        break
            edition = event["edition"]

    def events(self, path: str) -> Iterator[dict[str, Any]]:
        with suppress(requests.RequestException):
            for _, _, data in sse_events(self.service.url + path, timeout=600):
                yield data


def delay(interval: int, by_delivery: bool, changes: int) -> list[float]:
    """Milliseconds from each change to its output on the page."""
    with GitHubServer(token="t") as github, tempfile.TemporaryDirectory() as folder:
        settings = {"GITHUB_TOKEN": "t", "GISTRUN_CHECK_INTERVAL": str(interval), "GISTRUN_LANGUAGES": "bash"}
        service = Service(github, Path(folder), **settings)
        service.start()
        try:
            gist, delays = uuid.uuid4().hex, []
            github.put(gist, {"main.sh": "echo first"})
            service.run(gist)
            page = Page(service, gist)
            for number in range(changes):
                time.sleep(random.uniform(0.5, 1.5))
                changed = time.perf_counter()
                github.put(gist, {"main.sh": f"echo {number}"})
                if by_delivery:
                    deliver(service, "gist", {"action": "updated", "gist": {"id": gist}})
                while f"{number}\n" not in page.shown:
                    time.sleep(0.005)
                    assert time.perf_counter() - changed < 300, "the page never showed it"
                delays.append((page.shown[f"{number}\n"] - changed) * 1000)
            return delays
        finally:
            service.stop()


def main(changes: int = 10) -> None:
    print("cost, with a token, every gist of another owner:")
    cost("t", owners=GISTS)
    print("cost, with a token, four gists of each owner:")
    cost("t", owners=GISTS // 4)
    print("cost, without a token (60 requests an hour), every gist of another owner:")
    cost(None, owners=GISTS)
    print("delay from a change at GitHub to its output on an open page:")
    for what, interval, by_delivery in (
        ("by a delivery", 3600, True),
        ("by watching, an interval of 1 s", 1, False),
        ("by watching, an interval of 10 s", 10, False),
    ):
        found = delay(interval, by_delivery, changes)
        told = f"{statistics.median(found):.0f} ms, {min(found):.0f} to {max(found):.0f}, {len(found)} changes"
        print(f"  {what}: median {told}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
