"""Badges always answer 200 at once, from what is stored."""

from __future__ import annotations

import time
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from gistrun.model import Outcome, State
from tests.fakes import Tap, failed, passed, taken
from tests.web.conftest import GIST, NEXT_REVISION, OTHER_GIST, World, a_gist

BADGE = f"/gist/{GIST}/badge.json"


def message(client: FlaskClient, path: str = BADGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert answer.get_etag()[1] is False  # strong
    return str(answer.get_json()["message"])


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.PASSED, "passing"),
        (State.FAILED, "failing"),
        (State.TIMED_OUT, "timed out"),
        (State.OUT_OF_MEMORY, "out of memory"),
        (State.OUTPUT_LIMIT, "too much output"),
    ],
)
def test_the_last_result(world: World, client: FlaskClient, state: State, said: str) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), Outcome(state)]
    world.run()
    assert message(client) == said


def test_under_way(world: World, client: FlaskClient) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    opened = world.open(GIST)
    assert opened.run
    assert message(client) == "queued"
    tap.put(taken())
    while (run := world.store.runs.get(opened.run.id)) and run.state is State.QUEUED:
        time.sleep(0.01)
    assert message(client) == "running"
    tap.put(passed())
    world.queue.join()
    assert message(client) == "passing"


def test_the_kept_result_stays_until_a_rerun_has_ended(world: World, client: FlaskClient) -> None:
    world.run()
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    world.open(GIST, rerun=True)
    assert message(client) == "passing"
    tap.put(taken(), failed())
    world.queue.join()
    assert message(client) == "failing"


def test_an_unknown_gist_is_asked_for_behind_the_badge_and_never_by_it(world: World, client: FlaskClient) -> None:
    assert [message(client) for _ in range(3)] == ["queued"] * 3
    assert world.github.asked == []
    assert world.revisit() == [GIST]
    assert message(client) == "passing"


def test_a_shown_badge_has_its_gist_revisited_once_an_interval(world: World, client: FlaskClient) -> None:
    world.run()
    assert [message(client) for _ in range(3)] == ["passing"] * 3
    assert world.revisit() == []
    world.clock.forward(61)
    world.sandboxes.scripts["main.py"] = [taken(), failed()]
    world.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "print(2)"}))
    assert [message(client) for _ in range(3)] == ["passing"] * 3
    assert world.revisit() == [GIST]
    assert message(client) == "failing"


def test_a_badge_whose_end_is_kept_no_longer_has_it_run_again(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), Outcome(State.TIMED_OUT)]
    world.run()
    for name in world.store.client.keys("gistrun:ended:*") + world.store.client.keys("gistrun:kept:*"):
        world.store.client.delete(name)  # as it is after ten minutes
    world.sandboxes.scripts["main.py"] = [taken(), passed()]
    assert message(client) in ("queued", "running", "passing")
    world.queue.join()
    assert message(client) == "passing"
    assert len(world.queue.executes) == 2


def test_file(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"main.py": "", "b.py": "", "notes.md": ""}))
    world.sandboxes.scripts["b.py"] = [taken(), failed()]
    world.run()
    asked = len(world.github.asked)
    assert message(client, f"{BADGE}?file=b.py") in ("queued", "running", "failing")
    world.queue.join()
    assert message(client, f"{BADGE}?file=b.py") == "failing"
    assert message(client) == "passing"
    assert message(client, f"{BADGE}?file=notes.md") == "not runnable"
    assert message(client, f"{BADGE}?file=none.py") == "not found"
    assert len(world.github.asked) == asked


def test_not_runnable(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"notes.md": ""}))
    world.runs.revisit(GIST)
    assert message(client) == "not runnable"


def test_a_gist_toml_that_is_not_well_formed(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"main.py": "", "gist.toml": "colour = 1"}))
    world.runs.revisit(GIST)
    assert message(client) == "not runnable"


@pytest.mark.parametrize("gist_id", ["xyz", "a" * 41, "%3Csvg%3E"])
def test_a_bad_id_is_not_found(client: FlaskClient, gist_id: str) -> None:
    assert message(client, f"/gist/{gist_id}/badge.json") == "not found"


def test_a_gist_that_github_does_not_have(world: World, client: FlaskClient) -> None:
    world.runs.revisit(OTHER_GIST)
    assert message(client, f"/gist/{OTHER_GIST}/badge.json") == "not found"


def test_svg(world: World, client: FlaskClient) -> None:
    world.run()
    answer = client.get(f"/gist/{GIST}/badge.svg", query_string={"label": '"><script>', "style": "plastic"})
    assert answer.content_type == "image/svg+xml; charset=utf-8"
    root = ElementTree.fromstring(answer.text)
    assert root.attrib["aria-label"] == '"><script>: passing'
    assert "style=" not in answer.text


@pytest.mark.parametrize("kind", ["svg", "json"])
def test_an_unchanged_badge_is_304(world: World, client: FlaskClient, kind: str) -> None:
    world.run()
    path = f"/gist/{GIST}/badge.{kind}"
    tag = client.get(path).headers["ETag"]
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == "public, no-cache"
    world.sandboxes.scripts["main.py"] = [taken(), failed()]
    world.run(rerun=True)
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_the_colours_and_the_seconds_that_were_asked_for(world: World, client: FlaskClient) -> None:
    world.run()
    asked = {"color": "#f0f", "labelColor": "rebeccapurple", "cacheSeconds": "3600"}
    drawn = client.get(f"/gist/{GIST}/badge.svg", query_string=asked)
    assert 'fill="#f0f"' in drawn.text
    assert 'fill="rebeccapurple"' in drawn.text
    told = client.get(BADGE, query_string=asked).get_json()
    assert (told["color"], told["labelColor"], told["cacheSeconds"]) == ("#f0f", "rebeccapurple", 3600)
    for seconds in ("", "x", "-1", "1.5", "9" * 40, "٣"):
        answer = client.get(BADGE, query_string={"cacheSeconds": seconds})
        assert (answer.status_code, "cacheSeconds" in answer.get_json()) == (200, False)


def test_the_endpoint_has_the_badges_words(world: World, client: FlaskClient) -> None:
    world.run()
    answer = client.get(BADGE, query_string={"label": "my gist"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.get_json() == {
        "schemaVersion": 1,
        "label": "my gist",
        "message": "passing",
        "color": "brightgreen",
        "isError": False,
    }
