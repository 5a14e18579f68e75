"""Signatures of deliveries, as GitHub makes them: HMAC-SHA256 of the body, in `X-Hub-Signature-256`.

Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
The older `X-Hub-Signature` (SHA-1) is not looked at.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

HEADER = "X-Hub-Signature-256"


def sign(secret: str, body: bytes) -> str:
    """The header's value for a body: `sha256=` and 64 hexadecimal digits."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_valid(secrets: Iterable[str], body: bytes, header: str | None) -> bool:
    """True if the header is the body's signature with one of the secrets.

    Takes as long for a wrong one as for a nearly right one, and whichever secret is the one.
    """
    # As bytes: the comparison refuses text that is not ASCII, and a header may hold anything.
    given = (header or "").encode("utf-8", "surrogateescape")
    matches = [hmac.compare_digest(sign(secret, body).encode(), given) for secret in secrets]
    return any(matches)
