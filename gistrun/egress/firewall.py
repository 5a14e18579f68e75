"""Sets the rules with iptables and reads every one of them back; all functions are about this machine."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

from gistrun.egress import rules
from gistrun.egress.rules import BOTH, BRIDGE, IN, OUT, Control, Rule


class Unenforceable(Exception):
    """A control does not hold. The message is a clause that says why, and what to do."""


def controls() -> tuple[Control, ...]:
    """The controls that this machine needs."""
    return rules.controls(ipv6=_has_ipv6())


def require_engine_chain() -> None:
    """Raises Unenforceable unless the engine sets its own rules with iptables too."""
    if _iptables("iptables", "-S", "DOCKER-USER").returncode:
        raise Unenforceable(
            "the engine has no chain DOCKER-USER for iptables: start it with iptables, not nftables or none"
        )


def enforce(control: Control) -> None:
    """Set the rules that are missing, and read them back.

    Raises:
        Unenforceable: a rule is not there afterwards, or not where it must be.
    """
    for rule in control.rules:
        if _holds(rule):
            continue
        if rule.chain in (OUT, IN, BOTH):
            _iptables(rule.command, "-N", rule.chain)  # fails if the chain is there already, which is well
        place = ("-I", rule.chain, "1") if rule.first or rule.command == "ip6tables" else ("-A", rule.chain)
        answer = _iptables(rule.command, *place, *rule.text.split())
        if answer.returncode or not _holds(rule):
            raise Unenforceable(
                f"{rule.command} does not take the rule {rule.text!r} ({_last_line(answer)}): "
                "use a kernel that has what it names"
            )


def require_order() -> None:
    """Raises Unenforceable if a rule is missing, or if a rule of others stands before ours."""
    if _first(_read("iptables", "FORWARD"), "FORWARD") != "-A FORWARD -j DOCKER-USER":
        raise Unenforceable(
            "another rule stands before DOCKER-USER in iptables' FORWARD: restart the engine, which moves it first"
        )
    for control in controls():
        if not all(map(_holds, control.rules)):
            raise Unenforceable(f"the rules for {control.name} do not stay: see what else sets rules here")


def filter_the_bridge() -> None:
    """Make packets between two ports of the bridge pass the rules too; the kernel does so only if asked.

    Raises:
        Unenforceable: the kernel cannot.
    """
    for name in ("nf_call_iptables", "nf_call_ip6tables"):
        with contextlib.suppress(OSError):
            Path("/sys/class/net", BRIDGE, "bridge", name).write_text("1")
    # Without the kernel's module the setting can be written and has no effect.
    if _bridge_filter() != "1" or not Path("/proc/sys/net/bridge").exists():
        raise Unenforceable("the kernel does not filter between the ports of a bridge: load br_netfilter")


def has_bridge() -> bool:
    """True if the bridge is on this machine."""
    return Path("/sys/class/net", BRIDGE, "bridge").exists()


def state() -> tuple[str, ...]:
    """All that somebody else could undo: our rules, what stands before them, and the filter of the bridge.

    Raises:
        Unenforceable: iptables does not work.
    """
    seen = [_bridge_filter()]
    for command in ("iptables", "ip6tables") if _has_ipv6() else ("iptables",):
        lines = _read(command)
        seen += [line for line in lines if "GISTRUN" in line or BRIDGE in line]
        seen += [_first(lines, chain) for chain in ("INPUT", "FORWARD", "DOCKER-USER")]
    return tuple(seen)


def remove_rules() -> None:
    """Remove all rules and chains of ours that are there.

    Raises:
        Unenforceable: there is no iptables.
    """
    for rule in (rule for control in controls() for rule in control.rules):
        if rule.chain not in (OUT, IN, BOTH):
            while _iptables(rule.command, "-D", rule.chain, *rule.text.split()).returncode == 0:
                pass
    for chain in (BOTH, OUT, IN):
        _iptables("iptables", "-F", chain)
        _iptables("iptables", "-X", chain)


def _holds(rule: Rule) -> bool:
    """Whether the kernel has the rule, and has it first where it must be."""
    if _iptables(rule.command, "-C", rule.chain, *rule.text.split()).returncode:
        return False
    if not rule.first:
        return True
    return _first(_read(rule.command, rule.chain), rule.chain) == f"-A {rule.chain} {rule.text}"


def _read(command: str, *chain: str) -> list[str]:
    answer = _iptables(command, "-S", *chain)
    if answer.returncode:
        raise Unenforceable(f"{command} does not work ({_last_line(answer)}): see whether the kernel has netfilter")
    return answer.stdout.splitlines()


def _iptables(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        # All arguments are constants. -w: another process may hold iptables' lock.
        return subprocess.run([command, "-w", "10", *arguments], capture_output=True, text=True, timeout=60)  # noqa: S603
    except FileNotFoundError:
        raise Unenforceable(f"there is no {command}: install iptables, and have it in PATH") from None
    except subprocess.TimeoutExpired:
        raise Unenforceable(f"{command} does not come back: see what else sets rules here") from None


def _first(lines: list[str], chain: str) -> str:
    return next((line for line in lines if line.startswith(f"-A {chain} ")), "")


def _last_line(answer: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in answer.stderr.splitlines() if line.strip() and not line.startswith("Try `")]
    return lines[-1].strip().rstrip(".") if lines else f"status {answer.returncode}"


def _bridge_filter() -> str:
    try:
        return Path("/sys/class/net", BRIDGE, "bridge/nf_call_iptables").read_text().strip()
    except OSError:
        return ""


def _has_ipv6() -> bool:
    return Path("/proc/net/if_inet6").exists()
