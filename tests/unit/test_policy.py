"""What the engine is told, where it depends on the runtime."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gistrun import sandbox
from gistrun.model import Limits, Network
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import (
    PROBE_LIMITS,
    USER_IDS,
    Policy,
    Profile,
    container_options,
    is_gvisor,
    namespace_options,
)

LIMITS = Limits(memory_bytes=64 * 2**20, pids=64, disk_bytes=16 * 2**20)


def options(runtime: str | None) -> dict[str, Any]:
    return container_options(Policy(LIMITS, runtime), "sha256:1", {}, random.Random(1))


def profile(runtime: str | None) -> list[dict[str, Any]]:
    (text,) = (o for o in options(runtime)["HostConfig"]["SecurityOpt"] if o.startswith("seccomp="))
    rules: list[dict[str, Any]] = json.loads(text.removeprefix("seccomp="))["syscalls"]
    return rules


@pytest.mark.parametrize(
    ("runtime", "expected"),
    [(None, False), ("runc", False), ("crun", False), ("runsc", True), ("runsc-kvm", True)],
)
def test_gvisor_is_known_by_its_name(runtime: str | None, expected: bool) -> None:
    assert is_gvisor(runtime) is expected
    assert Policy(LIMITS, runtime).gvisor is expected


def test_no_capability_and_no_root_under_linux() -> None:
    told = options("runc")
    assert int(told["User"].split(":")[0]) in USER_IDS
    assert "CapAdd" not in told["HostConfig"]
    assert "Cmd" not in told


def test_under_gvisor_root_knows_the_programs_user_and_has_no_other_files() -> None:
    told = options("runsc")
    user = int(told["Cmd"][0])
    assert user in USER_IDS
    assert told["User"] == "0:0"
    assert told["HostConfig"]["CapDrop"] == ["ALL"]
    for place in ("/sandbox", "/dev/shm", "/tmp"):
        mount = told["HostConfig"]["Tmpfs"][place].split(",")
        assert f"uid={user}" in mount
        assert any(option.startswith("size=") for option in mount)


def test_gvisor_counts_the_programs_processes_and_has_memory_of_its_own() -> None:
    host = options("runsc")["HostConfig"]
    assert {"Name": "nproc", "Soft": 64, "Hard": 64} in host["Ulimits"]
    assert host["PidsLimit"] > 64 * 12
    assert host["Memory"] == host["MemorySwap"] > LIMITS.memory_bytes
    assert "nproc" not in {limit["Name"] for limit in options("runc")["HostConfig"]["Ulimits"]}


def test_gvisor_refuses_in_one_way_only() -> None:
    assert any("errnoRet" in rule for rule in profile("runc"))
    assert not any("errnoRet" in rule for rule in profile("runsc"))
    assert {"names": ["clone3"], "action": "SCMP_ACT_ALLOW"} in profile("runsc")


def test_only_an_empty_network_that_linux_keeps_is_used_again() -> None:
    held = container_options(Policy(LIMITS, "runc"), "sha256:1", {}, random.Random(1), "abc")
    alone = options("runc")
    assert (held["HostConfig"].pop("NetworkMode"), alone["HostConfig"].pop("NetworkMode")) == ("container:abc", "none")
    assert alone.pop("Hostname") == namespace_options("sha256:1", {})["Hostname"]
    # The engine takes these from the container that keeps the namespace.
    for name in ("ExtraHosts", "Dns", "DnsSearch", "DnsOptions"):
        assert alone["HostConfig"].pop(name) == namespace_options("sha256:1", {})["HostConfig"][name]
    assert held == alone
    for policy in (Policy(LIMITS, "runsc"), Policy(replace(LIMITS, network=Network.EGRESS), "runc")):
        told = container_options(policy, "sha256:1", {}, random.Random(1), "abc")
        assert "container" not in told["HostConfig"]["NetworkMode"]


def test_only_a_sandbox_with_a_network_has_the_resolvers_of_the_settings() -> None:
    online = replace(LIMITS, network=Network.EGRESS)
    for limits, expected in ((LIMITS, ["127.0.0.1"]), (online, ["9.9.9.9"])):
        host = container_options(Policy(limits, "runc", ("9.9.9.9",)), "sha256:1", {}, random.Random(1))["HostConfig"]
        assert (host["Dns"], host["DnsSearch"]) == (expected, ["."])


def test_packages_that_are_no_image_yet_can_only_be_read() -> None:
    early = container_options(Policy(LIMITS, packages="/layer/packages"), "sha256:1", {}, random.Random(1))
    mount = {"Type": "bind", "Source": "/layer/packages", "Target": "/packages", "ReadOnly": True}
    assert early["HostConfig"].pop("Mounts") == [mount]
    assert early == options(None)


def test_a_namespace_container_has_no_more_rights_than_a_sandbox() -> None:
    held, sandbox = namespace_options("sha256:1", {}), options("runc")
    assert held["HostConfig"]["NetworkMode"] == "none"
    for name in ("IpcMode", "ReadonlyRootfs", "CapDrop", "SecurityOpt", "LogConfig", "AutoRemove"):
        assert held["HostConfig"][name] == sandbox["HostConfig"][name]
    for name in ("AttachStdin", "OpenStdin", "StdinOnce", "Tty"):
        assert held[name] == sandbox[name]
    assert held["HostConfig"]["Memory"] == held["HostConfig"]["MemorySwap"] < LIMITS.memory_bytes
    assert int(held["User"].split(":")[0]) not in (0, *USER_IDS)


def test_only_the_policy_gives_containers_limits() -> None:
    modules = list(Path(sandbox.__file__).parents[1].rglob("*.py"))
    assert [path.name for path in modules if "HostConfig" in path.read_text()] == ["policy.py"]
    assert [path.name for path in modules if "host_config" in path.read_text()] == []


def test_a_probe_is_a_sandbox_as_any_other_with_limits_of_its_own() -> None:
    probe = Policy.probe(None)
    assert (probe.limits, probe.profile) == (PROBE_LIMITS, Profile.PROBE)
    ordinary = container_options(Policy(PROBE_LIMITS), "sha256:1", {}, random.Random(1))
    assert container_options(probe, "sha256:1", {}, random.Random(1)) == ordinary
    assert Owner("instance", "worker").labels("c", probe.profile) == {
        "gistrun.role": "probe",
        "gistrun.language": "c",
        "gistrun.instance": "instance",
        "gistrun.worker": "worker",
    }
