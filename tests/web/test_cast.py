"""The recording of a run."""

from __future__ import annotations

import json

from flask.testing import FlaskClient

from tests.fakes import out, passed, taken
from tests.web.conftest import GIST, SECRET_GIST, World, a_gist

URL = f"/gist/{GIST}/output.cast"


def test_a_finished_run_is_recorded_whole(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), out("one\n", 0.1), out("two\n", 0.4), passed()]
    run = world.run()
    answer = client.get(URL)
    head, *events = [json.loads(line) for line in answer.text.splitlines()]
    assert (head["version"], head["title"]) == (2, "main.py · gistrun")
    assert events == [[0.1, "o", "one\r\n"], [0.4, "o", "two\r\n"]]
    assert answer.content_type == "application/x-asciicast"
    assert answer.headers["Gistrun-Run"] == run.id
    assert client.get(URL, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert json.loads(client.get(f"{URL}?v=3").text.splitlines()[-1]) == [0.0, "x", "0"]


def test_a_run_is_recorded_while_it_runs(world: World, client: FlaskClient) -> None:
    answer = client.get(URL)
    world.queue.join()
    assert '"version":2' in answer.text
    assert '"o","' in answer.text


def test_there_are_two_versions(client: FlaskClient) -> None:
    assert client.get(f"{URL}?v=1").status_code == 400


def test_the_recording_of_a_secret_gist_is_private(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(SECRET_GIST, public=False))
    world.run(SECRET_GIST)
    assert "private" in client.get(f"/gist/{SECRET_GIST}/output.cast").headers["Cache-Control"]
