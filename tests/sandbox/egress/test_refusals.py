"""What cannot be enforced does not start, and leaves the machine as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import docker
import pytest

from gistrun.egress.network import Egress
from gistrun.engine import Engine
from gistrun.errors import SetupError
from gistrun.sandbox.policy import NETWORK
from tests.sandbox.egress.world import (
    PROBE,
    PUBLIC,
    ROOT,
    do,
    sh,
)


def _refusal(egress: Egress) -> str:
    with pytest.raises(SetupError) as told:
        egress.open()
    assert str(told.value).endswith(", or set GISTRUN_NETWORK=none.")
    return str(told.value)


def test_opening_and_closing_again_and_again_is_doing_it_once(machine: Any, as_before: None) -> None:
    egress = Egress(Engine(machine), [PUBLIC])
    egress.open()
    once = sh("iptables -S").stdout
    for _ in range(2):
        Egress(Engine(machine), [PUBLIC]).open()
    assert sh("iptables -S").stdout == once
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
    do("iptables -I FORWARD 1 -s 203.0.113.77 -j ACCEPT")
    try:
        sentence = egress.hold()
        assert sentence
        assert "another rule stands before DOCKER-USER" in sentence
        assert not machine.networks(names=[NETWORK])
    finally:
        do("iptables -D FORWARD -s 203.0.113.77 -j ACCEPT")
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


def test_the_doctor_checks_every_control(machine: Any, as_before: None, tmp_path: Path) -> None:
    found = [line for line in _gistrun("doctor").stdout.splitlines() if "network: " in line]
    assert len(found) >= 16
    assert all(line.startswith("ok  network: ") for line in found)
    found = _gistrun("doctor", PATH=str(tmp_path)).stdout.splitlines()
    assert any(
        line.startswith("NOT OK  network: iptables: GISTRUN_NETWORK=egress cannot be enforced") for line in found
    )
    assert "ok  network: none" in _gistrun("doctor", GISTRUN_NETWORK="").stdout.splitlines()
