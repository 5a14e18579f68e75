"""The network mode `egress`: the public internet is reached, and nothing else; what cannot be held does not start.

The internet, and the private network of whoever runs gistrun, are network namespaces that end with the tests; no
address outside this machine is ever spoken to.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.sandbox import servers

ROOT = Path(__file__).resolve().parents[3]
PUBLIC = servers.PUBLIC
#: The host's own address towards the internet.
HOST_PUBLIC = "203.0.113.1"
#: One of every range in which a machine can be played.
PRIVATE = (
    "10.213.7.10",
    "100.64.213.10",
    "169.254.169.254",
    "172.31.213.10",
    "192.0.0.213",
    "192.168.213.10",
    "198.18.213.10",
    "240.0.213.10",
    "168.63.129.16",
)

PROBE = """
import socket, sys
for target in sys.argv[1:]:
    kind, host, port = target.split(":")
    try:
        if kind == "tcp":
            with socket.create_connection((host, int(port)), timeout=1) as s: answer = s.recv(100)
        elif kind == "udp":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(1); s.connect((host, int(port))); s.send(b"hello"); answer = s.recv(100)
        else:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as s:
                s.settimeout(1); s.connect((host, 0)); s.send(bytes([8, 0, 0, 0, 0, 1, 0, 1])); answer = s.recv(100)
        print(target, "reached" if answer else "closed")
    except OSError as error:
        print(target, error.strerror or error)
"""


def sh(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command.split(), capture_output=True, text=True)


def do(command: str) -> None:
    done = sh(command)
    if done.returncode:
        pytest.skip(f"{command!r} does not work here: {done.stderr.strip()}")


def place(stack: ExitStack, name: str, host: str, addresses: tuple[str, ...]) -> None:
    namespace, link = f"gistrun-{name}", f"gistrun-{name[:6]}"
    sh(f"ip netns del {namespace}")
    do(f"ip netns add {namespace}")
    stack.callback(sh, f"ip netns del {namespace}")
    do(f"ip link add {link} type veth peer name eth0 netns {namespace}")
    stack.callback(sh, f"ip link del {link}")
    do(f"ip addr add {host}/32 dev {link}")
    do(f"ip link set {link} up")
    do(f"ip -n {namespace} link set lo up")
    do(f"ip -n {namespace} link set eth0 up")
    for address in addresses:
        do(f"ip -n {namespace} addr add {address}/32 dev eth0")
        do(f"ip route add {address}/32 dev {link}")
    do(f"ip -n {namespace} route add {host}/32 dev eth0")
    command = ["ip", "netns", "exec", namespace, sys.executable, servers.__file__, *addresses]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    stack.callback(process.wait)
    stack.callback(process.kill)
    assert process.stdout
    stack.callback(process.stdout.close)
    assert process.stdout.readline() == b"ready\n"


def hello(host: str, port: int) -> bytes:
    with socket.create_connection((host, port), timeout=10) as connection:
        return connection.recv(100)


def echo(host: str, port: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(10)
        connection.connect((host, port))
        connection.send(b"hello")
        return connection.recv(100)


Probe = Callable[..., dict[str, str]]


def all_refused(answers: dict[str, str], targets: list[str]) -> bool:
    """True when none was reached. The kernel tells so no more than once a second, after the first few."""
    assert list(answers) == targets
    told = set(answers.values())
    assert "No route to host" in told
    assert told <= {"No route to host", "timed out"}
    return True
