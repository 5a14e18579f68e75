"""The connection to Redis."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from gistrun.errors import StoreReadOnly, StoreUnavailable
from gistrun.store import BACKGROUND_PATIENCE_S, PATIENCE_S, Store, connect, outage
from tests.servers import answers, redis_server, wait_until


@contextmanager
def stopped(admin: redis.Redis) -> Iterator[None]:
    pid: int = admin.info("server")["process_id"]  # type: ignore[index, assignment]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with redis_server(tmp_path) as address:
        yield address


@pytest.fixture
def admin(url: str) -> redis.Redis:
    return redis.Redis.from_url(url)


def test_a_server_that_does_not_answer_is_said_to_be_unreachable() -> None:
    with pytest.raises(StoreUnavailable):
        Store(connect("redis://127.0.0.1:1")).ping()


def test_who_waited_once_does_not_wait_again_until_redis_answers(url: str, admin: redis.Redis) -> None:
    store = Store(connect(url))
    store.ping()
    with stopped(admin):
        began = time.monotonic()
        assert not answers(store)
        assert PATIENCE_S <= time.monotonic() - began < PATIENCE_S + 1
        began = time.monotonic()
        for _ in range(100):
            with pytest.raises(StoreUnavailable):
                store.workers.try_to_write()
            with pytest.raises(StoreUnavailable):
                store.visitors.count_run("ada", 1, 60)
        assert time.monotonic() - began < 0.5
    wait_until(lambda: answers(store), 1)


def test_a_process_in_the_background_waits_for_redis(url: str, admin: redis.Redis) -> None:
    store = Store(connect(url, BACKGROUND_PATIENCE_S))
    store.ping()
    pid: int = admin.info("server")["process_id"]  # type: ignore[index, assignment]
    os.kill(pid, signal.SIGSTOP)
    later = threading.Timer(PATIENCE_S + 1, os.kill, (pid, signal.SIGCONT))
    later.start()
    assert answers(store)
    later.join()


def test_reading_goes_on_while_writes_hang(url: str, admin: redis.Redis) -> None:
    store = Store(connect(url))
    admin.execute_command("CLIENT", "PAUSE", 30_000, "WRITE")
    for _ in range(3):
        with pytest.raises(StoreReadOnly):
            store.workers.try_to_write()
        assert store.workers.alive() == {}
    admin.execute_command("CLIENT", "UNPAUSE")

    def writes() -> bool:
        try:
            store.workers.try_to_write()
            return True
        except StoreReadOnly:
            return False

    wait_until(writes, 1)


def test_a_blocking_read_may_take_longer(url: str) -> None:
    store = Store(connect(url))
    began = time.monotonic()
    assert store.revisits.next(PATIENCE_S + 1) is None
    assert time.monotonic() - began >= PATIENCE_S + 1


def test_a_lock_is_free_again_although_redis_refuses_scripts(url: str, admin: redis.Redis) -> None:
    store = Store(connect(url))
    locks = [store.gists.fetch_lock("a", patience_s=0.1) for _ in range(2)]
    assert locks[0].__enter__()
    admin.execute_command("ACL", "SETUSER", "default", "-evalsha")
    with pytest.raises(StoreReadOnly):
        locks[0].__exit__(None, None, None)
    assert locks[1].__enter__()
    admin.execute_command("ACL", "SETUSER", "default", "+evalsha")


def test_what_counts_as_reading_is_what_redis_calls_so(store: Store) -> None:
    told = store.client.command()  # type: ignore[no-untyped-call]
    for name in outage._READING - {"PING", "TIME", "MEMORY"}:  # which touch no key, or have parts
        assert "readonly" in told[name.lower()]["flags"], name


def test_the_log_says_each_change_once(
    url: str, admin: redis.Redis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "_OVER_S", 0.2)
    store = Store(connect(url))
    for _ in range(2):
        admin.replicaof("127.0.0.1", 1)  # type: ignore[no-untyped-call]
        for _ in range(5):
            with pytest.raises(StoreReadOnly):
                store.workers.try_to_write()
            store.workers.alive()
        admin.replicaof("NO", "ONE")  # type: ignore[no-untyped-call]
        time.sleep(0.3)
        for _ in range(5):
            store.workers.try_to_write()
    said = [record.getMessage().partition(":")[0] for record in caplog.records if record.name == outage.__name__]
    assert said[-4:] == ["Redis takes no writes just now", "Redis answers again, and takes writes"] * 2
