"""HTTP as RFC 9110 has it: HEAD, methods, hosts, addresses written in odd ways, bodies that are no JSON."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import GIST, REVISION, World

ROUTES = [
    "/",
    "/?gist=none",
    f"/?gist={GIST}",
    f"/gist/{GIST}",
    f"/gist/{GIST}/{REVISION}",
    f"/gist/{GIST}/history",
    f"/gist/{GIST}/output.txt",
    f"/gist/{GIST}/output.cast",
    f"/gist/{GIST}/output.svg",
    f"/gist/{GIST}/card.png",
    f"/gist/{GIST}/badge.svg",
    f"/gist/{GIST}/badge.json",
    f"/gist/{GIST}?file=none",
    f"/octocat/{GIST}",
    "/u/octocat",
    "/u/nobody",
    "/runs/run1/events",
    "/runs/run1/summary",
    "/healthz",
    "/readyz",
    "/static/gistrun.css",
    "/api/v1/openapi.json",
    "/api/v1/languages",
    f"/api/v1/gists/{GIST}",
    "/api/v1/runs/run1",
    "/none",
]


@pytest.mark.parametrize("path", ROUTES)
def test_head_has_the_headers_of_get(world: World, client: FlaskClient, path: str) -> None:
    world.run()
    client.get(path)
    get, head = client.get(path), client.head(path)
    assert head.status_code == get.status_code
    assert head.data == b""
    told, same = dict(head.headers), dict(get.headers)
    told.pop("Date", None), same.pop("Date", None)
    assert told == same
    if length := get.headers.get("Content-Length"):
        assert int(length) == len(get.data)


@pytest.mark.parametrize("name", ["", "/output.txt", "/output.cast", "/output.svg", "/badge.svg"])
def test_head_of_a_gist_never_seen_starts_what_get_would(world: World, client: FlaskClient, name: str) -> None:
    head = client.head(f"/gist/{GIST}{name}")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers.get("Content-Length") != "0"
    assert len(world.queue.executes) <= 1
    assert bool(world.store.gists.latest(GIST)) == (not name.endswith(".svg"))


@pytest.mark.parametrize(
    ("method", "path", "content_type", "allowed"),
    [
        ("DELETE", "/", "text/html; charset=utf-8", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", f"/gist/{GIST}/badge.svg", "image/svg+xml; charset=utf-8", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", f"/gist/{GIST}/badge.json", "application/problem+json", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", f"/gist/{GIST}/output.txt", "text/plain; charset=utf-8", {"GET", "HEAD", "OPTIONS"}),
        ("PATCH", f"/gist/{GIST}/output.cast", "text/plain; charset=utf-8", {"GET", "HEAD", "OPTIONS"}),
        ("PUT", "/healthz", "text/plain; charset=utf-8", {"GET", "HEAD", "OPTIONS"}),
        ("TRACE", "/readyz", "application/problem+json", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/api/v1/languages", "application/problem+json", {"GET", "HEAD", "OPTIONS"}),
        ("GET", f"/api/v1/gists/{GIST}/runs", "application/problem+json", {"POST", "OPTIONS"}),
        ("DELETE", f"/api/v1/gists/{GIST}/runs", "application/problem+json", {"POST", "OPTIONS"}),
        ("GET", "/try", "text/html; charset=utf-8", {"POST", "OPTIONS"}),
        ("GET", "/runs/run1/stop", "text/html; charset=utf-8", {"POST", "OPTIONS"}),
        ("GET", f"/gist/{GIST}/rerun", "text/html; charset=utf-8", {"POST", "OPTIONS"}),
        ("POST", f"/gist/{GIST}/", "text/html; charset=utf-8", {"GET", "HEAD", "OPTIONS"}),
        ("PUT", f"/gist/{GIST}/rerun/", "text/html; charset=utf-8", {"POST", "OPTIONS"}),
        ("PUT", f"/api/v1/gists/{GIST}/runs/", "application/problem+json", {"POST", "OPTIONS"}),
    ],
)
def test_another_method_is_405_in_the_form_of_the_address(
    client: FlaskClient, method: str, path: str, content_type: str, allowed: set[str]
) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.content_type) == (405, content_type)
    assert set(answer.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/gist/{GIST}/rerun", 303),
        (f"/api/v1/gists/{GIST}/runs", 202),
        ("/runs/run1/stop", 404),
        ("/try", 400),
    ],
)
def test_what_takes_a_post_takes_it_with_a_slash_at_the_end_too(client: FlaskClient, path: str, status: int) -> None:
    assert client.post(path).status_code == status
    assert client.post(f"{path}/").status_code in (status, 200)
    assert client.options(f"{path}/").headers["Allow"] == client.options(path).headers["Allow"]


def test_no_address_takes_both_get_and_post(world: World) -> None:
    taken = {(rule.rule, method) for rule in world.app.url_map.iter_rules() for method in rule.methods or ()}
    assert not {(path, "GET") for path, method in taken if method == "POST"} & taken


def test_options_says_what_is_allowed(client: FlaskClient) -> None:
    assert set(client.options("/try").headers["Allow"].split(", ")) == {"POST", "OPTIONS"}
    for path in ("/", f"/gist/{GIST}/badge.svg", "/api/v1/languages"):
        answer = client.options(path)
        assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (200, {"GET", "HEAD", "OPTIONS"})


@pytest.mark.parametrize("accept", ["application/json", "image/png", "text/html;q=0", "", ",;", "*/*;q=x", "x" * 5000])
def test_what_a_client_accepts_changes_nothing(client: FlaskClient, accept: str) -> None:
    for path in ("/", f"/gist/{GIST}/badge.svg", f"/gist/{GIST}/output.txt", "/api/v1/languages"):
        answer = client.get(path, headers={"Accept": accept, "Accept-Language": accept})
        assert (answer.status_code, answer.content_type) == (200, client.get(path).content_type)


@pytest.mark.parametrize(
    "wanted", ["bytes=0-4", "bytes=999999-", "bytes=abc", "lines=1-2", "bytes=0-0,2-3", "bytes=5-1"]
)
def test_a_part_is_answered_with_the_whole(client: FlaskClient, wanted: str) -> None:
    for path in ("/", "/static/gistrun.css", "/api/v1/openapi.json", f"/gist/{GIST}/badge.svg"):
        answer = client.get(path, headers={"Range": wanted})
        assert (answer.status_code, answer.data) == (200, client.get(path).data)


@pytest.mark.parametrize("path", ["/", "/static/gistrun.css", f"/gist/{GIST}/badge.svg", f"/gist/{GIST}"])
def test_a_tag_counts_before_the_time(world: World, client: FlaskClient, path: str) -> None:
    world.run()
    client.get(path)
    since = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    tag = client.get(path).headers["ETag"]
    for known, status in ((tag, 304), ("*", 304), ('"x"', 200), (tag.strip('"'), 200), (f'"x, {tag}', 200)):
        assert client.get(path, headers=since | {"If-None-Match": known}).status_code == status, known


@pytest.mark.parametrize("host", ["a b", "[x", "a@b", "<x>", "x:123456", "a/b", "é", "a..b", "x" * 64, "[::1"])
def test_a_host_that_is_none_is_400_in_the_form_of_the_address(world: World, client: FlaskClient, host: str) -> None:
    world.run()
    for path, status, content_type in (
        ("/", 400, "text/html; charset=utf-8"),
        (f"/gist/{GIST}", 400, "text/html; charset=utf-8"),
        (f"/gist/{GIST}/output.txt", 400, "text/plain; charset=utf-8"),
        ("/api/v1/languages", 400, "application/problem+json"),
        (f"/gist/{GIST}/badge.svg", 200, "image/svg+xml; charset=utf-8"),
        (f"/gist/{GIST}/output.svg", 200, "image/svg+xml; charset=utf-8"),
    ):
        answer = client.get(path, environ_overrides={"HTTP_HOST": host.encode().decode("latin-1")})
        assert (answer.status_code, answer.content_type) == (status, content_type)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "[::1]:80", "a_b.example.", "xn--e1a.example"]
)
def test_a_host_that_is_one_is_served(client: FlaskClient, host: str) -> None:
    assert client.get("/", environ_overrides={"HTTP_HOST": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://[x", "null", "http://evil.example", "x", ""])
def test_an_origin_that_is_none_is_another_site(world: World, client: FlaskClient, origin: str) -> None:
    assert client.post(f"/gist/{GIST}/rerun", headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize(
    ("path", "target"),
    [
        (f"/gist//{GIST}", f"/gist/{GIST}"),
        (f"/octocat//{GIST}//", f"/gist/{GIST}"),
        (f"/octocat/{GIST}//revisions//", f"/gist/{GIST}/history"),
        (f"/gist/{GIST}//badge.svg?label=a", f"/gist/{GIST}/badge.svg?label=a"),
        ("/api//v1//languages", "/api/v1/languages"),
        ("/u//octocat", "/u/octocat"),
        (f"/octocat%2f{GIST}", f"/gist/{GIST}"),
        (f"/https://gist.github.com/octocat/{GIST}?file=main.py", f"/gist/{GIST}?file=main.py"),
        (f"/gist.github.com/octocat/{GIST}/revisions/", f"/gist/{GIST}/history"),
    ],
)
def test_an_address_with_more_slashes_leads_to_the_one_that_is_meant(
    client: FlaskClient, path: str, target: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, target)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/gist/{GIST}/..", 400),
        (f"/gist/{GIST}%00", 400),
        ("/static/../app.py", 404),
        ("/static/..%2fapp.py", 404),
        ("//evil.example/..", 404),
        ("/%5Cevil.example/", 404),
        (f"/gist/{GIST}?file=%ff", 400),
        (f"/gist/{GIST}?version=%0d%0a", 400),
        (f"/gist/{GIST}?file=&args=&stdin=&version=&run=", 200),
        (f"/gist/{GIST}?file=main.py&file=none", 200),
        (f"/gist/{GIST}/output.cast?v=", 200),
        (f"/gist/{GIST}/output.txt?sha=", 200),
        (f"/gist/{GIST}/history?from=&to=", 200),
        (f"/gist/{GIST}/badge.svg?label=%ff%0d%0a&color=&style=&cacheSeconds=", 200),
        ("/api/v1/runs/%00", 404),
        ("/" + "a/" * 3000, 404),
    ],
)
def test_odd_addresses(world: World, client: FlaskClient, path: str, status: int) -> None:
    world.run()
    assert client.get(path).status_code == status


def test_nothing_in_an_address_becomes_a_header(client: FlaskClient) -> None:
    for path in (f"/octocat/{GIST}?x=%0d%0aSet-Cookie:a=b", f"/?gist={GIST}%3Ffile%3Da%250d%250aSet-Cookie:b"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert "\n" not in answer.headers["Location"]
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{'file': 1}", "line 1 column 2"),
        (b"{} {}", "Extra data"),
        (b'{"file": "a", "file": "b"}', "names a field twice"),
        (b'{"stdin": ' + b"9" * 5000 + b"}", "too long"),
        (b'{"rerun": NaN}', "NaN, which is no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"file": "\xff"}', "not in UTF-8"),
        (b"null", "must be a JSON object, or empty."),
        (b'{"sha": 1}', "'sha' must be a text"),
        (b'{"args": "x"}', "'args' must be a list of texts"),
        (b'{"args": [null]}', "'args' must be a list of texts"),
        (b'{"rerun": 1}', "'rerun' must be true or false"),
        (b'{"file": "\\ud800"}', "valid Unicode"),
        (json.dumps({"file": "x" * 10_000}).encode(), "This gist has no file"),
    ],
)
def test_a_body_that_is_no_request_says_why(client: FlaskClient, body: bytes, said: str) -> None:
    answer = client.post(f"/api/v1/gists/{GIST}/runs", data=body)
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert said in answer.json["detail"]  # type: ignore[index]
    assert len(answer.data) < 1000


@pytest.mark.parametrize("field", ["sha", "file", "args", "stdin", "version", "rerun"])
def test_null_stands_for_a_field_left_out(client: FlaskClient, field: str) -> None:
    assert client.post(f"/api/v1/gists/{GIST}/runs", json={field: None}).status_code in (200, 202)
