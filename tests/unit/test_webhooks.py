"""The webhook receiver, fed what GitHub sends and what nobody should."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.receiving import Accepted
from tests.shared import FOLDER, needs_shared
from webhooks import Push, signature
from webhooks.receiver import MAX_BYTES

SECRET = "It's a Secret to Everybody"
GIST = "aa5a315d61ae9438b18d"


@pytest.fixture
def service() -> Accepted:
    return Accepted()


def headers(
    body: bytes, event: str = "gist", delivery_id: str = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery_id,
        "X-Hub-Signature-256": signature.sign(SECRET, body),
    }


def deliver(service: Accepted, payload: Any, event: str = "gist", **changed: str | None) -> TestResponse:
    """Deliver a payload, signed; a header given as None is left out, `_` in its name stands for `-`."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    sent = headers(body, event) | {
        name.replace("_", "-"): value for name, value in changed.items() if value is not None
    }
    for name, value in changed.items():
        if value is None:
            del sent[name.replace("_", "-")]
    return service.app(SECRET).test_client().post("/webhooks/github", data=body, headers=sent)


UPDATED = {"action": "updated", "gist": {"id": GIST}}
NAMED = [("repository_dispatch", "client_payload"), ("workflow_dispatch", "inputs")]


# What is accepted


def test_a_gist_delivery_has_its_gist_checked(service: Accepted) -> None:
    answer = deliver(service, UPDATED)
    assert (answer.status_code, answer.json, service.looked) == (202, {"gists": [GIST]}, [GIST])


@pytest.mark.parametrize("gist", ["1", "9257657", "a" * 20, "A" * 32, "0" * 40])
def test_a_gists_id_is_a_number_or_hexadecimal(service: Accepted, gist: str) -> None:
    assert deliver(service, {"action": "updated", "gist": {"id": gist}}).json == {"gists": [gist]}


def test_a_repository_dispatch_names_a_gist_in_its_client_payload(service: Accepted) -> None:
    answer = deliver(service, {"action": "x", "client_payload": {"gist_id": GIST}}, "repository_dispatch")
    assert (answer.status_code, answer.json, service.looked) == (202, {"gists": [GIST]}, [GIST])


def test_a_workflow_dispatch_names_a_gist_in_its_inputs(service: Accepted) -> None:
    answer = deliver(service, {"ref": "refs/heads/main", "inputs": {"gist_id": GIST}}, "workflow_dispatch")
    assert (answer.status_code, answer.json, service.looked) == (202, {"gists": [GIST]}, [GIST])


@pytest.mark.parametrize("event", ["star", "release", "workflow_run", "something_new"])
def test_any_other_event_is_accepted_and_remembered(service: Accepted, event: str) -> None:
    answer = deliver(service, UPDATED, event)
    assert (answer.status_code, answer.json, service.looked) == (202, {"gists": []}, [])
    assert deliver(service, UPDATED, event).json == {"duplicate": True}


def test_a_ping_is_answered(service: Accepted) -> None:
    answer = deliver(service, {"zen": "Design for failure."}, "ping")
    assert (answer.status_code, answer.json, service.looked) == (200, {"msg": "pong"}, [])


@pytest.mark.parametrize("charset", ["application/json; charset=utf-8", "Application/JSON"])
def test_a_content_type_may_have_parameters(service: Accepted, charset: str) -> None:
    assert deliver(service, UPDATED, Content_Type=charset).status_code == 202


def test_the_second_of_two_equal_deliveries_does_nothing(service: Accepted) -> None:
    deliver(service, UPDATED)
    answer = deliver(service, UPDATED)
    assert (answer.status_code, answer.json, service.looked) == (200, {"duplicate": True}, [GIST])


def test_a_delivery_that_could_not_be_queued_may_come_again(service: Accepted) -> None:
    service.broken = 1
    refused = deliver(service, UPDATED)
    assert refused.status_code == 503
    assert "again" in refused.json["error"]
    assert deliver(service, UPDATED).json == {"gists": [GIST]}


@pytest.mark.parametrize("wrong", [{"X_Hub_Signature_256": "sha256=" + "0" * 64}, {"X_GitHub_Event": "a b"}])
def test_a_delivery_that_was_refused_is_not_remembered(service: Accepted, wrong: dict[str, str]) -> None:
    assert deliver(service, UPDATED, **wrong).status_code in (400, 401)
    assert deliver(service, UPDATED).status_code == 202


def real_deliveries() -> Iterator[Any]:
    for path in sorted((FOLDER / "webhooks").glob("*.[0-9]*.json")):
        yield pytest.param(path.name.partition(".")[0], path, id=path.name)


@needs_shared
@pytest.mark.parametrize(("event", "path"), list(real_deliveries()) or [pytest.param("", None)])
def test_recorded_deliveries_of_github_are_understood(service: Accepted, event: str, path: Any) -> None:
    service.readmes = {"Codertocat/Hello-World": [GIST]}
    body = path.read_bytes()
    answer = deliver(service, body, event)
    if event == "ping":
        assert (answer.status_code, answer.json) == (200, {"msg": "pong"})
        return
    pushed = event == "push" and json.loads(body)["ref"] == "refs/heads/master"  # the others are of a tag
    assert (answer.status_code, answer.json) == (202, {"gists": [GIST] if pushed else []})
    (delivery,) = service.deliveries.values()
    assert delivery.push == (Push("Codertocat/Hello-World", readme_changed=True) if pushed else None)
    assert delivery.gists == ()


# Pushes


def a_push(commits: Any = None, **changed: Any) -> dict[str, Any]:
    """What GitHub sends when the default branch moves."""
    about = {"full_name": "octocat/hello", "default_branch": "main"}
    commits = [a_commit(modified=["src/main.py"])] if commits is None else commits
    payload = {"ref": "refs/heads/main", "forced": False, "deleted": False, "repository": about, "commits": commits}
    return payload | changed


def a_commit(**changed: Any) -> dict[str, Any]:
    return {"added": [], "removed": [], "modified": [], **changed}


def push_of(service: Accepted, payload: Any) -> Push | None:
    answer = deliver(service, payload, "push")
    assert answer.status_code == 202, answer.json
    return service.deliveries.popitem()[1].push


def test_a_push_names_the_repository_whose_gists_are_checked(service: Accepted) -> None:
    service.readmes = {"octocat/hello": [GIST]}
    answer = deliver(service, a_push(), "push")
    assert (answer.status_code, answer.json, service.looked) == (202, {"gists": [GIST]}, [GIST])


@pytest.mark.parametrize(
    "path", ["README.md", "readme", "ReadMe.rst", "docs/README.md", ".github/README.md", "README.zh-CN.md"]
)
@pytest.mark.parametrize("change", ["added", "modified", "removed"])
def test_a_push_tells_that_the_readme_changed(service: Accepted, path: str, change: str) -> None:
    commits = [a_commit(), a_commit(**{change: ["x.py", path]})]
    assert push_of(service, a_push(commits)) == Push("octocat/hello", readme_changed=True)


@pytest.mark.parametrize("path", ["main.py", "src/README.md", "docs/old/README.md", "OLD-README.md", "README/x.py", ""])
def test_a_push_tells_that_the_readme_did_not_change(service: Accepted, path: str) -> None:
    assert push_of(service, a_push([a_commit(modified=[path])])) == Push("octocat/hello", readme_changed=False)


@pytest.mark.parametrize(
    "changed",
    [
        {"forced": True},
        {"forced": None},
        {"commits": []},
        {"commits": None},
        {"commits": {"0": {}}},
        {"commits": [a_commit()] * 20},
        {"commits": [{"id": "1"}]},
        {"commits": [a_commit(modified=None)]},
        {"commits": [a_commit(modified=[1])]},
        {"commits": ["x"]},
    ],
    ids=lambda changed: repr(changed)[:60],
)
def test_a_push_with_unclear_commits_may_have_changed_the_readme(service: Accepted, changed: dict[str, Any]) -> None:
    push = push_of(service, a_push() | changed)
    assert push
    assert push.readme_changed


@pytest.mark.parametrize(
    "changed",
    [{"ref": "refs/heads/other"}, {"ref": "refs/tags/main"}, {"ref": "main"}, {"ref": None}, {"deleted": True}],
    ids=repr,
)
def test_a_push_of_something_else_than_the_default_branch_is_nothing(
    service: Accepted, changed: dict[str, Any]
) -> None:
    assert push_of(service, a_push(**changed)) is None


@pytest.mark.parametrize(
    "repository",
    [
        None,
        "octocat/hello",
        {},
        {"full_name": "octocat/hello"},
        {"full_name": "octocat/hello", "default_branch": None},
        *(
            {"full_name": wrong, "default_branch": "main"}
            for wrong in (
                None,
                "",
                "hello",
                "a/b/c",
                "../gists",
                "octocat/..",
                "octocat/.",
                "-a/b",
                "a/b?x",
                "a/b\n",
                "a /b",
            )
        ),
    ],
    ids=repr,
)
def test_a_push_without_a_repository_of_githubs_form_is_refused(service: Accepted, repository: Any) -> None:
    answer = deliver(service, a_push(repository=repository), "push")
    assert (answer.status_code, service.deliveries) == (400, {})
    assert "repository.full_name" in answer.json["error"]


# Signatures


def test_our_own_vector() -> None:
    # printf '{"action":"updated"}' | openssl dgst -sha256 -hmac 'key'
    expected = "sha256=3a60abe555730f260a68f7a4fbd94a28612c50d9c9077a0a39af2b81183c1698"
    assert signature.sign("key", b'{"action":"updated"}') == expected


@needs_shared
def test_githubs_published_vector() -> None:
    vector = json.loads((FOLDER / "webhooks" / "signature-vector.json").read_text())
    body = vector["payload"].encode()
    assert signature.sign(vector["secret"], body) == vector["signature"]
    assert signature.is_valid([vector["secret"]], body, vector["signature"])


@given(st.binary(max_size=200), st.text(max_size=50), st.text(max_size=100))
@example(b"", "", "")
@example(b"", "s", "sha256=")
@example(b"", "s", "\udcff")
def test_only_the_signature_itself_is_valid(body: bytes, secret: str, header: str) -> None:
    secret = secret.encode("utf-8", "ignore").decode()
    right = signature.sign(secret, body)
    assert signature.is_valid([secret], body, right)
    assert signature.is_valid([secret], body, header) == (header == right)
    assert not signature.is_valid([secret], body + b"!", right)


def test_during_a_rotation_either_secret_is_good_and_no_other(service: Accepted) -> None:
    body = json.dumps({}).encode()
    client = service.app("new", "old").test_client()
    for secret, status in (("new", 200), ("old", 200), ("older", 401), ("", 401), ("newold", 401)):
        sent = headers(body, "ping") | {"X-Hub-Signature-256": signature.sign(secret, body)}
        assert client.post("/webhooks/github", data=body, headers=sent).status_code == status


@pytest.mark.parametrize(
    "header",
    [None, "", "sha256=", "sha1=" + "0" * 40, "sha256=" + "0" * 64, "ÿ", signature.sign("another", b""), "=" * 5000],
)
def test_a_missing_or_wrong_signature_is_refused(service: Accepted, header: str | None) -> None:
    answer = deliver(service, UPDATED, X_Hub_Signature_256=header)
    assert (answer.status_code, service.looked) == (401, [])


def test_sha_1_alone_is_refused(service: Accepted) -> None:
    body = json.dumps(UPDATED).encode()
    sha1 = "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    answer = deliver(service, body, X_Hub_Signature_256=None, X_Hub_Signature=sha1)
    assert (answer.status_code, service.looked) == (401, [])
    assert deliver(service, body, X_Hub_Signature_256=sha1).status_code == 401


def test_without_a_secret_nothing_is_received(service: Accepted) -> None:
    body = json.dumps(UPDATED).encode()
    sent = headers(body) | {"X-Hub-Signature-256": signature.sign("", body)}
    answer = service.app().test_client().post("/webhooks/github", data=body, headers=sent)
    assert (answer.status_code, service.looked) == (503, [])
    assert "GITHUB_WEBHOOK_SECRET" in answer.json["error"]


# What is refused


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"]
)
def test_another_content_type_is_refused(service: Accepted, kind: str | None) -> None:
    assert deliver(service, UPDATED, Content_Type=kind).status_code == 415


@pytest.mark.parametrize("name", ["X_GitHub_Event", "X_GitHub_Delivery"])
@pytest.mark.parametrize("value", [None, "", "a b", "x" * 200, "ÿ", "a:b"])
def test_a_missing_or_odd_header_is_refused(service: Accepted, name: str, value: str | None) -> None:
    answer = deliver(service, UPDATED, **{name: value})
    assert (answer.status_code, service.looked) == (400, [])
    assert name.replace("_", "-") in answer.json["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"{}{}",
        b'{"action": NaN}',
        b'{"action": Infinity}',
        b'{"action": ' + b"9" * 5000 + b"}",
        b'{"action": "\xff"}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b'{"a": ' * 100_000,
        b"[" * 1_000_000,
        b'{"action": "updated", "gist": {"id": "1"}, "gist": {"id": "2"}}',
        b'{"action": "updated", "gist": {"id": "1", "id": "2"}}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_body_that_is_no_json_object_is_refused(service: Accepted, body: bytes) -> None:
    answer = deliver(service, body)
    assert (answer.status_code, service.looked) == (400, [])
    assert answer.json["error"].endswith(".")


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"action": "updated"},
        {"gist": {"id": GIST}},
        {"action": None, "gist": {"id": GIST}},
        {"action": "updated", "gist": None},
        {"action": "updated", "gist": GIST},
        {"action": "updated", "gist": [GIST]},
        *(
            {"action": "updated", "gist": {"id": wrong}}
            for wrong in (
                None,
                1,
                "",
                "g",
                "AA",
                "abc",
                "a" * 19,
                "1" * 41,
                "../x",
                "a" * 41,
                "a\n",
                "a/b",
                [GIST],
                {},
                "١",
            )
        ),
    ],
    ids=repr,
)
def test_a_gist_delivery_of_another_form_is_refused(service: Accepted, payload: Any) -> None:
    answer = deliver(service, payload)
    assert (answer.status_code, service.looked) == (400, [])
    assert "gist" in answer.json["error"]


@pytest.mark.parametrize("wrong", [7, None, "", "g", "a/b", [GIST]], ids=repr)
@pytest.mark.parametrize(("event", "where"), NAMED)
def test_a_dispatch_with_something_else_for_a_gist_is_refused(
    service: Accepted, event: str, where: str, wrong: Any
) -> None:
    answer = deliver(service, {where: {"gist_id": wrong}}, event)
    assert (answer.status_code, service.looked) == (400, [])
    assert f"{where}.gist_id" in answer.json["error"]


@pytest.mark.parametrize("sent", [None, [], "x", {}, {"other": 1}], ids=repr)
@pytest.mark.parametrize(("event", "where"), NAMED)
def test_a_dispatch_for_somebody_else_is_accepted(service: Accepted, event: str, where: str, sent: Any) -> None:
    assert deliver(service, {where: sent}, event).json == {"gists": []}


def padded(size: int) -> bytes:
    body = json.dumps(UPDATED).encode()
    return body + b" " * (size - len(body))


@pytest.mark.parametrize(("size", "status"), [(MAX_BYTES, 202), (MAX_BYTES + 1, 413), (4 * MAX_BYTES, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_hold_one_mebibyte(service: Accepted, size: int, status: int, chunked: bool) -> None:
    body = padded(size)
    if not chunked:
        assert deliver(service, body).status_code == status
        return
    # A body sent in chunks has no Content-Length; the server marks its end.
    answer = (
        service.app(SECRET)
        .test_client()
        .post(
            "/webhooks/github",
            input_stream=BytesIO(body),
            headers=headers(body),
            environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
        )
    )
    assert answer.status_code == status


@pytest.mark.parametrize("length", ["0", "10", "-1", "x", str(10**30)])
@pytest.mark.parametrize("terminated", [False, True])
def test_a_wrong_content_length_gets_nothing_past_the_cap(service: Accepted, length: str, terminated: bool) -> None:
    body = padded(MAX_BYTES + 1)
    answer = (
        service.app(SECRET)
        .test_client()
        .post(
            "/webhooks/github",
            input_stream=BytesIO(body),
            headers=headers(body),
            environ_overrides={"CONTENT_LENGTH": length, "wsgi.input_terminated": terminated},
        )
    )
    assert (answer.status_code in (401, 413), service.looked) == (True, [])


@pytest.mark.parametrize("terminated", [False, True])
def test_a_body_that_broke_off_is_refused(service: Accepted, terminated: bool) -> None:
    body = padded(1000)
    answer = (
        service.app(SECRET)
        .test_client()
        .post(
            "/webhooks/github",
            input_stream=BytesIO(body),
            headers=headers(body),
            environ_overrides={"CONTENT_LENGTH": "2000", "wsgi.input_terminated": terminated},
        )
    )
    assert (answer.status_code, service.looked) == (400, [])
    assert "Content-Length" in answer.json["error"]


def test_only_post_is_answered(service: Accepted) -> None:
    assert service.app(SECRET).test_client().get("/webhooks/github").status_code == 405


# Anything at all

WORDS = ["action", "gist", "id", "client_payload", "inputs", "gist_id", "ref", "repository", "full_name", "commits"]

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(GIST),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(), inner),
    max_leaves=12,
)


@given(
    body=st.binary(max_size=300) | _json.map(lambda value: json.dumps(value).encode()),
    event=st.sampled_from(["gist", "repository_dispatch", "workflow_dispatch", "push", "ping"]) | st.text(max_size=20),
    delivery_id=st.text(max_size=20),
    signed=st.booleans(),
)
def test_every_request_is_answered_as_the_table_says(body: bytes, event: str, delivery_id: str, signed: bool) -> None:
    service = Accepted()
    environ = {
        "CONTENT_TYPE": "application/json",
        "HTTP_X_GITHUB_EVENT": event.encode("utf-8", "ignore").decode("latin-1"),
        "HTTP_X_GITHUB_DELIVERY": delivery_id.encode("utf-8", "ignore").decode("latin-1"),
        "HTTP_X_HUB_SIGNATURE_256": signature.sign(SECRET, body) if signed else "sha256=0",
    }
    answer = service.app(SECRET).test_client().post("/webhooks/github", data=body, environ_overrides=environ)
    assert answer.status_code in ((200, 202, 400) if signed else (401,))
    if answer.status_code != 202:
        assert service.looked == []
