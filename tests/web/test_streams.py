"""How many open streams one visitor may hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gistrun.model import Outcome, Request, State
from gistrun.settings import Settings
from gistrun.store import ActiveRun, Store
from tests.web.conftest import GIST, World, a_gist

EVENTS = f"/gist/{GIST}/events"
MOST = 3


@pytest.fixture
def few(store: Store, settings: Settings) -> Iterator[World]:
    """A service where a visitor may hold three streams, with a gist that was opened."""
    world = World(store, replace(settings, streams=MOST))
    world.github.add(a_gist())
    world.run()
    yield world
    world.queue.join()


@pytest.fixture
def client(few: World) -> FlaskClient:
    return few.app.test_client()


def opened(client: FlaskClient, count: int, address: str = "203.0.113.9") -> list[TestResponse]:
    return [client.get(EVENTS, environ_base={"REMOTE_ADDR": address}) for _ in range(count)]


def statuses(answers: list[TestResponse]) -> list[int]:
    return [answer.status_code for answer in answers]


def test_a_visitor_with_too_many_open_streams_is_refused(client: FlaskClient) -> None:
    held = opened(client, MOST)
    assert statuses(held) == [200] * MOST
    refused = opened(client, 1)[0]
    assert refused.status_code == 429
    assert refused.content_type == "text/plain; charset=utf-8"
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.text.startswith("You hold 3 open streams")
    assert statuses(opened(client, 1, "203.0.113.10")) == [200]
    assert client.get("/healthz").status_code == 200


def test_a_stream_that_was_closed_counts_no_longer(client: FlaskClient) -> None:
    for _ in range(3 * MOST):
        answer = opened(client, 1)[0]
        assert answer.status_code == 200
        answer.close()


def test_a_head_request_holds_no_stream(client: FlaskClient) -> None:
    for _ in range(3 * MOST):
        assert client.head(EVENTS).status_code == 200


def test_an_ended_run_needs_no_stream(few: World, client: FlaskClient) -> None:
    run = few.run()
    held = opened(client, MOST, "127.0.0.1")
    assert statuses(held) == [200] * MOST
    assert client.get(f"/runs/{run.id}/events").status_code == 200
    assert client.get(f"/gist/{GIST}/output.txt").text == "hello world\n"


def test_waiting_for_the_end_of_a_run_counts_as_a_stream(few: World, client: FlaskClient, store: Store) -> None:
    ended = few.run()
    run = replace(ended, id="f" * 20, finished_at=None, outcome=Outcome(State.QUEUED))
    store.runs.create(ActiveRun(run, Request(), "another", "python", attempt=1), public=True)
    assert client.get(f"/api/v1/runs/{run.id}?wait=0.1").status_code == 200
    held = opened(client, MOST, "127.0.0.1")
    assert statuses(held) == [200] * MOST
    refused = client.get(f"/api/v1/runs/{run.id}?wait=0.1")
    assert (refused.status_code, refused.content_type) == (429, "application/problem+json")
    assert client.get(f"/api/v1/runs/{run.id}").status_code == 200
    assert client.get(f"/api/v1/runs/{ended.id}?wait=9").status_code == 200
    held[0].close()
    assert client.get(f"/api/v1/runs/{run.id}?wait=0.1").status_code == 200


def test_all_web_processes_count_together(few: World, client: FlaskClient, store: Store) -> None:
    other = World(store, few.settings).app.test_client()
    held = opened(client, 2) + opened(other, 2)
    assert statuses(held) == [200, 200, 200, 429]


def test_streams_of_a_killed_process_stop_counting_when_their_lease_is_over(store: Store) -> None:
    visitors = store.visitors
    assert visitors.open_stream("somebody", "killed", 1, 0)
    assert visitors.open_stream("somebody", "next", 1, 60)
    assert not visitors.open_stream("somebody", "third", 1, 60)


def test_a_renewed_lease_keeps_counting_and_a_closed_stream_is_not_revived(store: Store) -> None:
    visitors = store.visitors
    assert visitors.open_stream("somebody", "long", 1, 60)
    visitors.renew_streams({"long": "somebody"}, 60)
    assert not visitors.open_stream("somebody", "other", 1, 60)
    visitors.close_stream("somebody", "long")
    visitors.renew_streams({"long": "somebody"}, 60)
    assert visitors.open_stream("somebody", "other", 1, 60)
