"""What a program in an installer reaches, although nothing of a gist or a package runs in one: the registries alone.

The tools of a registry are large, and may have a hole. So a program of our own tries from inside, with all that an
installer has, to reach what is around it.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

import docker
import pytest

from gistrun import languages
from gistrun.engine import Engine
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.images.recipe import tools
from gistrun.packages.ecosystems import ALL
from gistrun.packages.installer import Installer, InstallerEnded
from gistrun.packages.job import Job
from gistrun.packages.means import DOOR
from gistrun.packages.registry import Registry
from gistrun.sandbox.owner import Owner

pytestmark = pytest.mark.timeout(900)  # the first may have to build the tools' image

OWNER = Owner(f"reach-{os.getpid()}", "tests")

#: The program inside. It gets a list of attempts, and prints what became of each.
_PROGRAM = r"""
import json, os, socket, sys
socket.setdefaulttimeout(5)

def door(request):
    with socket.create_connection(("127.0.0.1", 3128)) as connection:
        connection.sendall(request.encode("latin-1"))
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer.decode("latin-1")

def tcp(host, port):
    with socket.create_connection((host, port)) as connection:
        return "connected"

def udp(host, port):
    query = bytes.fromhex("0001 0100 0001 0000 0000 0000 04 70797069 03 6f7267 00 0001 0001")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(2)
        connection.sendto(query, (host, port))
        return "answered: %d bytes" % len(connection.recv(512))

def name(host):
    return "resolved: %s" % (socket.getaddrinfo(host, 443),)

def abstract(where):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("\0" + where)
        return "connected"

def path(where):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(where)
        return "connected"

def kind(family, type_):
    socket.socket(family, type_).close()
    return "made"

def listed(folder):
    return ",".join(sorted(os.listdir(folder)))

found = []
for what, *arguments in json.loads(sys.argv[1]):
    try:
        found.append([what, arguments, globals()[what](*arguments)])
    except OSError as error:
        found.append([what, arguments, "refused: %s" % (error.strerror or error)])
print(json.dumps(found), file=sys.stderr)
"""


@dataclass
class Listener:
    """A server of this machine, as its Redis or its engine might be one: on every address, and who came to it."""

    port: int = 0
    came: list[str] = field(default_factory=list)

    def serve(self, server: socket.socket, answer: bytes) -> None:
        while True:
            try:
                connection, address = server.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                self.came.append(str(address))
                connection.sendall(answer)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Nothing of an installer may come to it."""
    yield from _listening("0.0.0.0", b"+PONG\r\n")


@pytest.fixture
def registry_host() -> Iterator[Listener]:
    """A registry of the deployment's own."""
    yield from _listening("127.0.0.1", b"welcome")


def _listening(host: str, answer: bytes) -> Iterator[Listener]:
    made = Listener()
    with socket.create_server((host, 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        made.port = server.getsockname()[1]
        abstract.bind(f"\0gistrun-reach-{made.port}")
        abstract.listen()
        for each in (server, abstract):
            threading.Thread(target=made.serve, args=(each, answer), daemon=True).start()
        yield made


@pytest.fixture(scope="module")
def image() -> str:
    """Any image with an ecosystem's tools, which has an interpreter for the program above."""
    engine = Engine(docker.from_env(timeout=300).api)
    return Builder(engine, Catalogue(engine, languages.load()), OWNER).ensure(tools("python"))


def attempted(image: str, registry: Registry, attempts: list[list[Any]]) -> dict[str, str]:
    """What became of each attempt in an installer with that door."""
    engine = Engine(docker.from_env(timeout=300).api)
    command = f'{DOOR}sleep 1; exec python3 -I -S /request/program.py "$(cat /request/attempts)"'
    files = {"program.py": _PROGRAM.encode(), "attempts": json.dumps(attempts).encode()}
    with closing(Installer(engine, OWNER, Job(image, command, 2**28, files), registry)) as installer:
        with suppress(InstallerEnded):
            for _ in installer.lock():
                pass
        found = json.loads(installer.said)
    return {f"{what} {' '.join(map(str, arguments))}": became for what, arguments, became in found}


def own_address() -> str:
    """An address of this machine on its network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # nothing is sent
        return str(probe.getsockname()[0])


def test_an_installer_reaches_nothing_by_itself(image: str, listener: Listener) -> None:
    mine = own_address()
    attempts: list[list[Any]] = [
        *(["tcp", host, listener.port] for host in ("127.0.0.1", "localhost", mine, "172.17.0.1", "::1", "0.0.0.0")),
        *(["tcp", "127.0.0.1", port] for port in (6379, 2375, 2376, 22, 8000)),
        *(["tcp", host, 80] for host in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "10.0.0.1")),
        *(["tcp", host, 443] for host in ("192.168.0.1", "172.16.0.1", "1.1.1.1", "151.101.0.223")),
        *(["udp", host, 53] for host in ("1.1.1.1", "127.0.0.1", "127.0.0.53", "127.0.0.11", mine)),
        *(["name", host] for host in ("pypi.org", "example.com", "metadata.google.internal")),
        ["abstract", f"gistrun-reach-{listener.port}"],
        *(["path", where] for where in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock")),
        *(
            ["kind", family, type_] for family, type_ in ((17, 3), (2, 3), (16, 3), (40, 1))
        ),  # packet, raw, netlink, vsock
    ]
    with closing(Registry(frozenset(ALL["python"].hosts), 10**6)) as registry:
        became = attempted(image, registry, attempts)
        assert {what: how for what, how in became.items() if not how.startswith("refused: ")} == {}
        assert len(became) == len(attempts)
        assert attempted(image, registry, [["listed", "/registry"]]) == {
            "listed /registry": "refused: Permission denied"
        }
    assert listener.came == []
    assert registry.refused == []


def test_the_door_leads_to_the_registries_and_the_log_says_what_else_was_asked_for(
    image: str, listener: Listener, registry_host: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    mine = own_address()
    connects = [
        *(f"{host}:{listener.port}" for host in ("127.0.0.1", "localhost", mine, "[::1]", "0.0.0.0", "2130706433")),
        *("127.0.0.1:6379", "127.0.0.1:2375", "169.254.169.254:80", "metadata.google.internal:80", "10.0.0.1:443"),
        *("pypi.org:80", "pypi.org:22", "pypi.org:8443", "example.com:443", "pypi.org.example.com:443"),
    ]
    gets = [
        *(f"http://{host}:{listener.port}/" for host in ("127.0.0.1", mine)),
        *("http://169.254.169.254/latest/meta-data/", "http://example.com/", "http://pypi.org:8080/"),
    ]
    refused = [
        *(f"CONNECT {target} HTTP/1.1\r\n\r\n" for target in connects),
        *(f"GET {url} HTTP/1.1\r\n\r\n" for url in gets),
        "POST http://pypi.org/ HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{listener.port}\r\n\r\n",
        "\x05\x01\x00",  # SOCKS
    ]
    allowed = f"CONNECT 127.0.0.1:{registry_host.port} HTTP/1.1\r\n\r\n"
    hosts = frozenset({*ALL["python"].hosts, f"127.0.0.1:{registry_host.port}"})
    with closing(Registry(hosts, 10**6)) as registry:
        became = attempted(image, registry, [["door", request] for request in (*refused, allowed)])
        assert became.pop(f"door {allowed}").endswith("\r\n\r\nwelcome")
        answers = set(became.values())
        assert answers <= {
            "HTTP/1.1 403 Not a registry of packages\r\nContent-Length: 0\r\n\r\n",
            "",
            "refused: timed out",
        }
        assert set(registry.refused) == {*connects, "example.com:80", "pypi.org:8080"}
    assert listener.came == []
    assert len(registry_host.came) == 1
    for target in ("127.0.0.1:6379", "169.254.169.254:80", "pypi.org:22", "example.com:443"):
        assert (
            f"An installer asked for {target!r}, which is no registry of packages, and was refused" in caplog.messages
        )
