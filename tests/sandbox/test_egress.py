"""The network mode `egress`: the public internet is reached, and nothing else; what cannot be held does not start.

The internet, and the private network of whoever runs gistrun, are network namespaces that end with the tests; no
address outside this machine is ever spoken to.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from gistrun.egress.network import Egress
from gistrun.egress.rules import BANDWIDTH, CONNECTIONS, CONNECTIONS_PER_S
from gistrun.engine import Engine
from gistrun.errors import SetupError
from gistrun.images.catalogue import Catalogue
from gistrun.languages import Language
from gistrun.model import GistFile, Limits, Network, Output, Program, State, identity
from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import NETWORK, Policy
from gistrun.settings import Settings
from tests.sandbox import servers
from tests.sandbox.conftest import LIMITS, Ended, Run
from tests.sandbox.runtimes import Runtime, only_runc

ROOT = Path(__file__).resolve().parents[2]
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


def _sh(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command.split(), capture_output=True, text=True)


def _do(command: str) -> None:
    done = _sh(command)
    if done.returncode:
        pytest.skip(f"{command!r} does not work here: {done.stderr.strip()}")


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    """The mode refuses gVisor."""
    return only_runc()


@pytest.fixture(scope="module")
def machine(engine: Any) -> Any:
    """The engine, where the mode can be tested at all."""
    if os.geteuid():
        pytest.skip("only root can make network namespaces and rules")
    for command in ("ip", "iptables"):
        if not shutil.which(command):
            pytest.skip(f"there is no {command}")
    if engine.base_url != "http+docker://localhost" or _sh("iptables -S DOCKER-USER").returncode:
        pytest.skip("the engine sets no rules with iptables on this machine")
    if Path("/sys/class/net/gistrun0").exists():
        pytest.skip("a service with a network is running on this machine")
    return engine


@pytest.fixture(scope="module")
def world(machine: Any) -> Iterator[None]:
    """The internet and a private network, as namespaces behind this host."""
    with ExitStack() as stack:
        _place(stack, "public", HOST_PUBLIC, (PUBLIC,))
        _place(stack, "private", "10.213.7.1", PRIVATE)
        # Seen from the host they all answer, or that they do not answer a sandbox would mean nothing.
        for address in (PUBLIC, *PRIVATE):
            assert _hello(address, 80) == b"hello"
            assert _echo(address, 7) == b"hello"
        yield


def _place(stack: ExitStack, name: str, host: str, addresses: tuple[str, ...]) -> None:
    namespace, link = f"gistrun-{name}", f"gistrun-{name[:6]}"
    _sh(f"ip netns del {namespace}")
    _do(f"ip netns add {namespace}")
    stack.callback(_sh, f"ip netns del {namespace}")
    _do(f"ip link add {link} type veth peer name eth0 netns {namespace}")
    stack.callback(_sh, f"ip link del {link}")
    _do(f"ip addr add {host}/32 dev {link}")
    _do(f"ip link set {link} up")
    _do(f"ip -n {namespace} link set lo up")
    _do(f"ip -n {namespace} link set eth0 up")
    for address in addresses:
        _do(f"ip -n {namespace} addr add {address}/32 dev eth0")
        _do(f"ip route add {address}/32 dev {link}")
    _do(f"ip -n {namespace} route add {host}/32 dev eth0")
    command = ["ip", "netns", "exec", namespace, sys.executable, servers.__file__, *addresses]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    stack.callback(process.wait)
    stack.callback(process.kill)
    assert process.stdout
    stack.callback(process.stdout.close)
    assert process.stdout.readline() == b"ready\n"


def _hello(host: str, port: int) -> bytes:
    with socket.create_connection((host, port), timeout=10) as connection:
        return connection.recv(100)


def _echo(host: str, port: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(10)
        connection.connect((host, port))
        connection.send(b"hello")
        return connection.recv(100)


@pytest.fixture
def egress(machine: Any, world: None) -> Iterator[Egress]:
    egress = Egress(Engine(machine), [PUBLIC])
    egress.open()
    yield egress
    egress.close()
    assert not Path("/sys/class/net/gistrun0").exists()


Probe = Callable[..., dict[str, str]]


@pytest.fixture
def online(egress: Egress, runtime: Runtime, run: Run) -> Callable[..., Ended]:
    """Runs a program that has the network."""

    def online(language: str, source: str, **options: Any) -> Ended:
        ended = run(language, source, **{"network": Network.EGRESS, "dns": (PUBLIC,), "timeout_s": 60, **options})
        assert ended.state is State.PASSED, ended.text
        return ended

    return online


@pytest.fixture
def probe(online: Callable[..., Ended]) -> Probe:
    """Tries every target from a sandbox; tells what came of each."""

    def probe(*targets: str) -> dict[str, str]:
        lines = online("python", PROBE, args=targets).stdout.splitlines()
        return dict(line.split(" ", 1) for line in lines)

    return probe


def _all_refused(answers: dict[str, str], targets: list[str]) -> bool:
    """True when none was reached. The kernel tells so no more than once a second, after the first few."""
    assert list(answers) == targets
    told = set(answers.values())
    assert "No route to host" in told
    assert told <= {"No route to host", "timed out"}
    return True


# What is reached


def test_the_internet_is_reached_by_tcp_udp_and_ping(probe: Probe) -> None:
    targets = [f"tcp:{PUBLIC}:80", f"udp:{PUBLIC}:7", f"icmp:{PUBLIC}:0"]
    assert probe(*targets) == dict.fromkeys(targets, "reached")


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", f"import socket; print(socket.gethostbyname('gist.example') == '{PUBLIC}')"),
        (
            "javascript",
            f"require('dns').lookup('gist.example', {{family: 4}}, (e, a) => console.log(a === '{PUBLIC}'))",
        ),
        ("ruby", f"require 'socket'; puts IPSocket.getaddress('gist.example') == '{PUBLIC}'"),
        ("bash", "read -r hello < <(cat </dev/tcp/gist.example/80); [ $hello = hello ] && echo true"),
    ],
)
def test_names_resolve(language: str, source: str, online: Callable[..., Ended]) -> None:
    assert online(language, source).stdout.strip().lower() == "true"


# What is not


def test_a_program_knows_its_own_name(online: Callable[..., Ended]) -> None:
    source = "import socket; name = socket.gethostname(); print(name, socket.gethostbyname(name))"
    assert online("python", source).stdout == "gist 127.0.0.1\n"


def test_private_addresses_are_not_reached(probe: Probe) -> None:
    targets = [f"tcp:{address}:80" for address in PRIVATE]
    targets += [f"udp:{address}:7" for address in PRIVATE]
    targets += [f"icmp:{address}:0" for address in PRIVATE]
    assert _all_refused(probe(*targets), targets)


def test_without_the_rules_they_would_be_and_rules_that_were_lost_come_back(probe: Probe, egress: Egress) -> None:
    targets = [f"{kind}:169.254.169.254:{port}" for kind, port in (("tcp", 80), ("udp", 7), ("icmp", 0))]
    assert egress.hold() is None
    _do("iptables -F GISTRUN-OUT")
    assert probe(*targets) == dict.fromkeys(targets, "reached")
    assert egress.hold() is None
    assert _all_refused(probe(*targets), targets)


def test_several_workers_set_up_once_what_was_lost(machine: Any, egress: Egress) -> None:
    workers = [Egress(Engine(machine), [PUBLIC]) for _ in range(4)]
    for worker in workers:
        worker.open()
    before = _sh("iptables -S").stdout
    _do("iptables -F GISTRUN-OUT")
    with ThreadPoolExecutor(len(workers)) as threads:
        assert list(threads.map(Egress.hold, workers)) == [None] * len(workers)
    assert _sh("iptables -S").stdout == before


def test_the_host_is_not_reached_at_any_of_its_addresses(probe: Probe, machine: Any) -> None:
    gateway = machine.inspect_network(NETWORK)["IPAM"]["Config"][0]["Gateway"]
    addresses = {word.split("/")[0] for word in _sh("ip -4 -o addr").stdout.split() if "/" in word}
    assert {gateway, HOST_PUBLIC, "10.213.7.1"} <= addresses
    addresses.remove("127.0.0.1")  # that is the sandbox itself
    with _Listener() as port:
        for address in addresses:
            assert _hello(address, port) == b"hello"
        targets = [f"{kind}:{address}:{port}" for address in sorted(addresses) for kind in ("tcp", "udp", "icmp")]
        assert _all_refused(probe(*targets), targets)


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


def test_what_the_host_publishes_of_other_containers_is_not_reached(
    probe: Probe, machine: Any, images: Catalogue
) -> None:
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
        assert _all_refused(probe(*targets), targets)
    finally:
        machine.remove_container(made, force=True)


def _answers(host: str, port: int) -> bool:
    for _ in range(100):
        try:
            if _hello(host, port) == b"hello":
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
        assert _all_refused(probe(*targets), targets)
        # Without the rules it would be reached.
        for rule in ("-F GISTRUN-IN", "-F GISTRUN-OUT", "-A GISTRUN-OUT -o gistrun0 -j ACCEPT"):
            _do(f"iptables {rule}")
        assert probe(*targets) == dict.fromkeys(targets, "reached")
    finally:
        neighbour.close()


def test_mail_is_not_sent(probe: Probe) -> None:
    targets = [f"tcp:{PUBLIC}:{port}" for port in (25, 465, 587)]
    assert _all_refused(probe(*targets), targets)


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


# How much


def test_what_a_sandbox_leaves_open_does_not_hinder_the_next(online: Callable[..., Ended], machine: Any) -> None:
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


# Only where it is asked for


def test_the_default_is_no_network_also_beside_sandboxes_that_have_one(egress: Egress, run: Run) -> None:
    assert (Settings.load({}).limits.network, Limits().network) == (Network.NONE, Network.NONE)
    assert run("bash", "tail -n +3 /proc/net/dev | cut -d: -f1").stdout.split()[0] == "lo"
    assert run("python", PROBE, args=(f"tcp:{PUBLIC}:80",)).stdout.endswith("Network is unreachable\n")


def test_a_run_with_a_network_is_another_than_the_same_without() -> None:
    program = Program("python", "main.py", (GistFile("main.py", b"print(1)"),))
    ways = {identity(program, "sha256:1", Limits(network=network)) for network in Network}
    assert len(ways) == len(Network)


# Refusing, and leaving everything as it was


@pytest.fixture
def as_before(machine: Any) -> Iterator[None]:
    """The machine has the rules and networks afterwards that it had before."""

    def look() -> object:
        rules = [_sh(f"{command} -S").stdout for command in ("iptables", "iptables -t nat", "ip6tables")]
        return rules, sorted(network["Name"] for network in machine.networks())

    before = look()
    yield
    assert look() == before


def _refusal(egress: Egress) -> str:
    with pytest.raises(SetupError) as told:
        egress.open()
    assert str(told.value).endswith(", or set GISTRUN_NETWORK=none.")
    return str(told.value)


def test_opening_and_closing_again_and_again_is_doing_it_once(machine: Any, as_before: None) -> None:
    egress = Egress(Engine(machine), [PUBLIC])
    egress.open()
    once = _sh("iptables -S").stdout
    for _ in range(2):
        Egress(Engine(machine), [PUBLIC]).open()
    assert _sh("iptables -S").stdout == once
    egress.close()
    egress.close()


@pytest.mark.parametrize(
    ("rule", "control"),
    [
        ("INPUT -i gistrun0", "the host"),
        ("DNAT", "the host's published ports"),
        ("169.254.0.0/16", "private addresses"),
        ("multiport", "mail"),
        ("gistrun-new", "connections"),
        ("gistrun-up", "bandwidth"),
        ("gistrun-down", "bandwidth"),
        ("RELATED", "connections from outside"),
        ("-j GISTRUN-OUT", "forwarding"),
        ("DOCKER-USER -j GISTRUN", "forwarding"),
    ],
)
@pytest.mark.parametrize("way", ["refuses", "ignores"])
def test_it_does_not_start_without(
    rule: str, control: str, way: str, machine: Any, as_before: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Stands for a kernel that lacks what the rule names, or that says yes and does nothing.
    status = "echo 'No chain/target/match by that name.' >&2; exit 1" if way == "refuses" else "exit 0"
    chain, _, rest = rule.partition(" ") if rule.startswith(("INPUT", "DOCKER-USER")) else ("", "", rule)
    script = f"""#!/bin/bash
case " $* " in
*" -D "* | *" -C "* | *" -S "*) ;;
*"{chain}"*"{rest}"*) {status} ;;
esac
exec {shutil.which("iptables")} "$@"
"""
    (tmp_path / "iptables").write_text(script)
    (tmp_path / "iptables").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    sentence = _refusal(Egress(Engine(machine), [PUBLIC]))
    assert sentence.startswith(f"GISTRUN_NETWORK=egress cannot be enforced here ({control}): iptables does not take")


def test_it_does_not_start_without_iptables(
    machine: Any, as_before: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as changed:
        changed.setenv("PATH", str(tmp_path))
        assert "there is no iptables: install iptables" in _refusal(Egress(Engine(machine), [PUBLIC]))


def test_it_does_not_start_with_an_engine_elsewhere() -> None:
    if os.geteuid():
        pytest.skip("without root it does not start for another reason")
    for url in ("tcp://203.0.113.9:2375", "https://203.0.113.9:2376"):
        elsewhere = docker.APIClient(base_url=url, version="1.41")  # which connects to nothing yet
        assert "the engine is on another machine: unset DOCKER_HOST" in _refusal(Egress(Engine(elsewhere), [PUBLIC]))


def test_it_does_not_start_without_root(machine: Any) -> None:
    os.seteuid(65534)
    try:
        sentence = _refusal(Egress(Engine(machine), [PUBLIC]))
    finally:
        os.seteuid(0)
    assert "only root can set the rules: start the workers as root" in sentence


def test_it_does_not_start_with_a_resolver_that_no_sandbox_can_reach(machine: Any, as_before: None) -> None:
    sentence = _refusal(Egress(Engine(machine), [PUBLIC, "192.168.1.1"]))
    assert "no sandbox can reach 192.168.1.1: name public resolvers in GISTRUN_NETWORK_DNS" in sentence


def test_it_does_not_start_under_gvisor(machine: Any, as_before: None) -> None:
    assert "use the runtime runc" in _refusal(Egress(Engine(machine), [PUBLIC], "runsc"))


def test_it_does_not_start_behind_rules_of_others_and_takes_the_network_away(machine: Any, as_before: None) -> None:
    egress = Egress(Engine(machine), [PUBLIC])
    egress.open()
    _do("iptables -I FORWARD 1 -s 203.0.113.77 -j ACCEPT")
    try:
        sentence = egress.hold()
        assert sentence
        assert "another rule stands before DOCKER-USER" in sentence
        assert not machine.networks(names=[NETWORK])
    finally:
        _do("iptables -D FORWARD -s 203.0.113.77 -j ACCEPT")
    assert egress.hold() is None
    assert machine.networks(names=[NETWORK])
    egress.close()


def test_a_network_of_somebody_else_with_that_name_is_left_alone(machine: Any, as_before: None) -> None:
    machine.create_network(NETWORK, driver="bridge")
    try:
        assert f"docker network rm {NETWORK}" in _refusal(Egress(Engine(machine), [PUBLIC]))
        assert machine.networks(names=[NETWORK])
    finally:
        machine.remove_network(NETWORK)


# The commands


def _gistrun(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GISTRUN_NETWORK": "egress", "GISTRUN_NETWORK_DNS": PUBLIC, **environment}
    command = [sys.executable, "-m", "gistrun.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def test_the_command_runs_a_file_with_the_network(world: None, as_before: None, tmp_path: Path) -> None:
    program = tmp_path / "main.py"
    program.write_text(PROBE)
    targets = (f"tcp:{PUBLIC}:80", "tcp:169.254.169.254:80")
    done = _gistrun("run", str(program), "--", *targets)
    assert done.stdout.splitlines() == [f"{targets[0]} reached", f"{targets[1]} No route to host"], done.stderr


@pytest.mark.parametrize("command", ["pool", "worker"])
def test_workers_do_not_start_without_what_holds_sandboxes(
    command: str, machine: Any, as_before: None, tmp_path: Path
) -> None:
    done = _gistrun(command, PATH=str(tmp_path), GISTRUN_DATA=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("gistrun: GISTRUN_NETWORK=egress cannot be enforced here (iptables): ")


def test_the_doctor_looks_at_every_control(machine: Any, as_before: None, tmp_path: Path) -> None:
    found = [line for line in _gistrun("doctor").stdout.splitlines() if "network: " in line]
    assert len(found) >= 16
    assert all(line.startswith("ok  network: ") for line in found)
    found = _gistrun("doctor", PATH=str(tmp_path)).stdout.splitlines()
    assert any(
        line.startswith("NOT OK  network: iptables: GISTRUN_NETWORK=egress cannot be enforced") for line in found
    )
    assert "ok  network: none" in _gistrun("doctor", GISTRUN_NETWORK="").stdout.splitlines()
