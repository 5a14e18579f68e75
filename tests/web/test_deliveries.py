"""`POST /webhooks/github` in the application it belongs to, over a real Redis."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gistrun.freshness.deliveries import Deliveries
from gistrun.github import Account, GitHub
from gistrun.store import Store, connect
from gistrun.web import create_app
from tests.web.conftest import GIST, OTHER_GIST, World
from webhooks import receiver, signature

SECRETS = ("a new secret", "an old secret")


@pytest.fixture
def hooked(world: World) -> Callable[..., Flask]:
    """The application with the receiver, whose deliveries are kept in the store given."""

    def make(store: Store, secrets: tuple[str, ...] = SECRETS) -> Flask:
        # GitHub at an address where nobody answers: no delivery asks it.
        github = GitHub(Account("http://127.0.0.1:1"), 2**20, world.clock).readmes
        deliveries = Deliveries(github, store, world.clock)
        return create_app(
            world.runs,
            store,
            world.known,
            world.settings,
            world.github.public_gists,
            [receiver(secrets, deliveries.accept)],
        )

    return make


@pytest.fixture
def client(hooked: Callable[..., Flask], store: Store) -> FlaskClient:
    return hooked(store).test_client()


def deliver(
    client: FlaskClient,
    payload: Any,
    event: str = "gist",
    delivery: str = "1",
    secret: str = SECRETS[0],
    **changed: str,
) -> TestResponse:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": signature.sign(secret, body),
    }
    return client.post("/webhooks/github", data=body, headers=headers | changed)


UPDATED = {"action": "updated", "gist": {"id": GIST}}
PUSH = {
    "ref": "refs/heads/main",
    "forced": False,
    "repository": {"full_name": "octocat/hello", "default_branch": "main"},
    "commits": [{"added": [], "removed": [], "modified": ["main.py"]}],
}


def test_the_table_of_answers(client: FlaskClient, store: Store) -> None:
    store.revisits.put_readme("octocat/hello", [GIST, OTHER_GIST], '"etag"')
    answers = [
        deliver(client, UPDATED),
        deliver(client, UPDATED),
        deliver(client, PUSH, "push", "2"),
        deliver(client, {"client_payload": {"gist_id": GIST}}, "repository_dispatch", "3"),
        deliver(client, {"inputs": {"gist_id": GIST}}, "workflow_dispatch", "4", SECRETS[1]),
        deliver(client, {"zen": "x"}, "ping", "5"),
    ]
    assert [(answer.status_code, answer.json) for answer in answers] == [
        (202, {"gists": [GIST]}),
        (200, {"duplicate": True}),
        (202, {"gists": [GIST, OTHER_GIST]}),
        (202, {"gists": [GIST]}),
        (202, {"gists": [GIST]}),
        (200, {"msg": "pong"}),
    ]
    refused = [
        deliver(client, UPDATED, delivery="6", secret="another"),
        deliver(client, b"no JSON", delivery="6"),
        deliver(client, UPDATED, delivery=""),
        deliver(client, UPDATED, event="", delivery="6"),
        deliver(client, b" " * (2**20 + 1), delivery="6"),
        deliver(client, UPDATED, delivery="6", **{"Content-Type": "application/x-www-form-urlencoded"}),
    ]
    assert [answer.status_code for answer in refused] == [401, 400, 400, 400, 413, 415]
    assert all(set(answer.json) == {"error"} for answer in refused)
    assert deliver(client, UPDATED, delivery="6").status_code == 202  # what was refused was not remembered


def test_nothing_is_fetched_before_the_answer(client: FlaskClient, store: Store, world: World) -> None:
    assert deliver(client, UPDATED).status_code == 202
    assert deliver(client, PUSH, "push", "2").status_code == 202
    assert (world.github.asked, world.queue.executes) == ([], [])
    assert (store.revisits.next(1), store.revisits.next_readme(1)) == (GIST, "octocat/hello")


def test_one_of_two_equal_simultaneous_deliveries_is_a_duplicate(
    hooked: Callable[..., Flask], redis_url: str, store: Store
) -> None:
    apps = [hooked(Store(connect(redis_url))) for _ in range(2)]
    for number in range(20):
        start = threading.Barrier(len(apps))

        def send(app: Flask, number: int = number, start: threading.Barrier = start) -> Any:
            start.wait(10)
            return deliver(app.test_client(), UPDATED, delivery=f"same-{number}").json

        with ThreadPoolExecutor(len(apps)) as threads:
            answers = list(threads.map(send, apps))
        assert sorted(answers, key=str) == [{"duplicate": True}, {"gists": [GIST]}]


def test_a_delivery_that_could_not_be_queued_may_come_again(client: FlaskClient, store: Store) -> None:
    store.client.config_set("maxmemory", 1)  # Redis takes nothing more
    try:
        refused = deliver(client, UPDATED)
    finally:
        store.client.config_set("maxmemory", 0)
    assert (refused.status_code, "Deliver this again" in refused.json["error"]) == (503, True)
    assert deliver(client, UPDATED).json == {"gists": [GIST]}


def test_without_redis_the_sender_learns_that_it_must_come_again(hooked: Callable[..., Flask]) -> None:
    app = hooked(Store(connect("redis://127.0.0.1:1")))
    assert deliver(app.test_client(), UPDATED).status_code == 503


def test_without_a_secret_nothing_is_received(hooked: Callable[..., Flask], store: Store) -> None:
    answer = deliver(hooked(store, ()).test_client(), UPDATED, secret="")
    assert (answer.status_code, store.client.keys("*delivery*")) == (503, [])
