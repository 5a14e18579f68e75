"""The machine, the internet around it, and sandboxes that have a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from gistrun.egress.network import Egress
from gistrun.engine import Engine
from gistrun.model import Network, State
from tests.sandbox.conftest import Ended, Run
from tests.sandbox.egress.world import (
    HOST_PUBLIC,
    PRIVATE,
    PROBE,
    PUBLIC,
    Probe,
    echo,
    hello,
    place,
    sh,
)
from tests.sandbox.runtimes import Runtime, only_runc


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
    if engine.base_url != "http+docker://localhost" or sh("iptables -S DOCKER-USER").returncode:
        pytest.skip("the engine sets no rules with iptables on this machine")
    if Path("/sys/class/net/gistrun0").exists():
        pytest.skip("a service with a network is running on this machine")
    return engine


@pytest.fixture(scope="module")
def world(machine: Any) -> Iterator[None]:
    """The internet and a private network, as namespaces behind this host."""
    with ExitStack() as stack:
        place(stack, "public", HOST_PUBLIC, (PUBLIC,))
        place(stack, "private", "10.213.7.1", PRIVATE)
        # Seen from the host they all answer, or that they do not answer a sandbox would mean nothing.
        for address in (PUBLIC, *PRIVATE):
            assert hello(address, 80) == b"hello"
            assert echo(address, 7) == b"hello"
        yield


@pytest.fixture
def egress(machine: Any, world: None) -> Iterator[Egress]:
    egress = Egress(Engine(machine), [PUBLIC])
    egress.open()
    yield egress
    egress.close()
    assert not Path("/sys/class/net/gistrun0").exists()


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


@pytest.fixture
def as_before(machine: Any) -> Iterator[None]:
    """The machine has the rules and networks afterwards that it had before."""

    def look() -> object:
        rules = [sh(f"{command} -S").stdout for command in ("iptables", "iptables -t nat", "ip6tables")]
        return rules, sorted(network["Name"] for network in machine.networks())

    before = look()
    yield
    assert look() == before
