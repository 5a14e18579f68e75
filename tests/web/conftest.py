"""The web face over a real Redis, with GitHub, the queue and the sandboxes played by hand; live for a browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from werkzeug.serving import make_server

import tests.world
from gistrun.model import Gist, GistFile, Run
from gistrun.settings import Rate, Settings
from gistrun.store import Store
from gistrun.web import create_app
from tests.fakes import ThreadQueue

GIST = "aa5a315d61ae9438b18d"
OTHER_GIST = "bb5a315d61ae9438b18d"
SECRET_GIST = "cc5a315d61ae9438b18d"
REVISION = "4" * 40
NEXT_REVISION = "5" * 40


class World(tests.world.World):
    """A service with its web face, whose runs end by themselves."""

    def __init__(self, store: Store, settings: Settings) -> None:
        super().__init__(store, queue=ThreadQueue())
        self.settings = settings
        self.queue.bind(self.execution, self.sandboxes)
        self.app = create_app(self.runs, store, self.known, settings, self.github.public_gists, now=self.clock)

    def revisit(self) -> list[str]:
        """Do every revisit that waits, and have what that runs end; the gists revisited, in order."""
        done = super().revisit()
        self.queue.join()
        return done

    def run(self, gist_id: str = GIST, **options: Any) -> Run:
        """Have the gist run to its end."""
        opened = self.open(gist_id, **options)
        self.queue.join()
        assert opened.run
        ended = self.store.runs.get(opened.run.id)
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
    world = World(store, settings)
    world.github.add(a_gist())
    yield world
    world.queue.join()


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
