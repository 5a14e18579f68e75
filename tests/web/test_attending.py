"""What a page shows beside a run: the place in the queue, the time, who is watching, and the connection."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import BaseWSGIServer, make_server

from gistrun import figures
from gistrun.model import Attempt
from gistrun.store import Store
from gistrun.web import create_app
from tests.fakes import FakeQueue, Tap, out, passed, taken
from tests.servers import free_port, wait_until
from tests.web.conftest import GIST, OTHER_GIST, Alarm, World, a_gist

ADDRESSES = [f"203.0.113.{number}" for number in range(1, 6)]


@pytest.fixture
def tap(world: World) -> Iterator[Tap]:
    """What main.py does, let out by the test."""
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    yield tap
    tap.close()


class Queued(World):
    """A service whose runs wait until the test has them begin."""

    def __init__(self, store: Store, settings: Any) -> None:
        super().__init__(store, settings)
        self.queue = FakeQueue()
        self.runs._queue = self.queue
        self.runs.line._queue = self.queue
        self.queue.executes += [Attempt(name, 1, GIST, "1" * 40) for name in ("earlier", "early")]


@pytest.fixture
def queued(store: Store, settings: Any) -> Queued:
    world = Queued(store, settings)
    world.github.add(a_gist())
    return world


@pytest.fixture(autouse=True)
def everybody_leaves(store: Store) -> Iterator[None]:
    """Ends the streams of gists, which have no end of their own and would be followed during the next tests."""
    yield
    for gist in (GIST, OTHER_GIST):
        store.gists.remove(gist, "The test is over.", datetime.now(UTC))


class Notes:
    """Reads a live stream on a thread of its own."""

    def __init__(self, client: FlaskClient, path: str, address: str = "203.0.113.9", **headers: str) -> None:
        environ = {"REMOTE_ADDR": address}
        self.answer = client.get(path, headers=headers, environ_base=environ, buffered=False)
        assert self.answer.status_code == 200
        self.text = ""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for chunk in self.answer.iter_encoded():
            self.text += chunk.decode()
        self.answer.close()

    def told(self, name: str) -> list[Any]:
        blocks = [
            dict(line.split(": ", 1) for line in block.splitlines()) for block in self.text.split("\n\n") if block
        ]
        return [json.loads(block["data"]) for block in blocks if block.get("event") == name]


def test_a_queued_run_is_told_how_many_are_before_it_as_the_queue_moves(queued: Queued) -> None:
    run = queued.open(GIST).run
    assert run
    notes = Notes(queued.app.test_client(), f"/runs/{run.id}/events?live=1")
    wait_until(lambda: notes.told("place") == [{"before": 2}])
    queued.queue.executes.pop(0)
    wait_until(lambda: notes.told("place") == [{"before": 2}, {"before": 1}])
    queued.queue.executes.pop(0)
    wait_until(lambda: notes.told("place")[2:] == [{"before": 0}])
    queued.work()
    wait_until(lambda: [end["state"] for end in notes.told("end")] == ["passed"])
    assert re.fullmatch(r"retry: 1000\n\nevent: now\ndata: \{.*\}\n\n(.|\n)*", notes.text)


def test_notes_come_only_to_whoever_asks_and_have_no_id(queued: Queued) -> None:
    run = queued.open(GIST).run
    assert run
    client = queued.app.test_client()
    live, plain = Notes(client, f"/runs/{run.id}/events?live=1"), Notes(client, f"/runs/{run.id}/events")
    wait_until(lambda: live.told("place"))
    queued.queue.executes.pop(0)
    wait_until(lambda: len(live.told("place")) == 2)
    queued.work()
    wait_until(lambda: live.told("end") and plain.told("end"))
    events = [block for block in plain.text.split("\n\n") if "event: " in block]
    assert [re.match(r"id: \d+-\d+\nevent: (\w+)\n", block)[1] for block in events] == [
        "state",
        "state",
        "output",
        "end",
    ]  # type: ignore[index]
    assert [block for block in live.text.split("\n\n") if block.startswith("id: ")] == events


def test_the_queue_is_read_once_a_second_however_many_ask(queued: Queued) -> None:
    reads = []
    waiting = queued.queue.waiting
    queued.queue.waiting = lambda: (reads.append(1), waiting())[1]
    client = queued.app.test_client()
    runs = []
    for number in range(20):
        gist = f"{number:020x}"
        queued.github.add(a_gist(gist))
        runs.append(queued.open(gist, visitor=str(number)).run.id)  # type: ignore[union-attr]
    began = time.monotonic()
    notes = [Notes(client, f"/runs/{run}/events?live=1") for run in runs for _ in range(2)]
    wait_until(lambda: all(note.told("place") for note in notes))
    for run in runs:
        assert client.get(f"/runs/{run}/summary").status_code == 200
    assert [note.told("place")[-1]["before"] for note in notes[::2]] == list(range(2, 22))
    assert len(reads) <= 2 + time.monotonic() - began
    queued.work()
    wait_until(lambda: all(note.told("end") for note in notes))


def test_viewers_are_counted_once_each_over_all_processes(world: World, store: Store) -> None:
    world.github.add(a_gist(OTHER_GIST))  # streams of a gist have no end
    world.run(OTHER_GIST)
    other = create_app(world.runs, store, world.known, world.settings, world.github.public_gists, now=world.clock)
    here, there = world.app.test_client(), other.test_client()
    first = Notes(here, f"/gist/{OTHER_GIST}/events?live=1", ADDRESSES[0])
    wait_until(lambda: first.told("viewers") == [{"count": 1}])
    watching = [Notes(there, f"/gist/{OTHER_GIST}/events?live=1", address) for address in ADDRESSES[:3]]
    watching += [Notes(there, f"/gist/{OTHER_GIST}/events?live=1", ADDRESSES[2])]
    plain = Notes(there, f"/gist/{OTHER_GIST}/events", ADDRESSES[4])
    for note in [first, *watching]:
        wait_until(lambda note=note: note.told("viewers")[-1:] == [{"count": 3}])  # type: ignore[misc]
    assert plain.told("viewers") == []


def test_a_visitor_that_left_is_counted_until_the_lease_is_over(store: Store) -> None:
    # A gist of its own: a page that an earlier test opened may still be counted at the other.
    assert store.visitors.watching({"left": {"ada", "bob"}, "other": {"ada"}}, 10) == {"left": 2, "other": 1}
    assert store.visitors.watching({"left": {"bob", "cem"}}, 10) == {"left": 3}
    store.client.zadd("gistrun:viewers:left", {"ada": time.time() - 0.1}, xx=True)
    assert store.visitors.watching({"left": {"bob"}}, 10) == {"left": 2}
    assert 0 < store.client.ttl("gistrun:viewers:left") <= 10


def test_only_the_visitor_who_started_a_run_is_told_that_it_is_theirs(tap: Tap, client: FlaskClient) -> None:
    answer = client.post(f"/api/v1/gists/{GIST}/runs", environ_base={"REMOTE_ADDR": ADDRESSES[0]})
    path = f"/runs/{answer.get_json()['id']}/events?live=1"
    tap.put(taken(), out("first\n"))
    notes = {address: Notes(client, path, address) for address in ADDRESSES[:2]}
    wait_until(lambda: all(note.told("now") for note in notes.values()))
    assert [note.told("now")[0]["yours"] for note in notes.values()] == [True, False]
    tap.put(passed())


def test_a_stream_goes_on_after_an_event_that_the_address_names(world: World, client: FlaskClient) -> None:
    run = world.run()
    path = f"/runs/{run.id}/events"
    ids = re.findall(r"id: (\S+)", client.get(path).text)
    assert re.findall(r"id: (\S+)", client.get(f"{path}?after={ids[1]}").text) == ids[2:]
    later = {"Last-Event-ID": ids[2]}
    assert re.findall(r"id: (\S+)", client.get(f"{path}?after={ids[1]}", headers=later).text) == ids[3:]
    assert client.get(f"{path}?after={ids[-1]}").status_code == 204
    assert re.findall(r"id: (\S+)", client.get(f"{path}?after=x").text) == ids


# In a browser


def test_a_page_shows_the_place_as_the_queue_moves(queued: Queued, page: Page, serve: Callable[[Flask], str]) -> None:
    page.goto(f"{serve(queued.app)}/gist/{GIST}")
    expect(page.locator("#place")).to_have_text("2 runs before yours.")
    queued.queue.executes.pop(0)
    expect(page.locator("#place")).to_have_text("1 run before yours.")
    queued.queue.executes.pop(0)
    expect(page.locator("#place")).to_have_text("Next in line.")
    queued.work()
    expect(page.locator("#standing .pill")).to_have_text("passed")
    expect(page.locator("#place")).to_have_count(0)


def test_without_javascript_the_place_is_shown_too(
    queued: Queued, browser: Browser, serve: Callable[[Flask], str]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{serve(queued.app)}/gist/{GIST}")
    for before in ("2 runs before yours.", "1 run before yours.", "Next in line."):
        expect(page.locator("#place")).to_have_text(before, timeout=15_000)
        queued.queue.executes.pop(0)
    context.close()


def test_the_time_goes_on_by_the_servers_clock(world: World, tap: Tap, page: Page, live: str, alarm: Alarm) -> None:
    world.clock.time = datetime.now(UTC)
    page.clock.install(time="2020-02-02T02:02:02")  # this browser's clock is wrong
    page.goto(f"{live}/gist/{GIST}")
    tap.put(taken())
    elapsed = page.locator("#elapsed")
    expect(elapsed).to_have_text("0 s")
    expect(elapsed).to_have_role("timer")
    expect(elapsed).to_have_attribute("aria-live", "off")
    width = page.locator("#standing").bounding_box()
    page.clock.run_for(5000)
    expect(elapsed).to_have_text(re.compile(r"^[56] s$"))
    assert page.locator("#standing").bounding_box() == width
    page.clock.run_for(30_000)
    expect(elapsed).to_have_text(re.compile(r"^3[5-8] s$"))
    tap.put(passed())
    expect(elapsed).to_have_count(0)
    assert alarm.rang == []


def test_a_page_says_how_many_are_watching_if_there_are_more(
    world: World, tap: Tap, page: Page, live: str, client: FlaskClient
) -> None:
    page.goto(f"{live}/gist/{GIST}")
    tap.put(taken(), out("first\n"))
    expect(page.locator("#output")).to_have_text("first\n")
    expect(page.locator("#viewers")).to_have_text("")
    run = world.open(GIST).run
    assert run
    others = [Notes(client, f"/runs/{run.id}/events?live=1", address) for address in ADDRESSES[:2]]
    expect(page.locator("#viewers")).to_have_text("3 people are watching", timeout=10_000)
    tap.put(passed())
    wait_until(lambda: all(other.told("end") for other in others))


class Restarting:
    """The service on one port, which can be stopped in the middle of everything, and started again."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._port = free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        self.asked: list[str | None] = []
        self._server: BaseWSGIServer | None = None
        self._away = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = self._app.wsgi_app(environ, start_response)
        if not re.fullmatch(r"/runs/.*/events", environ["PATH_INFO"]):
            return answer
        self.asked.append(environ.get("HTTP_LAST_EVENT_ID"))
        return self._until_away(answer, self._away)

    def _until_away(self, answer: Iterable[bytes], away: threading.Event) -> Iterator[bytes]:
        for chunk in answer:
            if away.is_set():
                return
            yield chunk

    def start(self) -> None:
        self._away = threading.Event()
        self._server = make_server("127.0.0.1", self._port, self, threaded=True)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        assert self._server
        self._server.shutdown()
        self._server.server_close()
        self._away.set()


def test_a_page_says_that_its_connection_is_lost_and_goes_on_without_loss_or_repetition(
    world: World, tap: Tap, page: Page
) -> None:
    service = Restarting(world.app)
    service.start()
    page.goto(f"{service.address}/gist/{GIST}")
    connection, output = page.locator("#connection"), page.locator("#output")
    tap.put(taken(), out("one\n"))
    expect(output).to_have_text("one\n")
    expect(connection).to_have_text("")
    service.stop()
    tap.put(out("two\n"))  # the first chunk after the server went is what its connections end with
    expect(connection).to_have_text("Connection lost, trying again.")
    tap.put(out("three\n"))
    time.sleep(1.5)
    expect(output).to_have_text("one\n")
    service.start()
    expect(connection).to_have_text("Connected again.")
    expect(output).to_have_text("one\ntwo\nthree\n")
    expect(connection).to_have_text("", timeout=10_000)
    tap.put(out("four\n"), passed())
    expect(output).to_have_text("one\ntwo\nthree\nfour\n")
    expect(page.locator("#standing .pill")).to_have_text("passed")
    service.stop()


def test_after_an_error_of_a_proxy_a_page_goes_on_where_it_was(
    world: World, tap: Tap, page: Page, serve: Callable[[Flask], str]
) -> None:
    inside, answers = world.app.wsgi_app, [200, 502, 503, 200]
    asked: list[str] = []

    def proxy(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not re.fullmatch(r"/runs/.*/events", environ["PATH_INFO"]):
            return inside(environ, start_response)
        asked.append(environ["QUERY_STRING"])
        status = answers.pop(0)
        if status != 200:
            start_response(f"{status} Bad Gateway", [("Content-Type", "text/html")])
            return [b"<h1>Bad Gateway</h1>"]
        answer = inside(environ, start_response)
        return until_cut(answer) if len(asked) == 1 else answer

    def until_cut(answer: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in answer:
            yield chunk
            if b"one" in chunk:
                return

    world.app.wsgi_app = proxy  # type: ignore[method-assign]
    page.goto(f"{serve(world.app)}/gist/{GIST}")
    tap.put(taken(), out("one\n"))
    expect(page.locator("#connection")).to_have_text("Connection lost, trying again.")
    expect(page.locator("#output")).to_have_text("one\n")
    page.evaluate("document.getElementById('output').firstElementChild.dataset.kept = 'yes'")
    tap.put(out("two\n"))
    expect(page.locator("#output")).to_have_text("one\ntwo\n", timeout=20_000)
    expect(page.locator("#connection")).to_have_text(re.compile("Connected again.|^$"))
    expect(page.locator("[data-kept]")).to_have_count(1)
    assert re.fullmatch(r"live=1&after=\d+-\d+", asked[-1])
    tap.put(passed())
    expect(page.locator("#standing .pill")).to_have_text("passed")


def test_a_connection_on_which_nothing_comes_is_given_up(
    world: World, tap: Tap, page: Page, serve: Callable[[Flask], str]
) -> None:
    inside, asked = world.app.wsgi_app, []

    def swallowing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = inside(environ, start_response)
        if not re.fullmatch(r"/runs/.*/events", environ["PATH_INFO"]):
            return answer
        asked.append(environ["QUERY_STRING"])
        return without_the_rest(answer) if len(asked) == 1 else answer

    def without_the_rest(answer: Iterable[bytes]) -> Iterator[bytes]:
        passing = True
        for chunk in answer:
            yield chunk if passing else b""
            passing = passing and b"one" not in chunk

    world.app.wsgi_app = swallowing  # type: ignore[method-assign]
    page.clock.install()
    page.goto(f"{serve(world.app)}/gist/{GIST}")
    tap.put(taken(), out("one\n"))
    page.clock.run_for(1000)
    expect(page.locator("#output")).to_have_text("one\n")
    tap.put(out("two\n"))
    page.clock.run_for(42_000)
    expect(page.locator("#connection")).to_have_text("Connection lost, trying again.")
    page.clock.run_for(4_000)
    expect(page.locator("#connection")).to_have_text("Connected again.")
    page.clock.run_for(1000)
    expect(page.locator("#output")).to_have_text("one\ntwo\n")
    tap.put(passed())


def test_the_browser_says_times_and_places_as_the_server_does(page: Page, live: str) -> None:
    page.goto(live)
    seconds = [0, 0.9, 1, 59.9, 60, 61, 119, 3600, -5]
    told = page.evaluate(
        """async ([seconds, counts]) => {
          const { before, elapsed } = await import("/static/live.js");
          return [seconds.map((each) => elapsed(each * 1000)), counts.map(before)];
        }""",
        [seconds, [0, 1, 2, 1000]],
    )
    assert told == [
        [figures.elapsed(each) for each in seconds],
        [figures.runs_before(count) for count in (0, 1, 2, 1000)],
    ]
