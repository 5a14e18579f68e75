"""A Redis that a Sentinel names."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gistrun.errors import StoreUnavailable
from gistrun.store import PATIENCE_S, Store, Token, connect
from tests.servers import answers, free_port, wait_until


@contextmanager
def server(folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    command = ["redis-server", *options, "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        os.kill(process.pid, signal.SIGCONT)
        process.kill()
        process.wait()


def test_its_server_is_found_and_a_sentinel_that_hangs_keeps_nobody_waiting(tmp_path: Path) -> None:
    port, sentinel_port = free_port(), free_port()
    rules = tmp_path / "sentinel.conf"
    rules.write_text(f"port {sentinel_port}\nsentinel monitor main 127.0.0.1 {port} 1\n", encoding="utf-8")
    url = f"redis+sentinel://127.0.0.1:{sentinel_port}/main"
    with server(tmp_path, "--port", str(port), "--save", ""), server(tmp_path, str(rules), "--sentinel") as sentinel:
        wait_until(lambda: answers(Store(connect(url))))
        shown = Store(connect(url)).rendered.show("a" * 20, "page", "token", datetime.now(UTC), 60)
        assert isinstance(shown, Token)
        late = Store(connect(url))
        sentinel.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        for _ in range(10):
            with pytest.raises(StoreUnavailable):
                late.workers.try_to_write()
        assert time.monotonic() - began < PATIENCE_S + 1.5
        sentinel.send_signal(signal.SIGCONT)
        wait_until(lambda: answers(late), 5)
