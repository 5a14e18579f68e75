"""A pool of workers outlasts a Redis that refuses: it waits, and goes on by itself. The program is played by hand."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from gistrun.model import Attempt
from gistrun.store import Store, connect
from gistrun.work.pool import pool
from gistrun.work.queue import Queue
from tests.servers import redis_server, wait_until

Change = Callable[[redis.Redis], object]


class Notes:
    """Writes down which runs a worker executed, in a file that all workers share; one takes a second if it says so."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def execute(self, attempt: Attempt) -> None:
        if attempt.run.startswith("slow"):
            time.sleep(1)
        with open(self._file, "a", encoding="utf-8") as notes:
            notes.write(f"{attempt.run}\n")

    def beat(self) -> None: ...

    def interrupt(self) -> None: ...

    def close(self) -> None: ...


@contextmanager
def pool_of_one(url: str, file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A pool in a process of its own."""
    with open(f"{file}.log", "ab") as log:
        process = subprocess.Popen([sys.executable, "-m", __name__, url, str(file)], stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (lambda admin: admin.replicaof("127.0.0.1", 1), lambda admin: admin.replicaof("NO", "ONE")),
        (lambda admin: admin.config_set("maxmemory", 1), lambda admin: admin.config_set("maxmemory", 0)),
        (
            lambda admin: admin.config_set("min-replicas-to-write", 1),
            lambda admin: admin.config_set("min-replicas-to-write", 0),
        ),
    ],
    ids=["replica", "full", "no replicas"],
)
def test_workers_wait_while_redis_refuses(tmp_path: Path, begin: Change, end: Change) -> None:
    notes = tmp_path / "notes"
    notes.touch()

    def done() -> list[str]:
        return notes.read_text(encoding="utf-8").split()

    with redis_server(tmp_path) as url, pool_of_one(url, notes) as pool:
        admin = redis.Redis(unix_socket_path=str(tmp_path / "redis.sock"))
        queue = Queue(Store(connect(url)), job_timeout_s=60)
        queue.execute(Attempt("first", 1, "a" * 20, "1" * 40), "ada")
        wait_until(lambda: done() == ["first"])
        queue.execute(Attempt("slow", 1, "a" * 20, "1" * 40), "ada")
        queue.execute(Attempt("third", 1, "a" * 20, "1" * 40), "ada")
        time.sleep(0.3)
        begin(admin)
        time.sleep(4)
        end(admin)
        queue.execute(Attempt("last", 1, "a" * 20, "1" * 40), "ada")
        wait_until(lambda: "last" in done(), 15, "the workers did not go on")
        assert done() == ["first", "slow", "third", "last"]
        assert pool.poll() is None
    log = Path(f"{notes}.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert log.count("\n") < 30


if __name__ == "__main__":
    address, shared = sys.argv[1:]
    pool(lambda: Store(connect(address)), lambda _name, _slot: Notes(Path(shared)), 1)
