"""What pages are told beside the events, by several web processes and a queue that real workers empty."""

from __future__ import annotations

import json
import threading
import uuid
from contextlib import ExitStack, suppress
from typing import Any

import requests

from tests.github_server import GitHubServer
from tests.servers import Service, wait_until


class Attending:
    """Somebody's open page: the notes that it is told."""

    def __init__(self, service: Service, path: str, address: str) -> None:
        self.notes: list[tuple[str, Any]] = []
        headers = {"X-Forwarded-For": address}
        self._answer = requests.get(f"{service.url}{path}?live=1", headers=headers, stream=True, timeout=90)
        assert self._answer.status_code == 200, self._answer.text
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        name = ""
        with suppress(requests.RequestException, AttributeError):  # `close` comes in the middle of a read
            for line in self._answer.iter_lines(chunk_size=1, decode_unicode=True):
                field, _, value = line.partition(": ")
                name = value if field == "event" else name
                if field == "data":
                    self.notes.append((name, json.loads(value)))

    def told(self, name: str) -> list[Any]:
        return [data for its, data in self.notes if its == name]

    def close(self) -> None:
        self._answer.close()


def test_runs_are_told_their_places_while_workers_take_those_before(service: Service, github: GitHubServer) -> None:
    runs = []
    for number in range(6):
        gist = uuid.uuid4().hex
        github.put(gist, {"main.sh": f"echo {number} {gist}; sleep 2.5"})
        runs.append(service.post(f"/api/v1/gists/{gist}/runs").json()["id"])
        if number == 1:
            both = runs[:]
            wait_until(lambda: {_state(service, run) for run in both} == {"running"}, 20)  # noqa: B023
    pages = [Attending(service, f"/runs/{run}/events", "203.0.113.9") for run in runs[2:]]
    wait_until(lambda: all(page.told("end") for page in pages), 40)
    places = [[place["before"] for place in page.told("place")] for page in pages]
    assert [told[0] for told in places[1:]] == [1, 2, 3]
    assert all(told == sorted(told, reverse=True) for told in places)
    assert all(told[-1] < told[0] for told in places[2:])
    assert all(page.notes[0][0] == "now" for page in pages)


def _state(service: Service, run_id: str) -> str:
    return str(service.get(f"/api/v1/runs/{run_id}").json()["state"])


def test_viewers_of_all_web_processes_are_counted_together_and_leave(service: Service, github: GitHubServer) -> None:
    gist = uuid.uuid4().hex
    github.put(gist, {"main.sh": "echo watched"})
    service.run(gist)
    with ExitStack() as here:
        first = Attending(service, f"/gist/{gist}/events", "198.51.100.1")
        here.callback(first.close)
        with ExitStack() as there:
            for number in range(2, 28):
                for _ in range(2):  # in two windows
                    page = Attending(service, f"/gist/{gist}/events", f"198.51.100.{number}")
                    there.callback(page.close)
            wait_until(lambda: first.told("viewers")[-1:] == [{"count": 27}], 20)
        # A page that was closed is noticed when something is sent to it, 15 s later at most.
        wait_until(lambda: first.told("viewers")[-1:] == [{"count": 1}], 40)


def test_a_page_goes_on_after_the_web_processes_were_started_anew(fragile: Service, github: GitHubServer) -> None:
    gist = uuid.uuid4().hex
    github.put(gist, {"main.sh": "for n in 1 2 3 4 5 6 7 8 9; do echo $n; sleep 1; done"})
    run = fragile.post(f"/api/v1/gists/{gist}/runs").json()["id"]
    seen, last = "", ""
    for event_id, name, data in fragile.events(run):
        last = event_id
        if name == "output":
            seen += data["data"]
            break
    fragile.kill("web")
    fragile.start_process("web")
    fragile.wait_until_ready()
    for _, name, data in fragile.events(run, last):
        if name == "output":
            seen += data["data"]
    assert seen == "".join(f"{n}\n" for n in range(1, 10))
