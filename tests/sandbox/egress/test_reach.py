"""What a sandbox with a network reaches, and what it does not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from gistrun.egress.network import Egress
from gistrun.engine import Engine
from gistrun.images.catalogue import Catalogue
from gistrun.languages import Language
from gistrun.model import GistFile, Limits, Network, Output, Program, identity
from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import NETWORK, Policy
from gistrun.settings import Settings
from tests.sandbox import servers
from tests.sandbox.conftest import LIMITS, Ended, Run
from tests.sandbox.egress.world import (
    HOST_PUBLIC,
    PRIVATE,
    PROBE,
    PUBLIC,
    Probe,
    all_refused,
    do,
    hello,
    sh,
)


def test_the_internet_is_reached_by_tcp_udp_and_ping(probe: Probe) -> None:
    targets = [f"tcp:{PUBLIC}:80", f"udp:{PUBLIC}:7", f"icmp:{PUBLIC}:0"]
    assert probe(*targets) == dict.fromkeys(targets, "reached")


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", f"import socket; print(socket.gethostbyname('gist.example') == '{PUBLIC}')"),
        (
            "javascript",
            f"require('dns').lookup('gist.example', {{family: 4}}, (e, a) => console.log(String(a === '{PUBLIC}')))",
        ),
        ("ruby", f"require 'socket'; puts IPSocket.getaddress('gist.example') == '{PUBLIC}'"),
        ("bash", "read -r hello < <(cat </dev/tcp/gist.example/80); [ $hello = hello ] && echo true"),
    ],
)
def test_names_resolve(language: str, source: str, online: Callable[..., Ended]) -> None:
    assert online(language, source).stdout.strip().lower() == "true"


def test_a_program_knows_its_own_name(online: Callable[..., Ended]) -> None:
    source = "import socket; name = socket.gethostname(); print(name, socket.gethostbyname(name))"
    assert online("python", source).stdout == "gist 127.0.0.1\n"


def test_private_addresses_are_not_reached(probe: Probe) -> None:
    targets = [f"tcp:{address}:80" for address in PRIVATE]
    targets += [f"udp:{address}:7" for address in PRIVATE]
    targets += [f"icmp:{address}:0" for address in PRIVATE]
    assert all_refused(probe(*targets), targets)


def test_without_the_rules_they_would_be_and_rules_that_were_lost_come_back(probe: Probe, egress: Egress) -> None:
    targets = [f"{kind}:169.254.169.254:{port}" for kind, port in (("tcp", 80), ("udp", 7), ("icmp", 0))]
    assert egress.hold() is None
    do("iptables -F GISTRUN-OUT")
    assert probe(*targets) == dict.fromkeys(targets, "reached")
    assert egress.hold() is None
    assert all_refused(probe(*targets), targets)


def test_several_workers_set_up_once_what_was_lost(machine: Any, egress: Egress) -> None:
    workers = [Egress(Engine(machine), [PUBLIC]) for _ in range(4)]
    for worker in workers:
        worker.open()
    before = sh("iptables -S").stdout
    do("iptables -F GISTRUN-OUT")
    with ThreadPoolExecutor(len(workers)) as threads:
        assert list(threads.map(Egress.hold, workers)) == [None] * len(workers)
    assert sh("iptables -S").stdout == before


def test_the_host_is_not_reached_at_any_of_its_addresses(probe: Probe, machine: Any) -> None:
    gateway = machine.inspect_network(NETWORK)["IPAM"]["Config"][0]["Gateway"]
    addresses = {word.split("/")[0] for word in sh("ip -4 -o addr").stdout.split() if "/" in word}
    assert {gateway, HOST_PUBLIC, "10.213.7.1"} <= addresses
    addresses.remove("127.0.0.1")  # that is the sandbox itself
    with _Listener() as port:
        for address in addresses:
            assert hello(address, port) == b"hello"
        targets = [f"{kind}:{address}:{port}" for address in sorted(addresses) for kind in ("tcp", "udp", "icmp")]
        assert all_refused(probe(*targets), targets)


class _Listener:
    """A server of the host's, such as a Redis that listens everywhere, by TCP and UDP on one port."""

    def __enter__(self) -> int:
        self._tcp = servers._Server(("", 0), servers._Hello)
        port: int = self._tcp.server_address[1]
        self._udp = servers.socketserver.ThreadingUDPServer(("", port), servers._Echo)
        for server in (self._tcp, self._udp):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return port

    def __exit__(self, *_: object) -> None:
        for server in (self._tcp, self._udp):
            server.shutdown()
            server.server_close()


def test_published_ports_of_other_containers_are_not_reached(probe: Probe, machine: Any, images: Catalogue) -> None:
    ready = images.ready("python")
    assert ready
    serve = "import socketserver as s; h = type('H', (s.BaseRequestHandler,), {'handle': lambda self: "
    serve += "self.request.sendall(b'hello')}); s.TCPServer(('', 80), h).serve_forever()"
    options = machine.create_host_config(port_bindings={80: None}, init=True)
    made = machine.create_container(
        ready.digest, entrypoint=["python3", "-c", serve], ports=[80], host_config=options, networking_config=None
    )
    try:
        machine.start(made)
        found = machine.inspect_container(made)["NetworkSettings"]
        port = int(found["Ports"]["80/tcp"][0]["HostPort"])
        assert _answers(HOST_PUBLIC, port)
        targets = [f"tcp:{HOST_PUBLIC}:{port}", f"tcp:10.213.7.1:{port}", f"tcp:{found['IPAddress']}:80"]
        assert all_refused(probe(*targets), targets)
    finally:
        machine.remove_container(made, force=True)


def _answers(host: str, port: int) -> bool:
    for _ in range(100):
        try:
            if hello(host, port) == b"hello":
                return True
        except OSError:
            pass
        threading.Event().wait(0.1)
    return False


def test_other_sandboxes_are_not_reached(
    probe: Probe, machine: Any, images: Catalogue, known: dict[str, Language]
) -> None:
    serve = b"""
import socket, threading
tcp = socket.create_server(("", 8080))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.bind(("", 8080))
def echo():
    while True: udp.sendto(*udp.recvfrom(100))
threading.Thread(target=echo, daemon=True).start()
way_out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); way_out.connect(("192.0.2.1", 9))
print(way_out.getsockname()[0], flush=True)
while True:
    connection, _ = tcp.accept()
    connection.send(b"hello")
"""
    ready = images.ready("python")
    assert ready
    policy = Policy(replace(LIMITS, network=Network.EGRESS, timeout_s=60), dns=(PUBLIC,))
    neighbour = Sandbox(Engine(machine), ready, known["python"], policy, Owner("tests", "tests"))
    try:
        program = Program("python", "main.py", (GistFile("main.py", serve),))
        events = neighbour.run(program)
        address = next(event.data.strip() for event in events if isinstance(event, Output))
        targets = [f"tcp:{address}:8080", f"udp:{address}:8080", f"icmp:{address}:0"]
        assert all_refused(probe(*targets), targets)
        # Without the rules it would be reached.
        for rule in ("-F GISTRUN-IN", "-F GISTRUN-OUT", "-A GISTRUN-OUT -o gistrun0 -j ACCEPT"):
            do(f"iptables {rule}")
        assert probe(*targets) == dict.fromkeys(targets, "reached")
    finally:
        neighbour.close()


def test_mail_is_not_sent(probe: Probe) -> None:
    targets = [f"tcp:{PUBLIC}:{port}" for port in (25, 465, 587)]
    assert all_refused(probe(*targets), targets)


def test_there_is_no_ipv6(online: Callable[..., Ended]) -> None:
    assert online("bash", "grep -v ' lo$' /proc/net/if_inet6; true").stdout == ""


def test_the_hosts_resolvers_and_search_domain_do_not_show(online: Callable[..., Ended]) -> None:
    lines = online("bash", "cat /etc/resolv.conf").stdout.splitlines()
    assert [line for line in lines if line.startswith(("nameserver", "search"))] == ["nameserver 127.0.0.11"]


def test_names_are_asked_for_from_the_sandbox_not_from_the_host(online: Callable[..., Ended]) -> None:
    source = """
import socket
try: print(socket.gethostbyname("gist.example"))
except OSError as error: print("no", error)
"""
    # This resolver answers the host, as the resolver of a private network would.
    assert online("python", source, dns=("10.213.7.10",)).stdout.startswith("no ")


def test_still_no_netlink_packet_or_raw_socket(online: Callable[..., Ended]) -> None:
    source = """
import socket
for family, kind in ((16, 3), (17, 3), (2, 3), (40, 1)):
    try: socket.socket(family, kind, family == 2); print("allowed", family)
    except OSError as error: print(error.strerror)
"""
    assert online("python", source).stdout == "Operation not permitted\n" * 4


def test_the_default_is_no_network_also_beside_sandboxes_that_have_one(egress: Egress, run: Run) -> None:
    assert (Settings.load({}).limits.network, Limits().network) == (Network.NONE, Network.NONE)
    assert run("bash", "tail -n +3 /proc/net/dev | cut -d: -f1").stdout.split()[0] == "lo"
    assert run("python", PROBE, args=(f"tcp:{PUBLIC}:80",)).stdout.endswith("Network is unreachable\n")


def test_a_run_with_a_network_is_another_than_the_same_without() -> None:
    program = Program("python", "main.py", (GistFile("main.py", b"print(1)"),))
    ways = {identity(program, "sha256:1", Limits(network=network)) for network in Network}
    assert len(ways) == len(Network)
