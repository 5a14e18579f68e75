"""What each route answers while Redis refuses: the table in docs/decisions/store.md, over a Redis that does refuse."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis
from flask import Flask
from werkzeug.test import TestResponse

from gistrun.errors import StoreUnavailable
from gistrun.freshness.deliveries import Deliveries
from gistrun.github import Account, GitHub
from gistrun.model import Image
from gistrun.settings import Settings
from gistrun.store import PATIENCE_S, Store, connect
from gistrun.web import create_app
from tests.servers import answers, redis_server, start_redis, wait_until
from tests.web.conftest import GIST, OTHER_GIST, World, a_gist
from tests.web.test_deliveries import SECRETS, UPDATED, deliver
from webhooks import receiver

DOCS = Path(__file__).parents[2] / "docs" / "decisions" / "store.md"
UNKNOWN = "dd5a315d61ae9438b18d"

Refusal = Callable[[redis.Redis, Path], Callable[[], object]]


def replica(admin: redis.Redis, _: Path) -> Callable[[], object]:
    admin.replicaof("127.0.0.1", 1)  # type: ignore[no-untyped-call]
    return lambda: admin.replicaof("NO", "ONE")  # type: ignore[no-untyped-call]


def full(admin: redis.Redis, _: Path) -> Callable[[], object]:
    admin.config_set("maxmemory", 1)
    return lambda: admin.config_set("maxmemory", 0)


def no_disk(admin: redis.Redis, folder: Path) -> Callable[[], object]:
    (folder / "dump.rdb").mkdir()  # so that nothing can be saved under that name
    admin.config_set("save", "3600 1")
    admin.bgsave()
    wait_until(lambda: admin.info("persistence")["rdb_last_bgsave_status"] == "err")  # type: ignore[index]
    return lambda: admin.config_set("save", "")


def no_replicas(admin: redis.Redis, _: Path) -> Callable[[], object]:
    admin.config_set("min-replicas-to-write", 1)
    return lambda: admin.config_set("min-replicas-to-write", 0)


def no_right_to_write(admin: redis.Redis, _: Path) -> Callable[[], object]:
    admin.execute_command("ACL", "SETUSER", "default", "-@write")
    return lambda: admin.execute_command("ACL", "SETUSER", "default", "+@all")


def busy(admin: redis.Redis, folder: Path) -> Callable[[], object]:
    admin.config_set("busy-reply-threshold", 1)

    def forever() -> None:
        with suppress(redis.ResponseError):
            redis.Redis(unix_socket_path=str(folder / "redis.sock")).eval("while true do end", 0)

    thread = threading.Thread(target=forever)
    thread.start()

    def is_busy() -> bool:
        try:
            return not admin.ping()
        except redis.ResponseError:
            return True

    wait_until(is_busy)
    return lambda: (admin.script_kill(), thread.join())  # type: ignore[no-untyped-call]


def crowded(admin: redis.Redis, _: Path) -> Callable[[], object]:
    admin.config_set("maxclients", 1)
    admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    return lambda: admin.config_set("maxclients", 1000)


def asks_for_a_password(admin: redis.Redis, _: Path) -> Callable[[], object]:
    admin.config_set("requirepass", "a password")
    admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    return lambda: admin.config_set("requirepass", "")


def stopped(admin: redis.Redis, _: Path) -> Callable[[], object]:
    pid: int = admin.info("server")["process_id"]  # type: ignore[index, assignment]
    os.kill(pid, signal.SIGSTOP)
    return lambda: os.kill(pid, signal.SIGCONT)


def writes_hang(admin: redis.Redis, _: Path) -> Callable[[], object]:
    admin.execute_command("CLIENT", "PAUSE", 60_000, "WRITE")
    return lambda: admin.execute_command("CLIENT", "UNPAUSE")


#: The codes of Redis' answers, as the table names them, and how a Redis comes to give each.
READS = {"READONLY": replica, "OOM": full, "MISCONF": no_disk, "NOREPLICAS": no_replicas, "NOPERM": no_right_to_write}
SILENT = {"BUSY": busy, "max number of clients": crowded, "NOAUTH": asks_for_a_password}


class Site:
    """The application over a Redis of its own, with a gist that has run."""

    def __init__(self, folder: Path) -> None:
        url = f"unix://{folder}/redis.sock"
        self.folder = folder
        self.store = Store(connect(url))
        self.admin = redis.Redis(unix_socket_path=str(folder / "redis.sock"), single_connection_client=True)
        self.admin.ping()
        self.world = World(self.store, Settings(data=folder, redis_url=url, _secret_key="a key of the tests"))
        self.world.github.add(a_gist())
        self.run = self.world.run()
        # GitHub at an address where nobody answers: no delivery asks it.
        readmes = GitHub(Account("http://127.0.0.1:1"), 2**20, self.world.clock).readmes
        deliveries = Deliveries(readmes, self.store, self.world.clock)
        hooks = receiver(SECRETS, deliveries.accept, (StoreUnavailable,))
        self.app: Flask = create_app(
            self.world.runs,
            self.store,
            self.world.known,
            self.world.settings,
            self.world.github.public_gists,
            [hooks],
            self.world.clock,
        )

    @contextmanager
    def refuses(self, begin: Refusal) -> Iterator[None]:
        """Redis refuses for as long as this is held."""
        end = begin(self.admin, self.folder)
        try:
            yield
        finally:
            end()

    def routes(self) -> dict[str, Callable[[], TestResponse]]:
        """Each route as the table names it."""
        client = self.app.test_client()
        page, api = f"/gist/{GIST}", "/api/v1"
        return {
            "`/`": lambda: client.get("/"),
            "`/gist/<id>`": lambda: client.get(page),
            "`/gist/<id>/<sha>`": lambda: client.get(f"{page}/{self.run.revision}"),
            "`/gist/<id>?file=` with the file that ran": lambda: client.get(f"{page}?file={self.run.file}"),
            "`/gist/<id>` of a gist never seen": lambda: client.get(f"/gist/{UNKNOWN}"),
            "`/gist/<id>/output.txt`": lambda: client.get(f"{page}/output.txt"),
            "`/gist/<id>/badge.svg`, `badge.json`": lambda: client.get(f"{page}/badge.svg"),
            "`/gist/<id>/output.svg`": lambda: client.get(f"{page}/output.svg"),
            "`/gist/<id>/card.png`": lambda: client.get(f"{page}/card.png"),
            "`/gist/<id>/rerun`": lambda: client.post(f"{page}/rerun"),
            "`/gist/<id>/events`": lambda: client.get(f"{page}/events"),
            "`/runs/<run id>/events`": lambda: client.get(f"/runs/{self.run.id}/events"),
            "`/runs/<run id>/stop`": lambda: client.post(f"/runs/{self.run.id}/stop"),
            "`GET /api/v1/gists/<id>`": lambda: client.get(f"{api}/gists/{GIST}"),
            "`POST /api/v1/gists/<id>/runs`": lambda: client.post(f"{api}/gists/{GIST}/runs"),
            "`POST /api/v1/gists/<id>/runs` with `rerun`": lambda: client.post(
                f"{api}/gists/{GIST}/runs", json={"rerun": True}
            ),
            "`GET /api/v1/runs/<run id>`": lambda: client.get(f"{api}/runs/{self.run.id}?wait=1"),
            "`/api/v1/languages`": lambda: client.get(f"{api}/languages"),
            "`/webhooks/github`": lambda: deliver(client, UPDATED, delivery="refused"),
            "`/healthz`": lambda: client.get("/healthz"),
            "`/readyz`": lambda: client.get("/readyz"),
        }


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with redis_server(tmp_path):
        made = Site(tmp_path)
        yield made
        made.world.queue.join()


def takes_writes(store: Store) -> bool:
    try:
        store.workers.try_to_write()
        return True
    except StoreUnavailable:
        return False


def table() -> dict[str, tuple[set[int], set[int]]]:
    """The documented statuses of each route: while Redis reads, and while it answers nothing."""
    status = r"(\d{3}(?: or \d{3})?)\b[^|]*"
    rows = re.findall(rf"^\| (`.+?) \| {status}\| {status}\|$", DOCS.read_text(encoding="utf-8"), re.M)
    return {route: (statuses(reads), statuses(none)) for route, reads, none in rows}


def statuses(cell: str) -> set[int]:
    return {int(status) for status in cell.split(" or ")}


def assert_as_documented(site: Site, column: int) -> None:
    documented = table()
    routes = site.routes()
    assert list(documented) == list(routes)
    for name, ask in routes.items():
        answer = ask()
        assert answer.status_code in documented[name][column], f"{name}: {answer.text}"
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) > 0, name
            assert re.search(r"[a-z]{3}\.", answer.text), name
        answer.close()


def test_the_documentation_names_every_refusal() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [code for code in [*READS, *SILENT, "LOADING"] if f"`{code}`" not in text] == []


@pytest.mark.parametrize("code", READS)
def test_what_is_kept_is_shown_while_redis_only_reads(site: Site, code: str) -> None:
    site.world.clock.forward(61)  # so that each view would have GitHub asked
    with site.refuses(READS[code]):
        assert_as_documented(site, 0)
        routes = site.routes()
        assert "hello world" in routes["`/gist/<id>`"]().text
        assert "can keep nothing new just now" in routes["`/gist/<id>`"]().text
        assert routes["`/gist/<id>/output.txt`"]().text == "hello world\n"
        assert "passing" in routes["`/gist/<id>/badge.svg`, `badge.json`"]().text
        assert "hello world" in routes["`/gist/<id>/output.svg`"]().text
    assert_all_goes_on(site)


@pytest.mark.parametrize("code", SILENT)
def test_every_route_says_so_while_redis_answers_nothing(site: Site, code: str) -> None:
    with site.refuses(SILENT[code]):
        assert_as_documented(site, 1)
    assert_all_goes_on(site)


@pytest.mark.parametrize(("hang", "column"), [(stopped, 1), (writes_hang, 0)])
def test_nobody_waits_long_for_a_redis_that_hangs(
    site: Site, caplog: pytest.LogCaptureFixture, hang: Refusal, column: int
) -> None:
    site.world.clock.forward(61)
    caplog.clear()
    with site.refuses(hang):
        longest, asked = 0.0, 0
        documented, began = table(), time.monotonic()
        while asked < 2 * len(documented):
            for name, ask in site.routes().items():
                before = time.monotonic()
                answer = ask()
                longest, asked = max(longest, time.monotonic() - before), asked + 1
                assert answer.status_code in documented[name][column], f"{name}: {answer.text}"
                answer.close()
        assert longest < PATIENCE_S + 1.5
        assert time.monotonic() - began < asked * PATIENCE_S / 3
    assert [record.name for record in caplog.records].count("gistrun.store.outage") == 1
    wait_until(lambda: takes_writes(site.store), 1)
    assert_all_goes_on(site)


def test_a_kept_page_is_there_while_writes_hang(site: Site) -> None:
    client = site.app.test_client()
    before = client.get(f"/gist/{GIST}")
    site.world.clock.forward(2)
    with site.refuses(writes_hang):
        for _ in range(3):
            assert client.get(f"/gist/{GIST}").data == before.data
            assert "passing" in client.get(f"/gist/{GIST}/badge.svg").text
            assert client.get(f"/gist/{GIST}/output.txt").text == "hello world\n"


def test_no_second_connection_is_tried_after_one_that_hangs(site: Site) -> None:
    shelf = site.store.rendered
    connections = [shelf._direct._pool.make_connection() for _ in range(5)]
    for connection in connections:
        connection.connect()
    shelf._direct._free += connections
    with site.refuses(stopped):
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            shelf.show(GIST, "page", "token", site.world.clock(), 60)
        assert time.monotonic() - began < PATIENCE_S + 1.5


@pytest.mark.parametrize("refused", ["evalsha", "set", "hset", "zadd", "rpush", "xadd", "expire", "del"])
def test_the_service_is_not_ready_while_anything_that_it_needs_is_refused(site: Site, refused: str) -> None:
    def denied(admin: redis.Redis, _: Path) -> Callable[[], object]:
        admin.execute_command("ACL", "SETUSER", "default", f"-{refused}")
        return lambda: admin.execute_command("ACL", "SETUSER", "default", "+@all")

    with site.refuses(denied):
        answer = site.app.test_client().get("/readyz")
        assert answer.status_code == 503
        assert "does not let gistrun do that" in answer.get_json()["problems"][0]
    assert site.app.test_client().get("/readyz").get_json()["redis"] is True


def test_every_route_says_so_while_redis_loads(site: Site) -> None:
    site.admin.mset({f"other:{number}": "x" * 1100 for number in range(20_000)})
    site.admin.save()
    with suppress(redis.ConnectionError):
        site.admin.shutdown(save=True)  # type: ignore[no-untyped-call]
    command = ["redis-server", "--port", "0", "--unixsocket", str(site.folder / "redis.sock"), "--dir"]
    command += [str(site.folder), "--save", "", "--key-load-delay", "1000"]
    command += ["--loading-process-events-interval-bytes", "1024"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as loading:

        def loads() -> bool:
            with suppress(redis.BusyLoadingError, redis.ConnectionError):
                site.admin.ping()
                return False
            return (site.folder / "redis.sock").exists()

        wait_until(loads)
        try:
            assert_as_documented(site, 1)
            assert not answers(site.store)
        finally:
            loading.kill()
    again = start_redis(site.folder)
    try:
        assert_all_goes_on(site)
    finally:
        again.kill()
        again.wait()


def assert_all_goes_on(site: Site) -> None:
    """Everything works again by itself, with nothing lost and nothing remembered of what was refused."""
    routes = site.routes()
    assert "hello world" in routes["`/gist/<id>`"]().text
    assert "can keep nothing new" not in routes["`/gist/<id>`"]().text
    assert routes["`/webhooks/github`"]().json == {"gists": [GIST]}
    assert routes["`POST /api/v1/gists/<id>/runs` with `rerun`"]().status_code == 202
    site.world.queue.join()
    site.world.github.add(a_gist(OTHER_GIST, files={"main.py": "print('hello')"}))
    assert site.world.run(OTHER_GIST).state == "passed"


@pytest.mark.parametrize("path", [f"/gist/{GIST}", f"/gist/{GIST}/badge.svg", f"/gist/{GIST}/output.txt"])
def test_a_page_that_was_sent_before_is_sent_again(site: Site, path: str) -> None:
    client = site.app.test_client()
    before = client.get(path)
    site.world.clock.forward(2)  # so that the view is to be written
    with site.refuses(replica):
        again = client.get(path)
        assert (again.status_code, again.data, again.headers["ETag"]) == (200, before.data, before.headers["ETag"])
        assert client.get(path, headers={"If-None-Match": before.headers["ETag"]}).status_code == 304


def test_a_badge_of_a_gist_never_seen_says_that_something_is_wrong(site: Site) -> None:
    with site.refuses(replica):
        badge = site.app.test_client().get(f"/gist/{UNKNOWN}/badge.json")
        assert (badge.status_code, badge.get_json()["message"]) == (200, "error")


def test_an_earlier_toolchains_result_is_shown_while_it_cannot_run_again(site: Site) -> None:
    site.store.images.publish(Image("python", "sha256:new", "Python 4"))
    with site.refuses(full):
        page = site.app.test_client().get(f"/gist/{GIST}")
        assert page.status_code == 200
        assert "hello world" in page.text
        assert "an earlier toolchain gave" in page.text
        assert site.app.test_client().post(f"/gist/{GIST}/rerun").status_code == 503


def test_what_cannot_be_done_says_why_and_leaves_no_traceback(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with site.refuses(replica):
        answer = site.app.test_client().get(f"/gist/{UNKNOWN}")
        delivery = site.routes()["`/webhooks/github`"]()
    assert "takes no writes just now" in answer.text
    assert delivery.status_code == 503
    assert not [record for record in caplog.records if record.exc_info]
