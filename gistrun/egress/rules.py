"""The rules of the firewall as data: where sandboxes with a network may not connect to, and how much they may use.

They reject or drop and never accept. So their order does not matter, and the rules of whoever runs the machine apply
as well.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The name, on this machine, of the bridge of the engine's network.
BRIDGE = "gistrun0"

#: Addresses that no program reaches: all that is not the public internet (IANA's special-purpose registry, RFC 6890).
BLOCKED = (
    "0.0.0.0/8",  # this network
    "10.0.0.0/8",  # private
    "100.64.0.0/10",  # networks of providers, metadata of some clouds
    "127.0.0.0/8",  # loopback
    "169.254.0.0/16",  # link-local, metadata of most clouds
    "172.16.0.0/12",  # private, networks of the engine
    "192.0.0.0/24",  # protocol assignments, metadata of some clouds
    "192.168.0.0/16",  # private
    "198.18.0.0/15",  # benchmarks
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, broadcast
    # Azure's host agent, which has a public address.
    "168.63.129.16/32",
)
#: Sending mail is what strangers would use such programs for most.
_MAIL_PORTS = "25,465,587"
#: New connections of one sandbox at once, and then per second; UDP and ping count too. It is enough for a polite
#: crawler; a scan of a network needs thousands. The time limit bounds how many are open in total. Limiting the open
#: ones (connlimit) would also count, for minutes, those that an earlier program with the same address left behind.
CONNECTIONS = 64
CONNECTIONS_PER_S = 20
#: Bytes per second of one sandbox in each direction (iptables calls it "mb"), after a burst of the same size.
BANDWIDTH = 2**20
_BANDWIDTH = "1mb"

#: Our chains: packets from sandboxes, packets to sandboxes, and the one that leads to both.
OUT, IN, BOTH = "GISTRUN-OUT", "GISTRUN-IN", "GISTRUN"
#: A rejected program learns it at once ("No route to host") and does not wait until its time is up. One that keeps
#: trying is answered once a second (net.ipv4.icmp_ratelimit).
_REJECT = "-j REJECT --reject-with icmp-admin-prohibited"


@dataclass(frozen=True, slots=True)
class Rule:
    chain: str
    #: As iptables prints it.
    text: str
    command: str = "iptables"
    #: True if it must stand before all rules of others, which might accept.
    first: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """Rules that together prevent one thing."""

    name: str
    rules: tuple[Rule, ...]


def _bandwidth(mode: str, name: str) -> str:
    limit = f"--hashlimit-above {_BANDWIDTH}/s --hashlimit-burst {_BANDWIDTH}"
    return f"-m hashlimit {limit} --hashlimit-mode {mode} --hashlimit-name {name} -j DROP"


_IPV4 = (
    Control("the host", (Rule("INPUT", f"-i {BRIDGE} {_REJECT}", first=True),)),
    # Packets to an address of the host that the engine translates to a container which publishes a port.
    Control("the host's published ports", (Rule(OUT, f"-m conntrack --ctstate DNAT {_REJECT}"),)),
    Control("private addresses", tuple(Rule(OUT, f"-d {network} {_REJECT}") for network in BLOCKED)),
    Control("mail", (Rule(OUT, f"-p tcp -m multiport --dports {_MAIL_PORTS} {_REJECT}"),)),
    Control(
        "connections",
        (
            Rule(
                OUT,
                f"-m conntrack --ctstate NEW -m hashlimit --hashlimit-above {CONNECTIONS_PER_S}/sec "
                f"--hashlimit-burst {CONNECTIONS} --hashlimit-mode srcip --hashlimit-name gistrun-new {_REJECT}",
            ),
        ),
    ),
    Control("bandwidth", (Rule(OUT, _bandwidth("srcip", "gistrun-up")), Rule(IN, _bandwidth("dstip", "gistrun-down")))),
    Control("connections from outside", (Rule(IN, "-m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP"),)),
    # Last, because these rules lead to the others.
    Control(
        "forwarding",
        (
            Rule(BOTH, f"-i {BRIDGE} -j {OUT}"),
            Rule(BOTH, f"-o {BRIDGE} -j {IN}"),
            Rule("DOCKER-USER", f"-j {BOTH}", first=True),
        ),
    ),
)
#: The network has no IPv6. If a sandbox finds some nevertheless, nothing leaves.
_IPV6 = Control(
    "no IPv6",
    (
        Rule("INPUT", f"-i {BRIDGE} -j DROP", "ip6tables", first=True),
        Rule("FORWARD", f"-i {BRIDGE} -j DROP", "ip6tables"),
    ),
)


def controls(*, ipv6: bool) -> tuple[Control, ...]:
    """All controls, in the order in which they are set.

    Args:
        ipv6: whether this machine has IPv6.
    """
    return (*_IPV4, _IPV6) if ipv6 else _IPV4
