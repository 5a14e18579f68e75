"""The network mode `egress`: the internet and nothing else, for sandboxes that are given a network.

    sandbox ─ gistrun0, a bridge of our own ─ GISTRUN-OUT ─ the internet
              INPUT: nothing reaches the host           GISTRUN-IN: answers only

The Docker engine makes the bridge and translates addresses; what holds sandboxes back are rules of ours, each of them
read back after it is set. They reject or drop and never accept, so that their order means nothing and the rules of
whoever runs the machine hold as well. What cannot be enforced makes the mode refuse to start.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import docker

from gistrun.errors import SetupError
from gistrun.sandbox.container import ENGINE_ERRORS
from gistrun.sandbox.policy import NETWORK

#: The bridge on this machine of the engine's network.
BRIDGE = "gistrun0"

#: Where no program gets: what is not the public internet (IANA's special-purpose registry, RFC 6890), ...
BLOCKED = (
    "0.0.0.0/8",  # this network
    "10.0.0.0/8",  # private
    "100.64.0.0/10",  # a provider's own, some clouds' metadata
    "127.0.0.0/8",  # loopback
    "169.254.0.0/16",  # link-local, most clouds' metadata
    "172.16.0.0/12",  # private, the engine's networks
    "192.0.0.0/24",  # protocol assignments, some clouds' metadata
    "192.168.0.0/16",  # private
    "198.18.0.0/15",  # benchmarks
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, broadcast
    # ... and Azure's host agent, which has a public address.
    "168.63.129.16/32",
)
#: Mail is what strangers' programs are most wanted for.
_MAIL_PORTS = "25,465,587"
#: New connections of one sandbox at once (what goes by UDP or ping counts too), and then per second: enough for a
#: polite crawler; a scan of a network would want thousands. How many are open follows from the time limit. Counting
#: those (connlimit) would hold against whoever has the address next, for minutes, what a program left behind.
CONNECTIONS = 64
CONNECTIONS_PER_S = 20
#: Bytes per second of one sandbox each way (iptables' "mb"), after as much at once.
BANDWIDTH = 2**20
_BANDWIDTH = "1mb"

_OUT, _IN, _BOTH = "GISTRUN-OUT", "GISTRUN-IN", "GISTRUN"
#: Programs are told at once ("No route to host") instead of waiting for an answer until their time is up; one that
#: goes on trying is told once a second (net.ipv4.icmp_ratelimit).
_REJECT = "-j REJECT --reject-with icmp-admin-prohibited"

_LABELS = {"gistrun.role": "egress"}
_NETWORK_OPTIONS = {
    "com.docker.network.bridge.name": BRIDGE,
    # Sandboxes do not talk to each other.
    "com.docker.network.bridge.enable_icc": "false",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
}


@dataclass(frozen=True, slots=True)
class _Rule:
    chain: str
    #: As iptables prints it.
    text: str
    command: str = "iptables"
    #: It has to stand before any rule of others, which might accept.
    first: bool = False


@dataclass(frozen=True, slots=True)
class _Control:
    name: str
    rules: tuple[_Rule, ...]


def _bandwidth(mode: str, name: str) -> str:
    limit = f"--hashlimit-above {_BANDWIDTH}/s --hashlimit-burst {_BANDWIDTH}"
    return f"-m hashlimit {limit} --hashlimit-mode {mode} --hashlimit-name {name} -j DROP"


_CONTROLS = (
    _Control("the host", (_Rule("INPUT", f"-i {BRIDGE} {_REJECT}", first=True),)),
    # Addressed at the host, and translated to whatever it publishes.
    _Control("the host's published ports", (_Rule(_OUT, f"-m conntrack --ctstate DNAT {_REJECT}"),)),
    _Control("private addresses", tuple(_Rule(_OUT, f"-d {network} {_REJECT}") for network in BLOCKED)),
    _Control("mail", (_Rule(_OUT, f"-p tcp -m multiport --dports {_MAIL_PORTS} {_REJECT}"),)),
    _Control(
        "connections",
        (
            _Rule(
                _OUT,
                f"-m conntrack --ctstate NEW -m hashlimit --hashlimit-above {CONNECTIONS_PER_S}/sec "
                f"--hashlimit-burst {CONNECTIONS} --hashlimit-mode srcip --hashlimit-name gistrun-new {_REJECT}",
            ),
        ),
    ),
    _Control(
        "bandwidth", (_Rule(_OUT, _bandwidth("srcip", "gistrun-up")), _Rule(_IN, _bandwidth("dstip", "gistrun-down")))
    ),
    _Control("connections from outside", (_Rule(_IN, "-m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP"),)),
    # Last: what leads to the others.
    _Control(
        "forwarding",
        (
            _Rule(_BOTH, f"-i {BRIDGE} -j {_OUT}"),
            _Rule(_BOTH, f"-o {BRIDGE} -j {_IN}"),
            _Rule("DOCKER-USER", f"-j {_BOTH}", first=True),
        ),
    ),
)
#: The network has no IPv6; should a sandbox find some all the same, nothing leaves.
_IPV6 = _Control(
    "no IPv6",
    (
        _Rule("INPUT", f"-i {BRIDGE} -j DROP", "ip6tables", first=True),
        _Rule("FORWARD", f"-i {BRIDGE} -j DROP", "ip6tables"),
    ),
)


class Egress:
    """The network, and what holds the sandboxes on it back.

    Args:
        engine: the Docker engine's client; it must run on this machine.
        dns: the resolvers that sandboxes ask, IPv4 addresses.
        runtime: the OCI runtime of sandboxes, None for the engine's default.
    """

    def __init__(self, engine: Any, dns: Sequence[str], runtime: str | None = None) -> None:
        self._engine = engine
        self._dns = dns
        self._runtime = runtime
        self._state: tuple[str, ...] = ()
        self._made_here = False

    def open(self) -> None:
        """Set up what is missing and read all of it back. Done already, it changes nothing.

        Raises:
            SetupError: something cannot be enforced here; no sandbox can use the network then.
            docker.errors.DockerException, requests.RequestException: the engine does not answer.
        """
        for _, trouble in self.examine():
            if trouble:
                raise SetupError(trouble)

    def examine(self) -> Iterator[tuple[str, str | None]]:
        """Do as `open` does, control by control: its name, and None or the sentence that says why it does not hold.

        After a sentence nothing more is tried; where rules failed, the network is taken away from whoever has it.
        """
        name = ""
        try:
            for name, look in self._requirements():
                look()
                yield name, None
        except _Unenforceable as error:
            yield name, _sentence(name, error)
            return
        with _one_at_a_time():
            try:
                for name, set_up in self._steps():
                    set_up()
                    yield name, None
                self._state = self._look()
            except _Unenforceable as error:
                with contextlib.suppress(*ENGINE_ERRORS, _Unenforceable):
                    self._cut()
                yield name, _sentence(name, error)

    def hold(self) -> str | None:
        """Look whether all is as `open` left it, and set up again what is not; the sentence when that fails.

        Raises:
            docker.errors.DockerException, requests.RequestException: the engine does not answer.
        """
        try:
            if self._state and self._look() == self._state:
                return None
        except _Unenforceable:
            pass
        try:
            self.open()
        except SetupError as error:
            return str(error)
        return None

    def close(self) -> None:
        """Remove network and rules, unless another opened them or has sandboxes there. Safe to call again.

        Raises:
            docker.errors.DockerException, requests.RequestException: the engine does not answer.
        """
        if self._made_here:
            with _one_at_a_time():
                self._remove()

    def _requirements(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """What is only looked at: that it is not so says nothing about a network in use."""
        yield "root", _am_root
        yield "an engine on this machine", self._engine_is_here
        yield "resolvers", self._resolvers_are_public

    def _steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        yield "iptables", self._engine_filters
        for control in _controls():
            yield control.name, partial(_enforce, control)
        yield "network", self._make_network
        yield "sandboxes apart", _filter_the_bridge
        # Last: the engine moves its own rules about when it makes a network.
        yield "order of rules", _rules_are_first

    def _engine_is_here(self) -> None:
        # As the client tells them apart; over a network the rules would be set on the wrong machine.
        if self._engine.base_url != "http+docker://localhost":
            raise _Unenforceable("the engine is on another machine: unset DOCKER_HOST")
        info = self._engine.info()
        if any("rootless" in option for option in info.get("SecurityOptions") or []):
            raise _Unenforceable("the engine is rootless, in a network of its own: use one that runs as root")
        if (self._runtime or info["DefaultRuntime"]).startswith("runsc"):
            raise _Unenforceable("gVisor does not reach the engine's resolver: use the runtime runc")

    def _resolvers_are_public(self) -> None:
        for address in self._dns:
            if any(IPv4Address(address) in IPv4Network(net) for net in BLOCKED):
                raise _Unenforceable(f"no sandbox can reach {address}: name public resolvers in GISTRUN_NETWORK_DNS")

    def _engine_filters(self) -> None:
        if _iptables("iptables", "-S", "DOCKER-USER").returncode:
            raise _Unenforceable(
                "the engine has no chain DOCKER-USER for iptables: start it with iptables, not nftables or none"
            )

    def _network(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._engine.inspect_network(NETWORK)
        except docker.errors.NotFound:
            return None
        return found

    def _make_network(self) -> None:
        if not (network := self._network()):
            try:
                self._engine.create_network(
                    NETWORK, driver="bridge", options=_NETWORK_OPTIONS, labels=_LABELS, check_duplicate=True
                )
                self._made_here = True
            except docker.errors.APIError as error:
                if error.status_code != 409:  # another process was quicker
                    raise _Unenforceable(f"the engine makes no network ({error.explanation}): see its log") from error
            network = self._engine.inspect_network(NETWORK)
        if not _is_ours(network) or network["EnableIPv6"] or network["Options"] != _NETWORK_OPTIONS:
            raise _Unenforceable(f"there is another network of that name: remove it (docker network rm {NETWORK})")
        if not Path("/sys/class/net", BRIDGE, "bridge").exists():
            raise _Unenforceable(f"the engine's bridge {BRIDGE} is not on this machine: use an engine that is")

    def _look(self) -> tuple[str, ...]:
        """All that can be lost: the rules and what stands before them, the network, the bridge's filter."""
        seen = [_bridge_filter(), (self._network() or {"Id": ""})["Id"]]
        for command in ("iptables", "ip6tables") if _has_ipv6() else ("iptables",):
            lines = _read(command)
            seen += [line for line in lines if "GISTRUN" in line or BRIDGE in line]
            seen += [_first(lines, chain) for chain in ("INPUT", "FORWARD", "DOCKER-USER")]
        return tuple(seen)

    def _cut(self) -> None:
        """Take the network away from everybody: better no way out than one that is not held."""
        network = self._network()
        if network and _is_ours(network):
            for container in network["Containers"]:
                self._engine.disconnect_container_from_network(container, NETWORK, force=True)
        self._remove()

    def _remove(self) -> None:
        if (network := self._network()) and _is_ours(network):
            try:
                self._engine.remove_network(NETWORK)
            except docker.errors.NotFound:
                pass
            except docker.errors.APIError:
                return  # in use
        self._made_here = False
        with contextlib.suppress(_Unenforceable):
            _remove_rules()


class _Unenforceable(Exception):
    """A control does not hold: the clause that says why, and what to do."""


def _sentence(name: str, error: _Unenforceable) -> str:
    return f"GISTRUN_NETWORK=egress cannot be enforced here ({name}): {error}, or set GISTRUN_NETWORK=none."


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Of all processes here: two workers that miss one rule would both set it, and it would count double."""
    with open("/run/gistrun-egress.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _am_root() -> None:
    if os.geteuid():
        raise _Unenforceable("only root can set the rules: start the workers as root")


def _is_ours(network: dict[str, Any]) -> bool:
    return bool(network["Labels"] == _LABELS)


def _has_ipv6() -> bool:
    return Path("/proc/net/if_inet6").exists()


def _controls() -> tuple[_Control, ...]:
    return (*_CONTROLS, _IPV6) if _has_ipv6() else _CONTROLS


def _iptables(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        # Nothing here comes from outside. -w: another process may hold the lock.
        return subprocess.run([command, "-w", "10", *arguments], capture_output=True, text=True, timeout=60)  # noqa: S603
    except FileNotFoundError:
        raise _Unenforceable(f"there is no {command}: install iptables, and have it in PATH") from None
    except subprocess.TimeoutExpired:
        raise _Unenforceable(f"{command} does not come back: see what else sets rules here") from None


def _read(command: str, *chain: str) -> list[str]:
    answer = _iptables(command, "-S", *chain)
    if answer.returncode:
        raise _Unenforceable(f"{command} does not work ({_last_line(answer)}): see whether the kernel has netfilter")
    return answer.stdout.splitlines()


def _first(lines: list[str], chain: str) -> str:
    return next((line for line in lines if line.startswith(f"-A {chain} ")), "")


def _holds(rule: _Rule) -> bool:
    """Read back from the kernel: there, and first where it has to be."""
    if _iptables(rule.command, "-C", rule.chain, *rule.text.split()).returncode:
        return False
    if not rule.first:
        return True
    return _first(_read(rule.command, rule.chain), rule.chain) == f"-A {rule.chain} {rule.text}"


def _rules_are_first() -> None:
    if _first(_read("iptables", "FORWARD"), "FORWARD") != "-A FORWARD -j DOCKER-USER":
        raise _Unenforceable(
            "another rule stands before DOCKER-USER in iptables' FORWARD: restart the engine, which moves it first"
        )
    for control in _controls():
        if not all(map(_holds, control.rules)):
            raise _Unenforceable(f"the rules for {control.name} do not stay: see what else sets rules here")


def _enforce(control: _Control) -> None:
    for rule in control.rules:
        if _holds(rule):
            continue
        if rule.chain in (_OUT, _IN, _BOTH):
            _iptables(rule.command, "-N", rule.chain)  # there already is as well
        place = ("-I", rule.chain, "1") if rule.first or rule.command == "ip6tables" else ("-A", rule.chain)
        answer = _iptables(rule.command, *place, *rule.text.split())
        if answer.returncode or not _holds(rule):
            raise _Unenforceable(
                f"{rule.command} does not take the rule {rule.text!r} ({_last_line(answer)}): "
                "use a kernel that has what it names"
            )


def _last_line(answer: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in answer.stderr.splitlines() if line.strip() and not line.startswith("Try `")]
    return lines[-1].strip().rstrip(".") if lines else f"status {answer.returncode}"


def _bridge_filter() -> str:
    try:
        return Path("/sys/class/net", BRIDGE, "bridge/nf_call_iptables").read_text().strip()
    except OSError:
        return ""


def _filter_the_bridge() -> None:
    # Packets from port to port of a bridge pass no rule, unless the bridge asks for it.
    for name in ("nf_call_iptables", "nf_call_ip6tables"):
        with contextlib.suppress(OSError):
            Path("/sys/class/net", BRIDGE, "bridge", name).write_text("1")
    # Without the module the bridge can be asked and does nothing.
    if _bridge_filter() != "1" or not Path("/proc/sys/net/bridge").exists():
        raise _Unenforceable("the kernel does not filter between the ports of a bridge: load br_netfilter")


def _remove_rules() -> None:
    for rule in (rule for control in _controls() for rule in control.rules):
        if rule.chain not in (_OUT, _IN, _BOTH):
            while _iptables(rule.command, "-D", rule.chain, *rule.text.split()).returncode == 0:
                pass
    for chain in (_BOTH, _OUT, _IN):
        _iptables("iptables", "-F", chain)
        _iptables("iptables", "-X", chain)
