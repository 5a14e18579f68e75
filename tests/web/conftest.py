"""The web face over a real Redis, with GitHub, the queue and the sandboxes played by hand; live for a browser."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from werkzeug.serving import make_server

from gistrun import languages
from gistrun.languages import Language
from gistrun.model import Gist, GistFile, Limits, ReadyLanguage, Run
from gistrun.runs import Runs
from gistrun.settings import Rate, Settings
from gistrun.store import Store
from gistrun.web import create_app
from tests.fakes import IMAGE, TOOLCHAIN, FakeGitHub, ScriptedSandboxes, ThreadQueue, out, passed, taken

GIST = "aa5a315d61ae9438b18d"
OTHER_GIST = "bb5a315d61ae9438b18d"
SECRET_GIST = "cc5a315d61ae9438b18d"
REVISION = "4" * 40
NEXT_REVISION = "5" * 40


class Clock:
    """The time, moved by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 17, 34, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class World:
    """Everything a test may turn."""

    github: FakeGitHub
    queue: ThreadQueue
    sandboxes: ScriptedSandboxes
    store: Store
    runs: Runs
    known: dict[str, Language]
    settings: Settings
    clock: Clock
    app: Flask

    def revisit(self) -> list[str]:
        """All that wait for a revisit get it, and what that runs ends; which they were."""
        done = []
        while gist_id := self.store.next_revisit():
            self.runs.revisit(gist_id)
            done.append(gist_id)
        self.queue.join()
        return done

    def run(self, gist_id: str = GIST, **options: Any) -> Run:
        """Have the gist run to its end."""
        opened = self.runs.open(gist_id, **options)
        self.queue.join()
        assert opened.run
        ended = self.store.run(opened.run.id)
        assert ended
        assert ended.state.finished
        return ended


def a_gist(gist_id: str = GIST, revision: str = REVISION, **changes: Any) -> Gist:
    files = changes.pop("files", {"main.py": "print('hello world')\n"})
    made = Gist(
        id=gist_id,
        revision=revision,
        files=tuple(
            GistFile(name, content if isinstance(content, bytes) else content.encode(), None)
            for name, content in files.items()
        ),
        owner="octocat",
        description="Says hello",
        html_url=f"https://gist.github.com/octocat/{gist_id}",
        etag=f'"{gist_id}{revision}"',
    )
    return replace(made, **changes)


@pytest.fixture
def settings(tmp_path: Path, redis_url: str) -> Settings:
    return Settings(data=tmp_path, redis_url=redis_url, rate=Rate(1000, 60), _secret_key="a key of the tests")


@pytest.fixture
def world(store: Store, settings: Settings) -> Iterator[World]:
    """A service with Python ready, and one public gist that prints hello world."""
    github, queue, clock = FakeGitHub(), ThreadQueue(), Clock()
    sandboxes = ScriptedSandboxes({"main.py": [taken(), out("hello world\n"), passed()]})
    known = languages.load()
    ids = itertools.count(1)
    runs = Runs(github, store, queue, known, Limits(), 60, clock, lambda: f"run{next(ids)}")
    queue.bind(runs, sandboxes)
    store.publish_language(ReadyLanguage("python", IMAGE, TOOLCHAIN))
    github.add(a_gist())
    app = create_app(runs, store, known, settings, now=clock)
    yield World(github, queue, sandboxes, store, runs, known, settings, clock, app)
    queue.join()


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.app.test_client()


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """Serves an application on a port of this machine until the test ends; gives its address."""
    servers = []

    def start(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        server.daemon_threads = True  # type: ignore[attr-defined]
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def live(world: World, serve: Callable[[Flask], str]) -> str:
    """The address of the service, for a browser."""
    return serve(world.app)


@dataclass
class Alarm:
    """What must never happen in a page of ours: a dialog, a foreign request, a policy violation, a script error."""

    rang: list[str]


@pytest.fixture
def alarm(page: Page, live: str) -> Alarm:
    alarm = Alarm([])
    page.on("dialog", lambda dialog: (alarm.rang.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: alarm.rang.append(f"error: {error}"))
    page.on("request", lambda asked: alarm.rang.append(asked.url) if not asked.url.startswith(live) else None)
    page.on("console", lambda told: alarm.rang.append(told.text) if "Content Security Policy" in told.text else None)
    return alarm
