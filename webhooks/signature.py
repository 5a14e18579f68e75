"""Signatures of deliveries, as GitHub makes them: HMAC-SHA256 of the body, in `X-Hub-Signature-256`.

Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
The older `X-Hub-Signature` (SHA-1) is not looked at.
"""

from __future__ import annotations

import hashlib
import hmac

HEADER = "X-Hub-Signature-256"


def sign(secret: str, body: bytes) -> str:
    """The header's value for a body: `sha256=` and 64 hexadecimal digits."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_valid(secret: str, body: bytes, header: str | None) -> bool:
    """True if the header is the body's signature; takes as long for a wrong one as for a nearly right one."""
    # As bytes: the comparison refuses text that is not ASCII, and a header may hold anything.
    return hmac.compare_digest(sign(secret, body).encode(), (header or "").encode("utf-8", "surrogateescape"))
