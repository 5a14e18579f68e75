"""The life cycle of the network: set up with its rules, checked while it is in use, removed at the end."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from gistrun.egress import firewall
from gistrun.egress.firewall import Unenforceable
from gistrun.egress.rules import BLOCKED, BRIDGE
from gistrun.engine import Engine
from gistrun.errors import EngineRefused, SandboxUnavailable, SetupError
from gistrun.sandbox.policy import NETWORK, is_gvisor

_LABELS = {"gistrun.role": "egress"}
_OPTIONS = {
    "com.docker.network.bridge.name": BRIDGE,
    # Sandboxes cannot reach each other.
    "com.docker.network.bridge.enable_icc": "false",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
}


class Egress:
    """The engine's network for sandboxes, and the firewall around it.

    Args:
        engine: it must run on this machine.
        dns: the resolvers that sandboxes ask, as IPv4 addresses.
        runtime: the OCI runtime of sandboxes, None for the engine's default.

    Every method raises SandboxUnavailable if the engine does not answer.
    """

    def __init__(self, engine: Engine, dns: Sequence[str], runtime: str | None = None) -> None:
        self._engine = engine
        self._dns = dns
        self._runtime = runtime
        self._state: tuple[str, ...] = ()
        self._made_here = False

    def open(self) -> None:
        """Set up what is missing, and read all of it back. Calling it again changes nothing.

        Raises:
            SetupError: something cannot be enforced here, so that no sandbox may use the network.
        """
        for _, trouble in self.examine():
            if trouble:
                raise SetupError(trouble)

    def examine(self) -> Iterator[tuple[str, str | None]]:
        """Do what `open` does, one control after the other; yields its name, and None or a sentence that says why it
        does not hold.

        It ends after the first such sentence. If rules failed, the network is taken away from all who use it.
        """
        name = ""
        try:
            for name, check in self._requirements():
                check()
                yield name, None
        except Unenforceable as error:
            yield name, _sentence(name, error)
            return
        with _one_at_a_time():
            try:
                for name, set_up in self._steps():
                    set_up()
                    yield name, None
                self._state = self._seen()
            except Unenforceable as error:
                with contextlib.suppress(SandboxUnavailable, Unenforceable):
                    self._cut()
                yield name, _sentence(name, error)

    def hold(self) -> str | None:
        """Check that all is as `open` left it, and set up again what is not; returns a sentence if that fails."""
        with contextlib.suppress(Unenforceable):
            if self._state and self._seen() == self._state:
                return None
        try:
            self.open()
        except SetupError as error:
            return str(error)
        return None

    def close(self) -> None:
        """Remove network and rules, unless another process made the network or still has sandboxes in it.

        Safe to call again.
        """
        if self._made_here:
            with _one_at_a_time():
                self._remove()

    def _requirements(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Conditions that are only checked. If one fails, a network that is in use stays as it is."""
        yield "root", _require_root
        yield "an engine on this machine", self._require_local_engine
        yield "resolvers", self._require_public_resolvers

    def _steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        yield "iptables", firewall.require_engine_chain
        for control in firewall.controls():
            yield control.name, partial(firewall.enforce, control)
        yield "network", self._make_network
        yield "sandboxes apart", firewall.filter_the_bridge
        # Last, because the engine moves its own rules when it makes a network.
        yield "order of rules", firewall.require_order

    def _require_local_engine(self) -> None:
        # For an engine on another machine, the rules would be set on the wrong one.
        if not self._engine.is_local:
            raise Unenforceable("the engine is on another machine: unset DOCKER_HOST")
        info = self._engine.info()
        if any("rootless" in option for option in info.get("SecurityOptions") or []):
            raise Unenforceable("the engine is rootless, in a network of its own: use one that runs as root")
        if is_gvisor(self._runtime or info["DefaultRuntime"]):
            raise Unenforceable("gVisor does not reach the engine's resolver: use the runtime runc")

    def _require_public_resolvers(self) -> None:
        for address in self._dns:
            if any(IPv4Address(address) in IPv4Network(net) for net in BLOCKED):
                raise Unenforceable(f"no sandbox can reach {address}: name public resolvers in GISTRUN_NETWORK_DNS")

    def _make_network(self) -> None:
        network = self._engine.network(NETWORK)
        if network is None:
            try:
                self._engine.create_network(NETWORK, _OPTIONS, _LABELS)
                self._made_here = True
            except EngineRefused as error:
                if error.code != 409:  # 409: another process was quicker
                    raise Unenforceable(f"the engine makes no network ({error.reason}): see its log") from error
            network = self._engine.network(NETWORK)
        if network is None or not _is_ours(network) or network["EnableIPv6"] or network["Options"] != _OPTIONS:
            raise Unenforceable(f"there is another network of that name: remove it (docker network rm {NETWORK})")
        if not firewall.has_bridge():
            raise Unenforceable(f"the engine's bridge {BRIDGE} is not on this machine: use an engine that is")

    def _seen(self) -> tuple[str, ...]:
        """The network and the firewall as they are now, to compare with how `open` left them."""
        network = self._engine.network(NETWORK)
        return (network["Id"] if network else "", *firewall.state())

    def _cut(self) -> None:
        """Take the network away from all who use it: no network is better than one without its rules."""
        network = self._engine.network(NETWORK)
        if network and _is_ours(network):
            for container in network["Containers"]:
                self._engine.disconnect(container, NETWORK)
        self._remove()

    def _remove(self) -> None:
        network = self._engine.network(NETWORK)
        if network and _is_ours(network):
            try:
                self._engine.remove_network(NETWORK)
            except EngineRefused as error:
                if error.code != 404:
                    return  # still in use
        self._made_here = False
        with contextlib.suppress(Unenforceable):
            firewall.remove_rules()


def _sentence(name: str, error: Unenforceable) -> str:
    return f"GISTRUN_NETWORK=egress cannot be enforced here ({name}): {error}, or set GISTRUN_NETWORK=none."


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """A lock between all processes of this machine: two workers that both miss a rule would set it twice, and then it
    would count twice."""
    with open("/run/gistrun-egress.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _require_root() -> None:
    if os.geteuid():
        raise Unenforceable("only root can set the rules: start the workers as root")


def _is_ours(network: dict[str, Any]) -> bool:
    return bool(network["Labels"] == _LABELS)
