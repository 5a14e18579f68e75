"""The API against its own description: every answer is validated by `openapi.json`'s schemas."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from gistrun.model import Limit, Outcome, Phase, State
from tests.fakes import Tap, err, out, passed, taken
from tests.web.conftest import GIST, NEXT_REVISION, REVISION, World, a_gist

RUNS = f"/api/v1/gists/{GIST}/runs"


@pytest.fixture
def description(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.content_type == "application/json"
    described = answer.get_json()
    assert isinstance(described, dict)
    return described


def conforms(description: dict[str, Any], answer: TestResponse, path: str, method: str = "get") -> dict[str, Any]:
    """The answer's JSON, which is what the description says of that path, method and status."""
    described = description["paths"][path][method]["responses"][str(answer.status_code)]
    if "$ref" in described:
        described = description["components"]["responses"][described["$ref"].rpartition("/")[2]]
    schema = described["content"][answer.content_type]["schema"]
    Draft202012Validator(schema | {"components": description["components"]}, format_checker=FormatChecker()).validate(
        answer.json
    )
    body: Any = answer.json
    return body  # type: ignore[no-any-return]


def test_the_description_is_valid_and_complete(world: World, description: dict[str, Any]) -> None:
    validate(description)
    routed = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    }
    described = {
        (path, method) for path, item in description["paths"].items() for method in item if method != "parameters"
    }
    assert {(path, method) for path, method in described if path.startswith("/api/")} == routed
    # What is described besides is there too, with every parameter that it reads.
    rules = {rule.rule.replace("<", "{").replace(">", "}") for rule in world.app.url_map.iter_rules()}
    assert {path for path, _ in described} <= rules


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("sha", [REVISION, REVISION.upper(), "", "1", REVISION + "0", "x" * 40, 1, None, []]),
        ("file", ["main.py", "", "a\0b", 1, None]),
        ("args", [[], ["a"], ["a\0"], [1], [None], "a", ["a"] * 1001, None, {}]),
        ("stdin", ["", "in\n", "\0", 1, None, []]),
        ("version", ["", "a b", "x" * 33, 3.14, None]),
        ("rerun", [True, False, None, 1, "true"]),
        ("other", [1, None]),
    ],
)
def test_the_body_that_is_taken_is_the_one_that_is_described(
    world: World, client: FlaskClient, description: dict[str, Any], field: str, values: list[Any]
) -> None:
    world.github.add(a_gist())
    described = Draft202012Validator(description["components"]["schemas"]["RunRequest"])
    for value in values:
        answer = client.post(RUNS, json={field: value})
        taken = answer.status_code not in (400, 413)
        assert described.is_valid({field: value}) == taken, f"{value!r}: {answer.text}"


@pytest.mark.parametrize("gist", [GIST, GIST.upper(), "1", "1" * 20, "a", "x" * 20, "a" * 41, "a" * 64, "a" * 65])
def test_the_ids_that_are_taken_are_the_ones_that_are_described(
    client: FlaskClient, description: dict[str, Any], gist: str
) -> None:
    for path in ("/api/v1/gists/{gist_id}", "/api/v1/gists/{gist_id}/runs"):
        schema = description["paths"][path]["parameters"][0]["schema"]
        status = client.get(f"/api/v1/gists/{gist}").status_code
        assert Draft202012Validator(schema).is_valid(gist) == (status != 400), gist


def test_run_and_wait_and_run_again(world: World, client: FlaskClient, description: dict[str, Any]) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    answer = client.post(RUNS, json={"args": ["a b"], "stdin": "in\n"})
    first = conforms(description, answer, "/api/v1/gists/{gist_id}/runs", "post")
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/runs/{first['id']}"
    assert (first["state"], first["cached"], first["args"], first["stdin_bytes"]) == ("queued", False, ["a b"], 3)
    tap.put(taken(), out("one\n"), err("two\n"), passed())
    answer = client.get(answer.headers["Location"] + "?wait=30")
    ended = conforms(description, answer, "/api/v1/runs/{run_id}")
    assert (ended["state"], ended["stdout"], ended["stderr"]) == ("passed", "one\n", "two\n")
    assert (ended["exit_code"], ended["duration_ms"], ended["artifacts"]) == (0, 41, [])
    answer = client.post(RUNS, json={"args": ["a b"], "stdin": "in\n"})
    kept = conforms(description, answer, "/api/v1/gists/{gist_id}/runs", "post")
    assert (answer.status_code, kept["id"], kept["cached"]) == (200, first["id"], True)
    world.sandboxes.scripts["main.py"] = [taken(), passed()]
    answer = client.post(RUNS, json={"args": ["a b"], "stdin": "in\n", "rerun": True})
    assert answer.status_code == 202
    assert answer.get_json()["id"] != first["id"]


def test_a_run_under_way_is_shared(world: World, client: FlaskClient) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    ids = {client.post(RUNS).get_json()["id"] for _ in range(3)}
    assert len(ids) == 1
    assert len(world.queue.executes) == 1
    tap.put(taken(), passed())


def test_a_limited_run_conforms(world: World, client: FlaskClient, description: dict[str, Any]) -> None:
    world.sandboxes.scripts["main.py"] = [
        taken(),
        Outcome(State.OUT_OF_MEMORY, signal="SIGKILL", phase=Phase.RUN, limit=Limit("memory", 2**28, "bytes")),
    ]
    world.run()
    told = conforms(description, client.post(RUNS), "/api/v1/gists/{gist_id}/runs", "post")
    assert told["limit"] == {"name": "memory", "value": 2**28, "unit": "bytes"}


def test_gist(world: World, client: FlaskClient, description: dict[str, Any]) -> None:
    world.github.add(a_gist(files={"main.py": "print(1)", "notes.md": "é"}))
    told = conforms(description, client.get(f"/api/v1/gists/{GIST}"), "/api/v1/gists/{gist_id}")
    assert (told["owner"], told["revision"], told["latest_run"]) == ("octocat", REVISION, None)
    assert told["checked_at"] == "2026-11-22T17:34:00.000Z"
    assert [(file["name"], file["size"], file["runs_as"]) for file in told["files"]] == [
        ("main.py", 8, "python"),
        ("notes.md", 2, None),
    ]
    assert not world.queue.executes
    run = world.run()
    told = conforms(description, client.get(f"/api/v1/gists/{GIST}"), "/api/v1/gists/{gist_id}")
    assert told["latest_run"]["id"] == run.id
    world.github.add(a_gist(revision=NEXT_REVISION))
    told = client.get(f"/api/v1/gists/{GIST}?sha={NEXT_REVISION}").get_json()
    assert (told["revision"], told["latest_run"]) == (NEXT_REVISION, None)


def test_languages(client: FlaskClient, description: dict[str, Any]) -> None:
    told = conforms(description, client.get("/api/v1/languages"), "/api/v1/languages")
    languages = {language["name"]: language for language in told}  # type: ignore[index]
    assert languages["python"] == {
        "name": "python", "title": "Python", "toolchain": "Python 3.13.5", "extensions": [".py", ".pyw"], "ready": True,
        "versions": [
            {"name": "3.14", "toolchain": "Python 3.13.5", "ready": True},
            {"name": "3.13", "toolchain": None, "ready": False},
        ],
    }  # fmt: skip
    assert languages["ruby"]["ready"] is False
    assert languages["ruby"]["toolchain"] is None


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"\xff",
        b"[" * 100_000,
        b'{"unknown": 1}',
        b'{"sha": "abc"}',
        b'{"sha": 1}',
        b'{"file": 1}',
        b'{"file": "none.py"}',
        b'{"args": "a b"}',
        b'{"args": [1]}',
        b'{"args": [null]}',
        b'{"args": ["\\u0000"]}',
        b'{"args": ["\\ud800"]}',
        b'{"stdin": "\\ud800"}',
        b'{"stdin": ["x"]}',
        b'{"rerun": 1}',
    ],
)
def test_bad_bodies_are_400(world: World, client: FlaskClient, description: dict[str, Any], body: bytes) -> None:
    answer = client.post(RUNS, data=body, content_type="application/json")
    assert answer.status_code == 400
    conforms(description, answer, "/api/v1/gists/{gist_id}/runs", "post")
    assert not world.queue.executes


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"",
        b" ",
        b"{}",
        b'{"sha": null, "file": null, "args": null, "stdin": null}',
        b'{"version": null, "rerun": null}',
    ],
)
def test_everything_may_be_left_out(world: World, client: FlaskClient, body: bytes | None) -> None:
    assert client.post(RUNS, data=body).status_code == 202
    world.queue.join()
    assert world.sandboxes.programs[0].args == ()


@pytest.mark.parametrize("field", [{"stdin": "x" * (2**20 + 1)}, {"args": ["x" * 70_000]}, {"args": [""] * 1001}])
def test_too_much_input_is_413(client: FlaskClient, description: dict[str, Any], field: dict[str, Any]) -> None:
    answer = client.post(RUNS, json=field)
    assert answer.status_code == 413
    conforms(description, answer, "/api/v1/gists/{gist_id}/runs", "post")


@pytest.mark.parametrize("wait", ["61", "-1", "nan", "inf", "x", "1e1", "", "٣"])
def test_a_bad_wait_is_400(world: World, client: FlaskClient, wait: str) -> None:
    run = world.run()
    assert client.get(f"/api/v1/runs/{run.id}", query_string={"wait": wait}).status_code == 400


@pytest.mark.parametrize("path", ["/api/v1/runs/none", "/api/v1/runs/run1%3Aevents", "/api/v1/runs/run1%00"])
def test_an_unknown_run_is_404(world: World, client: FlaskClient, description: dict[str, Any], path: str) -> None:
    world.run()
    answer = client.get(path)
    assert answer.status_code == 404
    conforms(description, answer, "/api/v1/runs/{run_id}")


@pytest.mark.parametrize("path", ["/api/v1/languages", "/api/v1/gists/xyz", "/api/v1/none"])
def test_other_origins_may_read_every_answer(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Origin": "https://example.com"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Location" in answer.headers["Access-Control-Expose-Headers"]


def test_preflight(client: FlaskClient) -> None:
    asked = {
        "Origin": "https://example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = client.options(RUNS, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type"


def test_pages_may_not_be_read_by_other_origins(client: FlaskClient) -> None:
    assert "Access-Control-Allow-Origin" not in client.get(f"/gist/{GIST}").headers
