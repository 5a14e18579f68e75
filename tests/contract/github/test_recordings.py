"""What the real GitHub once answered: every recorded gist parses, in the shape of its year and in today's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from gistrun.errors import GitHubUnavailable, NotFound
from gistrun.github import GitHub
from gistrun.github.parsing import parse_changed, parse_gist, parse_newest_commit
from tests.contract.github.answers import SHARED
from tests.github_server import GitHubServer, recorded_bodies

RECORDINGS = SHARED / "github" / "recordings.jsonl"

pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason="no ../shared/github beside the repository")


@pytest.fixture
def github(make: Callable[..., GitHub]) -> GitHub:
    return make("s3cret", max_bytes=2**20)


def exchanges() -> list[dict[str, Any]]:
    with RECORDINGS.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def contents(files: dict[str, Any]) -> dict[str, bytes]:
    return {name: file["content"].encode() for name, file in files.items()}


@pytest.mark.parametrize("as_recorded", [True, False])
def test_every_recorded_body_parses(server: GitHubServer, github: GitHub, as_recorded: bool) -> None:
    bodies = list(recorded_bodies(RECORDINGS))
    assert len(bodies) > 40
    for body in bodies:
        if body["id"] in server.ids():
            server.delete(body["id"])
        version = server.put_recorded(body, as_recorded=as_recorded)
        for revision in (None, version):
            gist = github.gists.fetch(body["id"], revision)
            assert gist is not None
            assert gist.revision == version
            assert {file.name: file.content for file in gist.files} == contents(body["files"])
            assert [file.language for file in gist.files] == [file["language"] for file in body["files"].values()]
            assert gist.description == body["description"]
            assert gist.owner == body["owner"]["login"]
            assert gist.public == body["public"]


def test_every_recorded_answer_about_gists_parses() -> None:
    """Whole gists, gists without contents, lists and histories, of 2012 to 2020. `pytest -rA` shows the figures."""
    parsed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for exchange in exchanges():
        answer, path = exchange["body"], exchange["url"].split("?")[0]
        text = json.dumps(answer).encode()
        if isinstance(answer, dict) and "files" in answer:
            kind = "gists"
            gist = parse_gist(text)
            good = len(gist.files) == len(answer["files"]) and gist.public is answer["public"] and bool(gist.owner)
            if "history" in answer:
                good = good and gist.revision == answer["history"][0]["version"]
        elif isinstance(answer, list) and answer and "files" in answer[0]:
            kind = "lists"
            good = [gist.id for gist in parse_changed(text)] == [entry["id"] for entry in answer]
        elif path.endswith("/commits"):
            kind = "histories"
            good = parse_newest_commit(text) == answer[0]["version"]
        else:
            continue
        total[kind] += 1
        parsed[kind] += good
    print("parsed / total:", ", ".join(f"{kind} {parsed[kind]} / {total[kind]}" for kind in total))
    assert parsed == total
    assert set(total) == {"gists", "lists", "histories"}


def test_the_13_real_gists(server: GitHubServer, github: GitHub) -> None:
    server.load_recordings(RECORDINGS)
    real = json.loads((SHARED / "github" / "real_gists.json").read_text())
    assert len(real) == 13
    for recorded in real:
        latest = github.gists.fetch(recorded["id"])
        assert latest is not None
        gists = [latest]
        # One of them was edited after it was recorded, and both states are there.
        for revision in server.revisions(recorded["id"]):
            gist = github.gists.fetch(recorded["id"], revision)
            assert gist is not None
            gists.append(gist)
        assert contents(recorded["files"]) in [{file.name: file.content for file in gist.files} for gist in gists]


def test_the_100_real_python_gists(server: GitHubServer, github: GitHub) -> None:
    path = SHARED / "gists" / "real-python.jsonl"
    if not path.exists():
        pytest.skip("no ../shared/gists beside the repository")
    server.load_real_python(path)
    recorded = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(recorded) == 100
    for one in recorded:
        gist = github.gists.fetch(one["id"])
        assert gist is not None
        assert {file.name: file.content.decode() for file in gist.files} == one["files"]
        assert f"{gist.html_url}" == one["url"]


def test_every_recorded_refusal_is_understood(server: GitHubServer, make: Callable[..., GitHub]) -> None:
    refusals = [exchange for exchange in exchanges() if exchange["status"] >= 400]
    assert {exchange["status"] for exchange in refusals} == {403, 404, 429}
    for exchange in refusals:
        skip = ("transfer-encoding", "content-length", "content-encoding", "status", "server", "date")
        headers = {
            name: value if isinstance(value, str) else ", ".join(value)
            for name, value in exchange["headers"].items()
            if name not in skip
        }
        server.fail(exchange["status"], headers=headers, body=exchange["body"])
        github = make(max_bytes=2**20)
        with pytest.raises(NotFound if exchange["status"] == 404 else GitHubUnavailable) as caught:
            github.gists.fetch("1")
        if exchange["status"] != 404:
            assert caught.value.retry_after == int(headers.get("retry-after", 60))
