"""How many connections and how much bandwidth a sandbox gets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from gistrun.egress.rules import BANDWIDTH, CONNECTIONS, CONNECTIONS_PER_S
from gistrun.sandbox.policy import NETWORK
from tests.sandbox.conftest import Ended
from tests.sandbox.egress.world import (
    PUBLIC,
)


def test_open_connections_of_a_sandbox_do_not_hinder_the_next(online: Callable[..., Ended], machine: Any) -> None:
    source = f"""
import socket, sys, time
print(socket.gethostbyname(socket.gethostname()))
held, wanted = [], int(sys.argv[1])
while len(held) < wanted:
    try: held.append(socket.create_connection(("{PUBLIC}", 83)))
    except OSError: time.sleep(0.01)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.connect(("{PUBLIC}", 7))
    try: udp.send(b"hello")
    except OSError: pass
"""
    first = online("python", source, args=("80",)).stdout
    for _ in range(100):
        if not machine.inspect_network(NETWORK)["Containers"]:
            break
        threading.Event().wait(0.1)
    assert online("python", source, args=("8",)).stdout == first  # at the same address


def test_a_sandbox_makes_so_many_connections_a_second(online: Callable[..., Ended]) -> None:
    source = f"""
import socket, time
made, start = 0, time.monotonic()
while time.monotonic() - start < 3:
    try:
        with socket.create_connection(("{PUBLIC}", 80)) as connection:
            made += 1
            while connection.recv(100): pass
    except OSError: time.sleep(0.01)
print(made, time.monotonic() - start)
"""
    made, seconds = online("python", source).stdout.split()
    assert CONNECTIONS <= int(made) <= CONNECTIONS + CONNECTIONS_PER_S * float(seconds) + 5


def test_a_sandbox_has_so_much_bandwidth_each_way(online: Callable[..., Ended]) -> None:
    source = f"""
import socket, time
with socket.create_connection(("{PUBLIC}", 81)) as connection:
    got, start = 0, time.monotonic()
    while time.monotonic() - start < 4: got += len(connection.recv(65536))
print(got, time.monotonic() - start)
with socket.create_connection(("{PUBLIC}", 82)) as connection:
    start = time.monotonic()
    while time.monotonic() - start < 4: connection.send(bytes(4096))
    connection.shutdown(socket.SHUT_WR)
    print(int(connection.recv(100)), time.monotonic() - start)
"""
    for line in online("python", source).stdout.splitlines():
        got, seconds = map(float, line.split())
        assert BANDWIDTH * seconds / 4 < got < BANDWIDTH * (seconds + 1) * 1.5
