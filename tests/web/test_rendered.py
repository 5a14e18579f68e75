"""Pages, badges and outputs that are kept as they are sent: the same answer without Flask, and never an old one."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gistrun.errors import GitHubUnavailable
from gistrun.model import Image, Outcome, SandboxTaken, State
from gistrun.store import Store, connect
from gistrun.web import create_app
from gistrun.web.front.kept import takes_gzip
from tests.fakes import Tap, out, passed, taken
from tests.web.conftest import GIST, NEXT_REVISION, OTHER_GIST, REVISION, SECRET_GIST, World, a_gist

PAGE = f"/gist/{GIST}"
KINDS = [PAGE, f"{PAGE}/{REVISION}", f"{PAGE}?file=main.py", f"{PAGE}/badge.svg", f"{PAGE}/badge.json?label=x"]
KINDS += [f"{PAGE}/output.txt", f"{PAGE}/output.txt?sha={REVISION}"]


@pytest.fixture
def ran(world: World) -> World:
    """The gist has been run."""
    world.run()
    return world


@pytest.fixture
def by_flask(ran: World) -> list[str]:
    """The paths that Flask has answered."""
    paths: list[str] = []

    @ran.app.before_request
    def note() -> None:
        from flask import request

        paths.append(request.full_path.rstrip("?"))

    return paths


@pytest.fixture
def client(ran: World, by_flask: list[str]) -> FlaskClient:
    return ran.app.test_client()


def told(answer: TestResponse) -> dict[str, str]:
    return dict(answer.headers)


def rendered_now(world: World, client: FlaskClient, path: str) -> TestResponse:
    """The answer as it is rendered from what is stored now."""
    world.store.client.delete(f"gistrun:rendered:{GIST}")
    return client.get(path)


@pytest.mark.parametrize("path", KINDS)
def test_the_second_answer_is_the_first_one_without_flask(client: FlaskClient, by_flask: list[str], path: str) -> None:
    client.get(path)  # this may copy the run of another request
    first = client.get(path)
    del by_flask[:]
    second = client.get(path)
    assert by_flask == []
    assert (second.status_code, second.data) == (200, first.data)
    assert told(second) == told(first)
    assert "Content-Security-Policy" in second.headers
    assert second.headers["X-Content-Type-Options"] == "nosniff"
    head = client.head(path)
    assert (head.status_code, head.data, told(head)) == (200, b"", told(second))
    assert int(head.headers["Content-Length"]) == len(second.data)
    assert by_flask == []


@pytest.mark.parametrize("path", KINDS)
@pytest.mark.parametrize("kept", [False, True])
def test_compressed_it_is_the_same(ran: World, client: FlaskClient, path: str, kept: bool) -> None:
    plain = client.get(path)
    plain = client.get(path)
    if not kept:
        ran.store.client.delete(f"gistrun:rendered:{GIST}")
    packed = client.get(path, headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) == int(packed.headers["Content-Length"])
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [("", False), ("gzip", True), ("gzip;q=0", False), ("br;q=1, gzip;q=0.2", True), ("*", True), ("identity", False)],
)
def test_what_a_reader_takes(accepted: str, takes: bool) -> None:
    assert takes_gzip(accepted) is takes


@pytest.mark.parametrize("path", KINDS)
def test_events_that_a_reader_has_are_not_sent_again(client: FlaskClient, by_flask: list[str], path: str) -> None:
    client.get(path)  # a request of its own may be given a run of its own by this
    client.get(path)
    del by_flask[:]
    by_encoding = {}
    for encoding in ("identity", "gzip"):
        etag = client.get(path, headers={"Accept-Encoding": encoding}).headers["ETag"]
        assert re.fullmatch(r'"[a-z0-9-]+"', etag)
        by_encoding[encoding] = etag
        for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            answer = client.get(path, headers={"If-None-Match": known, "Accept-Encoding": encoding})
            assert (answer.status_code, answer.data) == (304, b"")
            assert answer.headers["ETag"] == etag
            assert "Content-Length" not in answer.headers
            assert "Content-Security-Policy" in answer.headers
        assert client.head(path, headers={"If-None-Match": etag, "Accept-Encoding": encoding}).status_code == 304
        tag = etag.strip('"')
        for other in ('"other"', tag, f"W/{tag}", f"'{tag}'", f'"other", {tag}', f'"{tag}x"', f'"{tag}', f"w/{etag}"):
            assert client.get(path, headers={"If-None-Match": other, "Accept-Encoding": encoding}).status_code == 200
    crossed = {"If-None-Match": by_encoding["identity"], "Accept-Encoding": "gzip"}
    assert client.get(path, headers=crossed).status_code == 200
    assert by_flask == []


@pytest.mark.parametrize("path", KINDS)
def test_everybody_gets_the_same_bytes_and_no_cookie(ran: World, by_flask: list[str], path: str) -> None:
    answers = [ran.app.test_client().get(path, headers={"Cookie": cookie}) for cookie in ("", "gistrun=x", "a=b")]
    assert len({(answer.data, answer.headers["ETag"]) for answer in answers}) == 1
    for answer in answers:
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Cache-Control"] == "public, no-cache"


def test_a_secret_gist_stays_one(world: World, client: FlaskClient, by_flask: list[str]) -> None:
    world.github.add(a_gist(SECRET_GIST, public=False))
    world.run(SECRET_GIST)
    for path in (f"/gist/{SECRET_GIST}", f"/gist/{SECRET_GIST}/output.txt", f"/gist/{SECRET_GIST}/badge.svg"):
        client.get(path)
        del by_flask[:]
        answer = client.get(path)
        assert by_flask == []
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "private, no-cache"


def rerun_to_its_end(world: World) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), out("second\n"), passed()]
    world.run(rerun=True)


def rerun_under_way(world: World) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    world.open(GIST, rerun=True)
    tap.put(taken(), out("half\n"), passed())
    world.queue.join()


def queued_anew(world: World) -> None:
    world.store.images.publish_broken("python", "No.")
    world.open(GIST, rerun=True)


def changed(world: World) -> None:
    world.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "print('newer')\n"}))
    world.runs.revisit(GIST)
    world.queue.join()


def described_anew(world: World) -> None:
    world.github.add(a_gist(revision=NEXT_REVISION, description="Greets"))
    world.runs.revisit(GIST)  # the same program: its run is copied
    world.queue.join()


def checked_again(world: World) -> None:
    world.clock.forward(90)
    world.runs.revisit(GIST)


def github_in_trouble(world: World) -> None:
    world.github.error = GitHubUnavailable("GitHub does not answer.")
    world.runs.revisit(GIST)


def turned_secret(world: World) -> None:
    world.github.add(a_gist(revision=NEXT_REVISION, public=False))
    world.runs.revisit(GIST)


def deleted(world: World) -> None:
    world.github.gists.clear()
    world.runs.revisit(GIST)


def image_renewed(world: World) -> None:
    image, toolchain = "sha256:" + "2" * 64, "Python 3.14.0"
    world.sandboxes.scripts["main.py"] = [SandboxTaken(image, toolchain), out("other toolchain\n"), passed()]
    world.store.images.publish(Image("python", image, toolchain))


def image_broken(world: World) -> None:
    world.store.images.publish_broken("python", "No.")


CHANGES = [rerun_to_its_end, rerun_under_way, queued_anew, changed, described_anew, checked_again, github_in_trouble]
CHANGES += [turned_secret, deleted, image_renewed, image_broken]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("path", KINDS)
def test_every_change_is_shown_at_once(
    ran: World, client: FlaskClient, change: Callable[[World], None], path: str
) -> None:
    if change is queued_anew and "output.txt" in path:
        return  # which is open as long as the run is
    client.get(path)
    client.get(path)  # kept
    change(ran)
    after = client.get(path)
    ran.queue.join()
    now = rendered_now(ran, client, path)
    if change is image_renewed:  # the first visit has it run, and this is the second
        after = client.get(path)
    assert (after.status_code, after.text) == (now.status_code, now.text)


@pytest.mark.parametrize("change", [changed, rerun_to_its_end, checked_again, deleted, image_renewed])
def test_a_page_rendered_during_a_change_is_not_kept(
    ran: World, client: FlaskClient, by_flask: list[str], change: Callable[[World], None]
) -> None:
    done: list[bool] = []

    def in_the_middle() -> None:
        if not done:
            done.append(True)
            change(ran)

    # After the view has read, before it keeps.
    inside = ran.store.streams.events

    def events(run_id: str, after: str = "0") -> list[object]:
        read = inside(run_id, after)
        in_the_middle()
        return list(read)

    ran.store.streams.events = events  # type: ignore[method-assign, assignment]
    client.get(PAGE)
    del ran.store.streams.events
    assert done
    ran.queue.join()
    client.get(PAGE)  # where the image is another one this has it run
    ran.queue.join()
    assert client.get(PAGE).text == rendered_now(ran, client, PAGE).text


@pytest.mark.parametrize(
    "path",
    [f"{PAGE}?run=run1", f"{PAGE}/", f"{PAGE}?args={'x' * 600}", "/", "/gist/nope"],
)
def test_answers_that_are_not_kept(client: FlaskClient, by_flask: list[str], path: str) -> None:
    client.get(PAGE)
    client.get(path)
    client.get(path)
    assert by_flask.count(path) == 2


def test_our_own_errors_and_runs_under_way_are_not_kept(world: World, client: FlaskClient, by_flask: list[str]) -> None:
    world.github.add(a_gist(OTHER_GIST, files={"main.py": "print('other')"}))
    world.sandboxes.scripts.clear()
    assert world.run(OTHER_GIST).state is State.ERROR
    for path in (f"/gist/{OTHER_GIST}/badge.json", f"/gist/{OTHER_GIST}/badge.json"):
        assert client.get(path).get_json()["message"] == "error"
    assert len(by_flask) == 2


def test_an_end_by_chance_is_kept_as_long_as_it_counts(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), Outcome(State.TIMED_OUT)]
    world.run(rerun=True)
    client.get(PAGE)
    assert 0 < world.store.client.ttl(f"gistrun:rendered:{GIST}") <= 600


def test_output_is_as_fresh_as_it_is_without(ran: World, client: FlaskClient, by_flask: list[str]) -> None:
    pinned = f"{PAGE}/output.txt?sha={REVISION}"
    for path in (f"{PAGE}/output.txt", pinned):
        client.get(path)
    ran.clock.forward(ran.settings.check_interval)
    ran.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "print('newer')\n"}))
    ran.sandboxes.scripts["main.py"] = [taken(), out("newer\n"), passed()]
    del by_flask[:]
    assert client.get(pinned).text == "hello world\n"
    assert by_flask == []
    assert client.get(f"{PAGE}/output.txt").text == "newer\n"


def test_a_shown_badge_counts_as_a_view(ran: World, client: FlaskClient, by_flask: list[str]) -> None:
    client.get(PAGE)
    for path in (PAGE, f"{PAGE}/badge.svg"):
        client.get(path)
        ran.clock.forward(ran.settings.check_interval + 1)
        del by_flask[:]
        client.get(path)
        assert by_flask == []
        assert ran.store.client.zscore("gistrun:looked", GIST) == ran.clock().timestamp()
        assert ran.store.revisits.next() == GIST


def test_each_site_and_each_query_has_its_own(client: FlaskClient) -> None:
    for _ in range(2):
        for host in ("one.example", "two.example"):
            page = client.get(PAGE, base_url=f"https://{host}").text
            assert f"https://{host}/gist/{GIST}/badge.svg" in page
        for label in ("a", "b"):
            assert client.get(f"{PAGE}/badge.json?label={label}").get_json()["label"] == label


def test_a_visitor_with_many_queries_fills_nothing(ran: World, client: FlaskClient, by_flask: list[str]) -> None:
    for number in range(100):
        client.get(f"{PAGE}/badge.svg?label={number}")
    assert ran.store.client.hlen(f"gistrun:rendered:{GIST}") <= 70
    client.get(PAGE)
    client.get(PAGE)
    assert by_flask.count(PAGE) <= 2


def test_another_version_of_gistrun_renders_anew(ran: World, client: FlaskClient) -> None:
    client.get(PAGE)
    changed = replace(ran.settings, limits=replace(ran.settings.limits, pids=9))
    other = create_app(ran.runs, ran.store, ran.known, changed, ran.github.public_gists, now=ran.clock)
    paths: list[str] = []
    other.before_request(lambda: paths.append("asked"))
    other.test_client().get(PAGE)
    assert paths == ["asked"]


def test_without_redis_flask_says_so(ran: World) -> None:
    app = create_app(
        ran.runs, Store(connect("redis://127.0.0.1:1")), ran.known, ran.settings, ran.github.public_gists, now=ran.clock
    )
    assert app.test_client().get(f"{PAGE}/badge.json").get_json()["message"] == "error"


@pytest.mark.parametrize("path", ["/", f"{PAGE}?args=1", "/static/run.js", "/api/v1/openapi.json", f"{PAGE}/badge.svg"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_only_a_validator_is_answered_with_304(client: FlaskClient, path: str, method: str) -> None:
    client.get(path)  # a request of its own may be given a run of its own by this
    etag = client.open(path, method=method).headers["ETag"]
    for known in (etag, f"W/{etag}", f'"other" , W/{etag}', f'"a,b",{etag}', "*"):
        answer = client.open(path, method=method, headers={"If-None-Match": known})
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag)
    for other in (etag.strip('"'), f"'{etag}'", f'"other", {etag[1:-1]}', etag[:-1]):
        assert client.open(path, method=method, headers={"If-None-Match": other}).status_code == 200
