"""The whole path of a gist, through HTTP, as people and programs take it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
import time
import uuid
from typing import Any

import pytest
import requests

from gistrun import languages
from tests.servers import SECRET, Service, wait_until

COUNTDOWN = "a31038f280f26c4efa19d59293da5f67"
EXAMPLES = {
    "053ead1aac7c26083ed31803b4714f92": "python",
    "c9a7be0726dc970d47662adb60e93cce": "bash",
    "753df598808061fb99bdfc2178d970a6": "javascript",
    "a32dcb7713bf2e696c5c378216577aaf": "ruby",
    "b83806de3d64eb70f420f0ecf351a3c9": "perl",
    "77b8ca5ea628ffa01b8b439eb7b82f9a": "go",
    "4741c829b4e9d7eee6928c65346a681b": "c",
    "aa43e463e31e6df8d5f46b5e875c524d": "cpp",
    "712664f4e4e9c8034707323a9e5282ad": "typescript",
    "30cc6922f6029952d7ed5918a29dfcb2": "php",
    "e946f54fe1011c989afefbbc6f49d379": "rust",
    "27a68b1d31981ea61940dd4e6023d079": "java",
    "c80c89170be0e98727cae0a17355d6af": "sql",
}


def new_id() -> str:
    return uuid.uuid4().hex


def deliver(service: Service, event: str, payload: dict[str, Any], delivery: str | None = None) -> requests.Response:
    body = json.dumps(payload).encode()
    signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
        "X-Hub-Signature-256": signature,
    }
    return service.post("/webhooks/github", data=body, headers=headers)


@pytest.mark.parametrize(("gist_id", "language"), EXAMPLES.items(), ids=EXAMPLES.values())
def test_an_example_of_every_common_language_runs(service: Service, gist_id: str, language: str) -> None:
    run = service.run(gist_id)
    assert (run["state"], run["language"], run["exit_code"]) == ("passed", language, 0), run
    assert len(run["stdout"]) > 20
    assert run["toolchain"].split()[-1][0].isdigit()
    assert (run["compile_ms"] is not None) == bool(languages.load()[language].compile)


def test_an_image_is_made_when_the_first_gist_needs_it(service: Service, github: Any) -> None:
    pruned = service.gistrun("images", "prune", "dc")
    assert (pruned.returncode, pruned.stdout) in [(0, "Removed dc\n"), (0, "")]
    gist = new_id()
    github.put(gist, {"main.dc": "[made] p\n"})
    run = service.post(f"/api/v1/gists/{gist}/runs").json()
    preparing = "dc is being prepared on this server, which takes about a minute."
    assert (run["state"], run["message"]) == ("queued", preparing)
    assert preparing in service.get(f"/gist/{gist}").text
    service.start_process("builder")
    ended = service.ended(run["id"])
    assert (ended["state"], ended["stdout"]) == ("passed", "made\n"), str(ended)
    assert ended["toolchain"].startswith("GNU dc ")


def test_a_gist_runs_on_the_version_that_is_asked_for(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"main.py": "import sys\nprint(sys.version_info[:2])"})
    default, older = service.run(gist), service.run(gist, version="3.13")
    assert (default["version"], default["stdout"]) == ("3.14", "(3, 14)\n")
    assert (older["version"], older["stdout"]) == ("3.13", "(3, 13)\n")
    assert default["image"] != older["image"]
    refused = service.post(f"/api/v1/gists/{gist}/runs", json={"version": "2.7"})
    assert refused.status_code == 400
    assert "it has 3.14, 3.13" in refused.json()["detail"]


def test_a_gist_that_checks_itself_says_so(service: Service, github: Any) -> None:
    gist = new_id()
    files = {"test_sum.py": "def test_well(): pass\n\n\ndef test_wrong(): assert 1 == 2\n"}
    github.put(gist, files)
    run = service.run(gist)
    assert (run["state"], run["checks"]) == ("failed", {"passed": 1, "failed": 1})
    assert service.get(f"/gist/{gist}/badge.json").json()["message"] == "1/2"
    other = new_id()
    github.put(other, {"main.py": "print('a')\nprint('c')", "expected.txt": "a\nb\n"})
    run = service.run(other)
    assert (run["state"], run["checks"]) == ("failed", {"passed": 0, "failed": 1})
    page = service.get(f"/gist/{other}").text
    assert "Difference from" in page
    assert "- <mark>b</mark>" in page
    assert "+ <mark>c</mark>" in page


def test_output_appears_while_the_program_runs(service: Service) -> None:
    began = time.monotonic()
    with requests.get(f"{service.url}/gist/{COUNTDOWN}/output.txt", stream=True, timeout=60) as answer:
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        run_id = answer.headers["Gistrun-Run"]
        moments = [time.monotonic() - began for chunk in answer.iter_content(chunk_size=None) if chunk]
    assert len(moments) >= 8
    assert moments[0] < 5 < moments[-1]
    assert service.ended(run_id)["state"] == "timed_out"  # 8 s are allowed here, it counts down from 10


def test_both_streams_come_in_their_order_whichever_way_they_are_read(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"main.sh": "for i in {1..2500}; do echo o $i; echo e $i >&2; done"})
    wanted = [f"{stream} {i}" for i in range(1, 2501) for stream in "oe"]
    with requests.get(f"{service.url}/gist/{gist}/output.txt", stream=True, timeout=60) as answer:
        run_id = answer.headers["Gistrun-Run"]
        live = answer.text
    ended = service.ended(run_id)
    assert ended["state"] == "passed"
    assert ended["hints"] == []
    events = [data for _, name, data in service.events(run_id) if name == "output"]
    kept = service.get(f"/gist/{gist}/output.txt").text
    page = re.sub(r"<[^>]+>", "", service.get(f"/gist/{gist}").text)
    for text in (live, "".join(event["data"] for event in events), kept):
        assert text.splitlines() == wanted
    assert [event["stream"] for event in events] == ["stdout", "stderr"] * 2500
    places = [page.index(f"{line}\n") for line in wanted[:2000]]
    assert places == sorted(places)


def test_a_program_that_asks_for_input_is_explained(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"main.py": "print('Hello, ' + input('Your name? '))"})
    run = service.run(gist)
    assert run["state"] == "failed"
    assert [hint["name"] for hint in run["hints"]] == ["needs-input"]
    assert "It asked for input and got none." in service.get(f"/gist/{gist}").text
    assert service.run(gist, stdin="Ada\n")["hints"] == []


def test_a_late_reader_and_a_reader_that_reconnects_see_every_event_once(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"main.py": "import time\nfor n in range(6): print(n); time.sleep(.1)"})
    run = service.post(f"/api/v1/gists/{gist}/runs").json()

    def follow(after: str = "") -> list[tuple[str, str, dict[str, Any]]]:
        # `cached` tells each reader whether the run had ended before it came.
        return [(i, name, {**data, "cached": None}) for i, name, data in service.events(run["id"], after)]

    live = follow()
    late = follow()
    assert [name for _, name, _ in live][-1] == "end"
    assert live == late
    cut = next(index for index, (_, name, _) in enumerate(live) if name == "output")
    assert follow(live[cut][0]) == live[cut + 1 :]
    assert "".join(data["data"] for _, name, data in live if name == "output") == "0\n1\n2\n3\n4\n5\n"


def test_however_many_ask_at_the_same_time_it_runs_once(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"main.sh": "sleep 0.5; date +%N"})
    runs: list[dict[str, Any]] = []
    threads = [threading.Thread(target=lambda: runs.append(service.run(gist))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(runs) == 20
    assert len({run["stdout"] for run in runs}) == 1
    assert len({run["id"] for run in runs}) == 1


def test_the_next_visitor_is_shown_the_kept_output_at_once(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"main.sh": "date +%N"})
    first = service.run(gist)
    answer = service.post(f"/api/v1/gists/{gist}/runs")
    assert answer.status_code == 200
    assert answer.json()["cached"] is True
    assert answer.json()["stdout"] == first["stdout"]
    assert first["stdout"] in service.get(f"/gist/{gist}").text
    assert service.get(f"/gist/{gist}/output.txt").text == first["stdout"]


def test_a_rerun_replaces_the_output_only_when_it_has_ended(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"main.sh": "date +%N; sleep 1"})
    first = service.run(gist)
    again = service.post(f"/api/v1/gists/{gist}/runs", json={"rerun": True}).json()
    assert again["id"] != first["id"]
    assert service.ended(again["id"])["stdout"] != first["stdout"]
    assert service.run(gist)["id"] == again["id"]


def test_a_revision_is_pinned(service: Service, github: Any) -> None:
    gist = new_id()
    old = github.put(gist, {"main.sh": "echo old"})
    new = github.put(gist, {"main.sh": "echo new"})
    assert service.run(gist, sha=old)["stdout"] == "old\n"
    assert service.run(gist)["stdout"] == "new\n"
    assert service.run(gist, sha=new)["stdout"] == "new\n"
    assert "old" in service.get(f"/gist/{gist}/{old}").text


def test_an_edited_gist_runs_anew(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"main.sh": "echo one"})
    assert service.run(gist)["stdout"] == "one\n"
    github.put(gist, {"main.sh": "echo two"})
    time.sleep(1.1)
    assert service.run(gist)["stdout"] == "two\n"


def test_the_host_of_a_gist_url_can_be_swapped(service: Service) -> None:
    answer = service.get(f"/gistrun/{COUNTDOWN}?file=x", allow_redirects=False)
    assert answer.status_code in (301, 302, 307, 308)
    assert answer.headers["Location"].endswith(f"/gist/{COUNTDOWN}?file=x")


def test_arguments_standard_input_and_file_are_passed(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"a.py": "print('a')", "b.py": "import sys; print(sys.argv[1:], sys.stdin.read())"})
    run = service.run(gist, file="b.py", args=["x y", "--z"], stdin="in\n")
    assert run["stdout"] == "['x y', '--z'] in\n\n"
    assert (run["file"], run["args"], run["stdin_bytes"]) == ("b.py", ["x y", "--z"], 3)


def test_a_signed_delivery_makes_a_changed_gist_run_again(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"main.sh": "echo one"})
    service.run(gist)
    sha = github.put(gist, {"main.sh": "echo two"})
    delivery = str(uuid.uuid4())
    answer = deliver(service, "gist", {"action": "updated", "gist": {"id": gist}}, delivery)
    assert (answer.status_code, answer.json()) == (202, {"gists": [gist]})

    def latest() -> dict[str, Any]:
        return service.get(f"/api/v1/gists/{gist}?sha={sha}").json()["latest_run"] or {}

    wait_until(lambda: latest().get("state") == "passed")
    assert latest()["revision"] == sha
    again = deliver(service, "gist", {"action": "updated", "gist": {"id": gist}}, delivery)
    assert (again.status_code, again.json()) == (200, {"duplicate": True})
    assert "passing" in service.get(f"/gist/{gist}/badge.svg").text


def test_a_repository_dispatch_and_a_ping(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"main.sh": "echo"})
    payload = {"action": "x", "client_payload": {"gist_id": gist}}
    assert deliver(service, "repository_dispatch", payload).json() == {"gists": [gist]}
    assert deliver(service, "ping", {"zen": "x"}).json() == {"msg": "pong"}


def test_a_badge_of_an_unknown_gist_has_it_checked(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"main.sh": "exit 3"})
    assert service.get(f"/gist/{gist}/badge.json").json()["message"] == "queued"
    wait_until(lambda: service.get(f"/gist/{gist}/badge.json").json()["message"] == "failing")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/gist/0123456789abcdef0123", 404),
        ("/gist/NOT-AN-ID", 400),
        ("/api/v1/gists/zz", 400),
        ("/api/v1/gists/0123456789abcdef0123", 404),
        ("/api/v1/runs/unknown", 404),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/", 200),
    ],
)
def test_every_address_answers_with_its_status(service: Service, path: str, status: int) -> None:
    assert service.get(path).status_code == status


def test_nothing_to_run_is_shown_with_the_reason(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"notes.md": "# hello"})
    page = service.get(f"/gist/{gist}")
    assert page.status_code == 200
    assert "no file in a language that can be run here" in page.text
    answer = service.post(f"/api/v1/gists/{gist}/runs")
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")


def test_while_github_is_down_what_is_known_is_shown_with_its_age(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"main.sh": "echo known"})
    service.run(gist)
    time.sleep(1.1)
    github.fail(502, times=None, path=f"/gists/{gist}")
    page = service.get(f"/gist/{gist}")
    assert page.status_code == 200
    assert "known" in page.text
    while "This page shows the gist as it was" not in page.text:  # as soon as GitHub was asked, behind the page
        time.sleep(0.1)
        page = service.get(f"/gist/{gist}")
    assert "known" in page.text
    unknown = new_id()
    github.fail(502, times=20, path=f"/gists/{unknown}")
    answer = service.get(f"/gist/{unknown}")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    github.heal()
    github.put(unknown, {"main.sh": "echo back"})
    # By then the circuit breaker may be open, and it closes with the first answer.
    wait_until(lambda: service.get(f"/gist/{unknown}").status_code == 200, 60, "GitHub is not asked any more")


def test_sandboxes_are_gone_soon_after_a_run(service: Service, github: Any) -> None:
    gist = new_id()
    github.put(gist, {"main.sh": "cat /proc/sys/kernel/random/uuid; sleep 1"})
    before = set(service.containers())
    service.run(gist)
    time.sleep(5)
    after = set(service.containers())
    # What waits for the next, up to four times as many as usual after a burst, and a network for each.
    assert len(after) <= 2 * 4 * 2 * len(EXAMPLES)
    assert len(before & after) < len(before) or before <= after
