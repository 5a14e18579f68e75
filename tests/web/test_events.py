"""Server-Sent Events: every event once, in order, whoever comes when."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from gistrun.model import Outcome, State
from tests.fakes import Tap, err, out, passed, taken
from tests.web.conftest import GIST, World


@dataclass(frozen=True)
class Told:
    id: str
    event: str
    data: dict[str, Any]


def parse(text: str) -> list[Told]:
    told = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in fields:
            told.append(Told(fields["id"], fields["event"], json.loads(fields["data"])))
    return told


def events(client: FlaskClient, run_id: str, after: str | None = None) -> list[Told]:
    answer = client.get(f"/runs/{run_id}/events", headers={"Last-Event-ID": after} if after else {})
    assert answer.status_code == 200
    return parse(answer.text)


def test_events_of_a_finished_run_begin_at_the_beginning(world: World, client: FlaskClient) -> None:
    run = world.run()
    answer = client.get(f"/runs/{run.id}/events")
    assert answer.content_type == "text/event-stream; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Accel-Buffering"] == "no"
    told = parse(answer.text)
    assert [(one.event, one.data.get("state")) for one in told] == [
        ("state", "queued"),
        ("state", "running"),
        ("output", None),
        ("end", "passed"),
    ]
    assert told[2].data == {"t": 0.01, "stream": "stdout", "phase": "run", "data": "hello world\n"}
    assert told[3].data == client.get(f"/api/v1/runs/{run.id}").get_json()
    assert told[3].data["stdout"] == "hello world\n"
    assert set(told[0].data) == set(told[3].data)


def test_resumes_after_the_last_event_seen(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), *(out(f"{n}\n") for n in range(5)), passed()]
    run = world.run()
    whole = events(client, run.id)
    for seen in range(len(whole) - 1):
        assert events(client, run.id, whole[seen].id) == whole[seen + 1 :]


def test_a_reader_that_has_seen_the_end_gets_204(world: World, client: FlaskClient) -> None:
    run = world.run()
    last = events(client, run.id)[-1].id
    assert client.get(f"/runs/{run.id}/events", headers={"Last-Event-ID": last}).status_code == 204


@pytest.mark.parametrize("after", ["x", "1", "1-", "$", ">", "-", "+", "0-0 ", "99999999999999999999-0", "1-1-1"])
def test_a_bad_last_event_id_starts_from_the_beginning(world: World, client: FlaskClient, after: str) -> None:
    run = world.run()
    assert len(events(client, run.id, after)) == 4


def test_live_and_late_readers_read_the_same(world: World, client: FlaskClient) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    opened = world.open(GIST)
    assert opened.run
    tap.put(taken(), out("a\n"))
    live = client.get(f"/runs/{opened.run.id}/events")
    chunks = live.iter_encoded()
    text = ""
    while '"a\\n"' not in text:  # told before the program has ended
        text += next(chunks).decode()
    tap.put(err("b\n"), passed())
    text += b"".join(chunks).decode()
    world.queue.join()
    live_events, late_events = parse(text), events(client, opened.run.id)
    assert [(one.id, one.event) for one in live_events] == [(one.id, one.event) for one in late_events]
    assert live_events[-1].data["cached"] is False
    assert late_events[-1].data["cached"] is True


def test_an_unknown_run_is_404(client: FlaskClient) -> None:
    answer = client.get("/runs/none/events")
    assert answer.status_code == 404
    assert "There is no such run" in answer.text


def test_output_before_a_broken_sandbox_is_kept(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), out("half\n")]
    run = world.run()
    told = events(client, run.id)
    assert [one.data["data"] for one in told if one.event == "output"] == ["half\n"]
    assert (told[-1].event, told[-1].data["state"]) == ("end", State.ERROR)


def test_output_txt_and_api_forget_what_a_lost_worker_wrote(world: World, client: FlaskClient) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    opened = world.open(GIST)
    assert opened.run
    run_id = opened.run.id
    tap.put(taken(), out("half\n"))
    while world.store.streams.output(run_id)[0] != "half\n":
        time.sleep(0.01)
    world.sandboxes.scripts["main.py"] = [taken(), out("whole\n"), passed()]
    world.recovery.recover()  # the thread gives no sign of life
    tap.put(out("from the dead\n"), Outcome(State.FAILED, exit_code=1))
    world.queue.join()
    assert client.get(f"/gist/{GIST}/output.txt").text == "whole\n"
    assert client.get(f"/api/v1/runs/{run_id}").get_json()["stdout"] == "whole\n"
    page = client.get(f"/gist/{GIST}").text
    assert "whole\n" in page
    assert "half" not in page
    states = [one.data["state"] for one in events(client, run_id) if one.event == "state"]
    assert states == ["queued", "running", "queued", "running"]
