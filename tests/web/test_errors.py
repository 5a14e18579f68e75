"""Every failure and its answer, in each form: page, API, plain text."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Blueprint
from flask.testing import FlaskClient

from gistrun.errors import GistrunError, GitHubUnavailable, NotFound, TooLarge
from gistrun.freshness.gists import Gists
from gistrun.offer import Offer
from gistrun.runs import Runs
from gistrun.store import Store, Watching, connect
from gistrun.web import badges, create_app
from gistrun.web.front.headers import CONTENT_SECURITY_POLICY
from tests.web.conftest import GIST, World, a_gist

ROUTES = [
    "/",
    f"/gist/{GIST}",
    f"/gist/{GIST}/output.txt",
    f"/gist/{GIST}/badge.svg",
    f"/gist/{GIST}/badge.json",
    "/healthz",
    "/readyz",
    "/api/v1/languages",
    "/api/v1/openapi.json",
    "/static/run.js",
    "/no/such/page/here",
    "/api/v1/none",
]


@pytest.mark.parametrize("path", ROUTES)
def test_every_answer_carries_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    own = badges.POLICY if path.endswith(".svg") else CONTENT_SECURITY_POLICY
    assert headers["Content-Security-Policy"] == own
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"]


def test_the_policy_lets_nothing_foreign_in() -> None:
    policy = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert policy.pop("default-src") == "'none'"
    assert policy.pop("base-uri") == policy.pop("frame-ancestors") == "'none'"
    assert set(policy.values()) == {"'self'"}


def test_the_policy_of_a_badge_lets_in_only_what_it_holds_itself() -> None:
    policy = dict(part.split(" ", 1) for part in badges.POLICY.split("; "))
    assert policy.pop("img-src") == "data:"
    assert policy.pop("sandbox") == "allow-popups allow-popups-to-escape-sandbox"
    assert set(policy.values()) == {"'none'"}


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (NotFound(f"GitHub has no gist {GIST}, or it is not for us to see."), 404, None),
        (TooLarge("GitHub's answer is too large."), 413, None),
        (GitHubUnavailable("GitHub does not answer."), 503, "30"),
        (GitHubUnavailable("GitHub's quota is used up.", retry_after=900), 503, "900"),
    ],
)
def test_what_github_says(
    world: World, client: FlaskClient, error: GistrunError, status: int, retry_after: str | None
) -> None:
    world.github.error = error
    page = client.get(f"/gist/{GIST}")
    text = client.get(f"/gist/{GIST}/output.txt")
    read = client.get(f"/api/v1/gists/{GIST}")
    asked = client.post(f"/api/v1/gists/{GIST}/runs", json={})
    for answer in (page, text, read, asked):
        assert (answer.status_code, answer.headers.get("Retry-After")) == (status, retry_after)
    sentence = str(error)
    assert "<h1>" in page.text
    assert sentence.replace("'", "&#39;") in page.text
    assert text.text == sentence + "\n"
    assert text.content_type == "text/plain; charset=utf-8"
    for answer in (read, asked):
        assert answer.content_type == "application/problem+json"
        assert answer.json == {"type": "about:blank", "title": error.title, "status": status, "detail": sentence}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/gist/xyz", "is not the id of a gist"),
        ("/gist/AA5A", "is not the id of a gist"),
        (f"/gist/{GIST}/1234567", "is not a revision"),
        (f"/gist/xyz/{'4' * 40}", "is not the id of a gist"),
        (f"/gist/{'a' * 41}", "is not the id of a gist"),
        ("/gist/%3Cscript%3E", "&#39;&lt;script&gt;&#39; is not the id of a gist"),
        (f"/gist/{GIST}/abc", "is not a revision"),
        (f"/gist/{GIST}?args='", "quotation mark that is not closed"),
        (f"/gist/{GIST}?args=%00", "cannot hold a NUL"),
        (f"/gist/{GIST}?file=none.py", "has no file"),
        (f"/gist/{GIST}/output.txt?sha=abc", "is not a revision"),
        ("/gist/xyz/output.txt", "is not the id of a gist"),
    ],
)
def test_bad_input_is_400_with_a_sentence(client: FlaskClient, path: str, said: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert said in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/none",
        "/wp-admin/setup.php",
        "/api/v1",
        "/gist",
        "/runs/none/summary",
        "/u/abc",
        "/runs/run1:events/events",
        "/runs/run1%3Aevents/summary",
    ],
)
def test_unknown_addresses_are_404(world: World, client: FlaskClient, path: str) -> None:
    world.run()
    assert client.get(path).status_code == 404


def test_too_much_input_is_413(client: FlaskClient) -> None:
    assert client.get(f"/gist/{GIST}", query_string={"stdin": "x" * (2**20 + 1)}).status_code == 413
    answer = client.post(f"/api/v1/gists/{GIST}/runs", data=b"[" * (8 * 2**20 + 1))
    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")


def test_a_wrong_method_says_which_are_allowed(client: FlaskClient) -> None:
    answer = client.delete("/api/v1/languages")
    assert (answer.status_code, answer.content_type) == (405, "application/problem+json")
    assert "GET" in answer.headers["Allow"]


def test_redis_away(world: World, tmp_path: Path) -> None:
    store = Store(connect(f"unix://{tmp_path}/none.sock"))
    gists = Gists(world.github, store, 60, world.clock)
    runs = Runs(gists, store, world.queue, Offer(world.known, world.limits), world.clock, str)
    client = create_app(runs, store, world.known, world.settings, world.github.public_gists).test_client()
    for path in ("/", f"/gist/{GIST}", f"/gist/{GIST}/output.txt", f"/api/v1/gists/{GIST}", "/runs/x/events"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "Redis, where gistrun keeps its results, does not answer." in answer.text
    assert client.get("/healthz").text == "ok\n"
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json
    assert ready.json["redis"] is False
    badge = client.get(f"/gist/{GIST}/badge.json")
    assert badge.status_code == 200
    assert badge.json
    assert (badge.json["message"], badge.json["color"]) == ("error", "lightgrey")


def test_our_own_mistake_is_reported_without_its_insides(world: World) -> None:
    def broken() -> str:
        raise RuntimeError("the insides")

    blueprint = Blueprint("broken", __name__)
    blueprint.add_url_rule("/broken", view_func=broken)
    blueprint.add_url_rule("/api/v1/broken", "api", view_func=broken)
    app = create_app(world.runs, world.store, world.known, world.settings, world.github.public_gists, [blueprint])
    for path in ("/broken", "/api/v1/broken"):
        answer = app.test_client().get(path)
        assert answer.status_code == 500
        assert "Something went wrong on our side" in answer.text
        assert "insides" not in answer.text


def test_a_blueprint_passed_in_takes_posts_from_anywhere(world: World) -> None:
    blueprint = Blueprint("receiver", __name__)
    blueprint.add_url_rule("/webhooks/github", view_func=lambda: ("taken", 202), methods=["POST"])
    app = create_app(world.runs, world.store, world.known, world.settings, world.github.public_gists, [blueprint])
    assert (
        app.test_client().post("/webhooks/github", json={}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 202
    )


def test_ready_when_all_that_a_run_needs_is_there(world: World, client: FlaskClient) -> None:
    lacking = client.get("/readyz")
    assert lacking.status_code == 503
    assert lacking.headers["Retry-After"]
    assert lacking.json
    assert "No worker is alive" in lacking.json["problems"][0]
    world.store.workers.heartbeat("w1", {"engine": "The Docker engine does not answer: it is down", "languages": []})
    assert "Docker engine" in client.get("/readyz").get_json()["problems"][0]
    world.store.workers.heartbeat("w1", {"engine": True, "languages": ["python"], "github": {"remaining": 0}})
    assert "quota" in client.get("/readyz").get_json()["problems"][0]
    world.store.workers.heartbeat("w1", {"engine": True, "languages": ["python"], "github": {"remaining": 60}})
    world.store.watches.put_watching(Watching(90, 7200.0, 1, 80.0))
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json == {
        "ready": True,
        "redis": True,
        "engine": True,
        "workers": 1,
        "languages": ["python"],
        "github": {"remaining": 60},
        "watching": {"gists": 90, "interval_s": 7200.0, "looked_at": 1, "looked_at_interval_s": 80.0},
        "problems": [],
    }


def test_nothing_to_run_is_422_where_there_is_no_page(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"notes.md": "# Notes"}))
    for answer in (client.get(f"/gist/{GIST}/output.txt"), client.post(f"/api/v1/gists/{GIST}/runs")):
        assert answer.status_code == 422
        assert "no file in a language that can be run here" in answer.text
