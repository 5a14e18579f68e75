"""Which proxies are believed about the visitor's address, the scheme and the host: `GISTRUN_TRUSTED_PROXIES`.

Every proxy appends the address of its own peer to `X-Forwarded-For`. Only the right end of the list comes from proxies
that are trusted; whatever stands left of the first untrusted address may have been made up by the visitor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: An address with a port, as some proxies write it: 192.0.2.1:443 or [2001:db8::1]:443. The port may be missing.
_WITH_PORT = re.compile(r"(?:\[([^\]]*)\]|([0-9.]+))(?::[0-9]{1,5})?")


def behind_proxies(app: Application, trusted: Sequence[Network]) -> Application:
    """`app`, told the visitor's address, scheme and host by the trusted proxies. Headers of others have no effect."""
    believing = ProxyFix(app, x_for=0, x_proto=1, x_host=1)

    @lru_cache(maxsize=256)  # a proxy is the peer of many requests
    def proxy(text: str) -> Address | None:
        address = _address(text)
        return address if address and _is_in(address, trusted) else None

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # A peer on a Unix socket has no address. It is on this machine.
        peer = proxy(environ.get("REMOTE_ADDR") or "127.0.0.1")
        if peer is None:
            return app(environ, start_response)
        environ["REMOTE_ADDR"] = str(visitor(peer, environ.get("HTTP_X_FORWARDED_FOR", ""), trusted))
        return believing(environ, start_response)

    return answer


def visitor(peer: Address, forwarded: str, trusted: Sequence[Network]) -> Address:
    """The first address from the right that is not a trusted proxy, or the outermost one that is known.

    Args:
        peer: who opened the connection.
        forwarded: the value of `X-Forwarded-For`.
    """
    nearest = peer
    for entry in reversed(forwarded.split(",")) if forwarded else ():
        address = _address(entry.strip())
        if address is None or not _is_in(nearest, trusted):
            break
        nearest = address
    return nearest


def _address(text: str) -> Address | None:
    if match := _WITH_PORT.fullmatch(text):
        text = match[1] or match[2] or ""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A server that listens on IPv6 sees IPv4 peers as ::ffff:192.0.2.1.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
