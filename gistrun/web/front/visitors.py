"""Who a visitor is: an address, named so that nobody without our secret finds the address.

For IPv6 a visitor is the /64 that the address is in, since one subscriber has that many addresses. Behind a proxy the
address is the one that the deployment's trusted proxies report, never a header taken as it comes.
"""

from __future__ import annotations

import hashlib
import hmac
from ipaddress import IPv6Address, ip_address, ip_network


def visitor_name(address: str | None, secret: str) -> str:
    """20 hexadecimal digits: the visitor's name."""
    return hmac.new(secret.encode(), _visitor(address).encode(), hashlib.sha256).hexdigest()[:20]


def _visitor(address: str | None) -> str:
    try:
        known = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped:
            return str(known.ipv4_mapped)
        return str(ip_network((known, 64), strict=False).network_address)
    return str(known)
